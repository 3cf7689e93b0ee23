package header

import (
	"strconv"
	"strings"

	"offhook/ua/sip"
)

// Reason is why a request was sent, or what lies behind a response (RFC 3326; RFC
// 6432 for responses). The zero value is none.
type Reason struct {
	// Protocol is "SIP", with a status code as Cause, or "Q.850", with the telephone
	// network's cause value (ITU-T Q.850), or another name.
	Protocol string
	Cause    int
	Text     string
}

// The causes of ITU-T Q.850 that a phone gives.
const (
	NormalClearing = 16
	NoAnswer       = 19
	Interworking   = 127
)

// CompletedElsewhere is what a forking proxy tells the phones that didn't answer
// (RFC 3326, section 3.1).
func CompletedElsewhere() Reason {
	return Reason{Protocol: "SIP", Cause: 200, Text: "Call completed elsewhere"}
}

// IsZero says that there is none.
func (r Reason) IsZero() bool { return r == Reason{} }

// Elsewhere says that another phone took the call: 200 by the book (RFC 3326), Q.850
// cause 26 (non-selected user clearing) from the telephone network.
func (r Reason) Elsewhere() bool {
	return r.Protocol == "SIP" && r.Cause == 200 || r.Protocol == "Q.850" && r.Cause == 26
}

// String is the header's value.
func (r Reason) String() string {
	if r.Protocol == "" {
		return ""
	}
	s := r.Protocol
	if r.Cause > 0 {
		s += ";cause=" + strconv.Itoa(r.Cause)
	}
	if r.Text != "" {
		s += ";text=" + sip.Quote(Clean(r.Text))
	}
	return s
}

// ParseReason reads one value.
func ParseReason(value string) (Reason, bool) {
	protocol, rest, _ := sip.CutItem(strings.TrimSpace(value), ';')
	protocol = strings.TrimSpace(protocol)
	if protocol == "" || word(protocol) != protocol || len(protocol) > 32 {
		return Reason{}, false
	}
	for _, known := range [...]string{"SIP", "Q.850"} {
		if strings.EqualFold(protocol, known) {
			protocol = known
		}
	}
	p := params(rest)
	r := Reason{Protocol: protocol, Text: Clean(p["text"])}
	if n, err := strconv.ParseUint(p["cause"], 10, 10); err == nil {
		r.Cause = int(n)
	}
	return r, true
}

// ReasonOf is a message's reason. Of several protocols (RFC 3326, section 2) SIP's own
// "answered elsewhere" comes first, then the one with a text, then the first.
func ReasonOf(m sip.Message) Reason {
	var best Reason
	for i, v := range sip.HeaderValues(m, "Reason") {
		r, ok := ParseReason(v)
		switch {
		case i >= maxItems:
			return best
		case !ok:
		case r.Elsewhere():
			return r
		case best.IsZero(), best.Text == "" && r.Text != "":
			best = r
		}
	}
	return best
}
