package sip

import (
	"strings"

	sipgo "github.com/emiago/sipgo/sip"
)

// headers is what Request and Response share beyond Message.
type headers interface {
	Headers() []Header
	AppendHeader(Header)
	RemoveHeader(name string) bool
}

// Tag is the tag of a From or To header, empty if there is none. A nil header is fine.
func Tag(h Header) string {
	var p Params
	switch h := h.(type) {
	case nil:
	case *FromHeader:
		if h != nil {
			p = h.Params
		}
	case *ToHeader:
		if h != nil {
			p = h.Params
		}
	default:
		if na, err := parseNameAddr(h.Value()); err == nil {
			p = na.params
		}
	}
	v, _ := ParamValue(p, "tag")
	return v
}

// ParamValue reads a parameter by its name in any case, without quotes.
func ParamValue(p Params, name string) (string, bool) {
	for _, kv := range p {
		if strings.EqualFold(kv.K, name) {
			return Unquote(kv.V), true
		}
	}
	return "", false
}

// Unquote takes the quotes off a quoted-string, and the backslashes with them; any
// other text is given back as it is (RFC 3261, section 25.1).
func Unquote(s string) string {
	if len(s) < 2 || s[0] != '"' || s[len(s)-1] != '"' {
		return s
	}
	s = s[1 : len(s)-1]
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// Quote makes a quoted-string.
func Quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// HeaderValues lists the values of a header by its name in any case or its compact
// form, in order. Comma lists are split outside quotes and angle brackets, except in
// headers whose values may hold a bare comma (RFC 3261, section 7.3.1).
func HeaderValues(msg Message, name string) []string {
	m, ok := msg.(headers)
	if !ok {
		return nil
	}
	want := expandName(name)
	var out []string
	for _, h := range m.Headers() {
		if !strings.EqualFold(expandName(h.Name()), want) {
			continue
		}
		v := strings.TrimSpace(h.Value())
		if unsplit(want) {
			out = append(out, v)
			continue
		}
		out = append(out, splitList(v)...)
	}
	return out
}

// HeaderValue is the first of HeaderValues, empty if there is none.
func HeaderValue(msg Message, name string) string {
	if v := HeaderValues(msg, name); len(v) > 0 {
		return v[0]
	}
	return ""
}

// SetHeader puts a header in the place of all of its name, or at the end.
func SetHeader(msg Message, h Header) {
	RemoveHeaders(msg, h.Name())
	msg.AppendHeader(h)
}

// RemoveHeaders takes out all headers of a name, in any case or compact.
func RemoveHeaders(msg Message, name string) {
	m, ok := msg.(headers)
	if !ok {
		return
	}
	want := expandName(name)
	for {
		found := ""
		for _, h := range m.Headers() {
			if strings.EqualFold(expandName(h.Name()), want) {
				found = h.Name()
				break
			}
		}
		if found == "" || !m.RemoveHeader(found) {
			return
		}
	}
}

// unsplit says whether a comma in this header's value separates no list.
func unsplit(name string) bool {
	switch strings.ToLower(name) {
	case "www-authenticate", "proxy-authenticate", "authorization", "proxy-authorization",
		"authentication-info", "proxy-authentication-info",
		"date", "subject", "user-agent", "server", "organization", "call-id", "retry-after":
		return true
	}
	return false
}

// splitList splits at commas outside quotes and angle brackets, and drops empty items.
func splitList(s string) []string {
	var out []string
	for more := true; more; {
		var item string
		item, s, more = CutItem(s, ',')
		if item = strings.TrimSpace(item); item != "" {
			out = append(out, item)
		}
	}
	return out
}

// compact maps the one-letter names to the long ones (IANA's SIP header registry).
func compact(c byte) string {
	switch c | 0x20 {
	case 'a':
		return "Accept-Contact"
	case 'b':
		return "Referred-By"
	case 'c':
		return "Content-Type"
	case 'd':
		return "Request-Disposition"
	case 'e':
		return "Content-Encoding"
	case 'f':
		return "From"
	case 'i':
		return "Call-ID"
	case 'j':
		return "Reject-Contact"
	case 'k':
		return "Supported"
	case 'l':
		return "Content-Length"
	case 'm':
		return "Contact"
	case 'n':
		return "Identity-Info"
	case 'o':
		return "Event"
	case 'r':
		return "Refer-To"
	case 's':
		return "Subject"
	case 't':
		return "To"
	case 'u':
		return "Allow-Events"
	case 'v':
		return "Via"
	case 'x':
		return "Session-Expires"
	case 'y':
		return "Identity"
	}
	return ""
}

// expandName gives the long form of a compact header name.
func expandName(name string) string {
	if len(name) == 1 {
		if long := compact(name[0]); long != "" {
			return long
		}
	}
	return name
}

// cloneRequest copies everything that the transaction's machine reads, so that the
// caller may go on to change its request.
func cloneRequest(req *Request) *Request {
	c := sipgo.NewRequest(req.Method, *req.Recipient.Clone())
	c.SipVersion = req.SipVersion
	for _, h := range req.Headers() {
		c.AppendHeader(cloneHeader(h))
	}
	c.SetBody(append([]byte(nil), req.Body()...))
	c.SetTransport(req.MessageData.Transport())
	c.SetDestination(req.MessageData.Destination())
	return c
}

// cloneHeader copies a header, the ones of a single word too: sipgo shares those.
func cloneHeader(h Header) Header {
	switch h := h.(type) {
	case *CallIDHeader:
		c := *h
		return &c
	case *MaxForwardsHeader:
		c := *h
		return &c
	case *ContentLengthHeader:
		c := *h
		return &c
	case *ContentTypeHeader:
		c := *h
		return &c
	case *ExpiresHeader:
		c := *h
		return &c
	}
	return sipgo.HeaderClone(h)
}
