package history

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"strconv"
	"time"
)

// csvHeader names the columns of WriteCSV, in their order.
var csvHeader = []string{
	"id", "account", "direction", "outcome", "remote", "remote_name", "local", "dialed",
	"started", "answered", "ended", "seconds", "cause", "code", "reason", "codec", "sip_call_id", "recording",
}

// WriteCSV writes calls with a header line (RFC 4180). Times are RFC 3339 in UTC,
// empty for what never happened; seconds is the time talked.
func WriteCSV(w io.Writer, calls []Call) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	if err := out.Write(csvHeader); err != nil {
		return err
	}
	for _, c := range calls {
		code := ""
		if c.Code != 0 {
			code = strconv.Itoa(c.Code)
		}
		if err := out.Write([]string{
			strconv.FormatInt(c.ID, 10), c.Account, c.Direction, string(c.Outcome), c.Remote, c.RemoteName, c.Local, c.Dialed,
			csvTime(c.Started), csvTime(c.Answered), csvTime(c.Ended), strconv.FormatFloat(c.Talked().Seconds(), 'f', 3, 64),
			c.Cause, code, c.Reason, c.Codec, c.SIPCallID, c.Recording,
		}); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func csvTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

// record is a line of WriteJSONL.
type record struct {
	Call
	Seconds float64 `json:"seconds"`
}

// WriteJSONL writes a JSON object a line, the fields as in Call, with the seconds talked.
func WriteJSONL(w io.Writer, calls []Call) error {
	enc := json.NewEncoder(w)
	for _, c := range calls {
		c.Started, c.Ended = c.Started.UTC(), c.Ended.UTC()
		if !c.Answered.IsZero() {
			c.Answered = c.Answered.UTC()
		}
		if err := enc.Encode(record{c, c.Talked().Seconds()}); err != nil {
			return err
		}
	}
	return nil
}
