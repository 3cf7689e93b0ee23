package registration

import (
	"strconv"
	"strings"
	"time"

	"offhook/ua/sip"
)

// Identity is what all requests of a registration share. Call-ID and tag stay
// the same for its whole life (RFC 3261, section 10.2).
type Identity struct {
	// Registrar is the Request-URI: a domain without a user part.
	Registrar sip.URI
	// AOR is the address of record as a URI, without brackets.
	AOR             string
	DisplayName     string
	CallID, FromTag string
}

// NewRequest builds the REGISTER that a Send asks for, without Via, Max-Forwards
// and credentials, which the sender adds.
func NewRequest(id Identity, s Send) *sip.Request {
	r := &sip.Request{Method: "REGISTER", Recipient: *id.Registrar.Clone()}
	r.SipVersion = "SIP/2.0"
	name := "<" + id.AOR + ">"
	if id.DisplayName != "" {
		name = strconv.Quote(id.DisplayName) + " " + name
	}
	seconds := strconv.FormatInt(int64(s.Expires/time.Second), 10)
	r.AppendHeader(sip.NewHeader("From", name+";tag="+id.FromTag))
	r.AppendHeader(sip.NewHeader("To", name))
	r.AppendHeader(sip.NewHeader("Call-ID", id.CallID))
	r.AppendHeader(cseq(s.CSeq))
	r.AppendHeader(sip.NewHeader("Contact", "<"+s.Contact+">;expires="+seconds))
	if s.Drop != "" {
		r.AppendHeader(sip.NewHeader("Contact", "<"+s.Drop+">;expires=0"))
	}
	r.AppendHeader(sip.NewHeader("Expires", seconds))
	return r
}

// cseq makes the header in the message model's own type, so that a sender can
// count it up for the answer to a challenge.
func cseq(n uint32) sip.Header {
	var m sip.Request
	m.AppendHeader(sip.NewHeader("CSeq", strconv.FormatUint(uint64(n), 10)+" REGISTER"))
	return m.CSeq()
}

// ParseResponse reads what the machine needs of a response.
func ParseResponse(res *sip.Response) Response {
	r := Response{Code: res.StatusCode, Reason: res.Reason}
	if c := res.CSeq(); c != nil {
		r.CSeq = c.SeqNo
	}
	for _, name := range [...]string{"Contact", "m"} {
		for _, h := range res.GetHeaders(name) {
			for _, v := range splitList(h.Value()) {
				if b, ok := parseBinding(v); ok {
					r.Bindings = append(r.Bindings, b)
				}
			}
		}
	}
	r.Expires, r.HasExpires = seconds(res, "Expires")
	r.MinExpires, _ = seconds(res, "Min-Expires")
	r.RetryAfter, _ = seconds(res, "Retry-After")
	return r
}

// seconds reads a delta-seconds header; a comment or parameter after it is left
// (RFC 3261, section 20.33).
func seconds(res *sip.Response, name string) (time.Duration, bool) {
	h := res.GetHeader(name)
	if h == nil {
		return 0, false
	}
	return parseSeconds(h.Value())
}

func parseSeconds(value string) (time.Duration, bool) {
	value = strings.TrimSpace(strings.Trim(strings.TrimSpace(value), `"`))
	end := 0
	for end < len(value) && value[end] >= '0' && value[end] <= '9' {
		end++
	}
	if end == 0 {
		return 0, false
	}
	n, err := strconv.ParseUint(value[:end], 10, 32)
	if err != nil {
		n = 1<<32 - 1 // too large a number means as long as can be (RFC 3261, section 10.2.1.1)
	}
	return time.Duration(n) * time.Second, true
}

func parseBinding(value string) (Binding, bool) {
	var m sip.Request
	m.AppendHeader(sip.NewHeader("Contact", strings.TrimSpace(value)))
	c := m.Contact()
	if c == nil || c.Address.Wildcard {
		return Binding{}, false
	}
	b := Binding{URI: c.Address}
	for _, p := range c.Params {
		if strings.EqualFold(strings.TrimSpace(p.K), "expires") {
			b.Expires, b.HasExpires = parseSeconds(p.V)
		}
	}
	return b, true
}

func parseURI(uri string) (sip.URI, bool) {
	b, ok := parseBinding("<" + uri + ">")
	return b.URI, ok
}

// sameURI compares as RFC 3261, section 19.1.4 does, for the parts a Contact of
// ours has: transport counts, parameters that only one of them has don't.
func sameURI(a, b sip.URI) bool {
	return sameAddress(a, b) && strings.EqualFold(a.Scheme, b.Scheme) && transport(a) == transport(b)
}

// sameAddress compares user, host and port alone.
func sameAddress(a, b sip.URI) bool {
	return a.User == b.User && strings.EqualFold(a.Host, b.Host) && port(a) == port(b)
}

func port(u sip.URI) int {
	switch {
	case u.Port != 0:
		return u.Port
	case strings.EqualFold(u.Scheme, "sips"):
		return 5061
	default:
		return 5060
	}
}

func transport(u sip.URI) string {
	for _, p := range u.UriParams {
		if strings.EqualFold(strings.TrimSpace(p.K), "transport") {
			return strings.ToLower(p.V)
		}
	}
	return "udp"
}

// splitList splits at commas outside quotes and angle brackets (RFC 3261, section 7.3).
func splitList(value string) []string {
	var parts []string
	quoted, depth, start := false, 0, 0
	for i := 0; i < len(value); i++ {
		switch c := value[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '<':
			depth++
		case c == '>' && depth > 0:
			depth--
		case c == ',' && depth == 0:
			parts = append(parts, value[start:i])
			start = i + 1
		}
	}
	return append(parts, value[start:])
}
