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
	// Instance is our URN for +sip.instance (RFC 5626, section 4.1); empty for none.
	Instance string
	// GRUU asks for GRUUs, which takes an Instance.
	GRUU bool
}

// NewRequest builds the REGISTER that a Send asks for, without Via, Max-Forwards
// and credentials, which the sender adds.
func NewRequest(id Identity, s Send) *sip.Request {
	r := sip.NewRequest(sip.REGISTER, id.Registrar)
	name := "<" + id.AOR + ">"
	if id.DisplayName != "" {
		name = sip.Quote(id.DisplayName) + " " + name
	}
	seconds := strconv.FormatInt(int64(s.Expires/time.Second), 10)
	r.AppendHeader(sip.NewHeader("From", name+";tag="+id.FromTag))
	r.AppendHeader(sip.NewHeader("To", name))
	r.AppendHeader(sip.NewHeader("Call-ID", id.CallID))
	// The message model's own type, so that a sender can count it up for the answer
	// to a challenge.
	r.AppendHeader(&sip.CSeqHeader{SeqNo: s.CSeq, MethodName: sip.REGISTER})
	contact := "<" + s.Contact + ">;expires=" + seconds
	// RFC 3327, section 5.1: without the tag a proxy on the way can't put itself in the path.
	supported := "path"
	if id.Instance != "" {
		contact += `;+sip.instance="<` + id.Instance + `>"`
		if id.GRUU {
			supported += ", gruu"
		}
		if s.RegID > 0 {
			contact += ";reg-id=" + strconv.Itoa(s.RegID)
			supported += ", outbound"
		}
	}
	r.AppendHeader(sip.NewHeader("Contact", contact))
	for _, former := range s.Drop {
		r.AppendHeader(sip.NewHeader("Contact", "<"+former+">;expires=0"))
	}
	r.AppendHeader(sip.NewHeader("Expires", seconds))
	r.AppendHeader(sip.NewHeader("Supported", supported))
	return r
}

// ParseResponse reads what the machine needs of a response.
func ParseResponse(res *sip.Response) Response {
	r := Response{Code: res.StatusCode, Reason: res.Reason}
	if c := res.CSeq(); c != nil {
		r.CSeq = c.SeqNo
	}
	for _, v := range sip.HeaderValues(res, "Contact") {
		if b, ok := parseBinding(v); ok {
			r.Bindings = append(r.Bindings, b)
		}
	}
	r.Expires, r.HasExpires = seconds(res, "Expires")
	r.MinExpires, _ = seconds(res, "Min-Expires")
	r.RetryAfter, _ = seconds(res, "Retry-After")
	r.FlowTimer, _ = seconds(res, "Flow-Timer")
	for _, tag := range sip.HeaderValues(res, "Require") {
		r.Outbound = r.Outbound || strings.EqualFold(tag, "outbound")
	}
	r.ServiceRoute = addresses(res, "Service-Route")
	r.Path = addresses(res, "Path")
	return r
}

// addresses are the values of a route header that can be read as such: one that can't
// would spoil every request that it is put into.
func addresses(res *sip.Response, name string) []string {
	var out []string
	for _, v := range sip.HeaderValues(res, name) {
		if u, _, err := sip.ParseAddress(v); err == nil && !u.Wildcard && u.Host != "" {
			out = append(out, strings.TrimSpace(v))
		}
	}
	return out
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
	value = strings.TrimSpace(value)
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
	u, params, err := sip.ParseAddress(value)
	if err != nil || u.Wildcard {
		return Binding{}, false
	}
	b := Binding{URI: u}
	if v, ok := sip.ParamValue(params, "expires"); ok {
		b.Expires, b.HasExpires = parseSeconds(v)
	}
	b.Instance = unquoted(params, "+sip.instance")
	b.PubGRUU, b.TempGRUU = unquoted(params, "pub-gruu"), unquoted(params, "temp-gruu")
	if n, err := strconv.ParseUint(unquoted(params, "reg-id"), 10, 31); err == nil {
		b.RegID = int(n)
	}
	return b, true
}

// unquoted is a parameter without its quotes and brackets.
func unquoted(params sip.Params, name string) string {
	v, _ := sip.ParamValue(params, name)
	return bare(sip.Unquote(strings.TrimSpace(v)))
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
	if v, ok := sip.ParamValue(u.UriParams, "transport"); ok {
		return strings.ToLower(v)
	}
	return "udp"
}
