package ua

import (
	"strconv"
	"strings"
	"time"

	"offhook/ua/call"
	"offhook/ua/sip"
)

// sessionOf reads Session-Expires and Min-SE (RFC 4028, sections 4 and 5). What
// can't be read says nothing.
func sessionOf(m sip.Message) call.Session {
	value := sip.HeaderValue(m, "Session-Expires")
	if value == "" {
		value = sip.HeaderValue(m, "x")
	}
	s := call.Session{MinSE: deltaSeconds(sip.HeaderValue(m, "Min-SE"))}
	seconds, params, _ := strings.Cut(value, ";")
	if s.Expires = deltaSeconds(seconds); s.Expires == 0 {
		return s
	}
	for p := range strings.SplitSeq(params, ";") {
		name, v, _ := strings.Cut(p, "=")
		if !strings.EqualFold(strings.TrimSpace(name), "refresher") {
			continue
		}
		switch strings.ToLower(strings.TrimSpace(v)) {
		case "uac":
			s.Refresher = call.UAC
		case "uas":
			s.Refresher = call.UAS
		}
	}
	return s
}

// deltaSeconds reads a number of seconds, with or without parameters.
func deltaSeconds(s string) time.Duration {
	s, _, _ = strings.Cut(s, ";")
	n, err := strconv.ParseUint(strings.TrimSpace(s), 10, 31)
	if err != nil {
		return 0
	}
	return time.Duration(n) * time.Second
}

func seconds(d time.Duration) string { return strconv.FormatInt(int64(d/time.Second), 10) }

// setSession writes what a message of ours says of the session timer.
func setSession(m sip.Message, s call.Session) {
	sip.RemoveHeaders(m, "Session-Expires")
	sip.RemoveHeaders(m, "Min-SE")
	if s.Expires > 0 {
		value := seconds(s.Expires)
		switch s.Refresher {
		case call.UAC:
			value += ";refresher=uac"
		case call.UAS:
			value += ";refresher=uas"
		case call.NoSide:
		}
		set(m, "Session-Expires", value)
	}
	if s.MinSE > call.MinSE { // who says nothing means that one
		set(m, "Min-SE", seconds(s.MinSE))
	}
}

// setMinSE says in a 422 which session timer is long enough (RFC 4028, section 6).
func (l *line) setMinSE(res sip.Message) {
	set(res, "Min-SE", seconds(max(l.acc.MinSE, call.MinSE)))
}

// peerOf reads what a message says of its sender.
func peerOf(m sip.Message) call.Peer {
	has := func(header, tag string) bool {
		for _, v := range sip.HeaderValues(m, header) {
			if strings.EqualFold(v, tag) {
				return true
			}
		}
		return false
	}
	p := call.Peer{
		Known:    sip.HeaderValue(m, "Allow") != "",
		Update:   allows(m, string(sip.UPDATE)),
		Timer:    has("Supported", "timer") || has("Require", "timer"),
		Requires: has("Require", "100rel"),
	}
	p.Reliable = p.Requires || has("Supported", "100rel")
	return p
}

// rseq is the number of a reliable provisional response; 0 for any other (RFC 3262,
// section 7.1).
func rseq(res *sip.Response) uint32 {
	if !peerOf(res).Requires {
		return 0
	}
	n, err := strconv.ParseUint(strings.TrimSpace(sip.HeaderValue(res, "RSeq")), 10, 32)
	if err != nil {
		return 0
	}
	return uint32(n)
}

// rack is what a PRACK acknowledges (RFC 3262, section 7.2).
type rack struct {
	rseq, cseq uint32
	method     string
}

func parseRAck(value string) (rack, bool) {
	f := strings.Fields(value)
	if len(f) != 3 {
		return rack{}, false
	}
	r, err1 := strconv.ParseUint(f[0], 10, 32)
	c, err2 := strconv.ParseUint(f[1], 10, 32)
	return rack{uint32(r), uint32(c), f[2]}, err1 == nil && err2 == nil
}

func (r rack) String() string {
	return strconv.FormatUint(uint64(r.rseq), 10) + " " + strconv.FormatUint(uint64(r.cseq), 10) + " " + r.method
}
