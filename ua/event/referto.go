package event

import (
	"errors"
	"fmt"
	"strings"

	"offhook/ua/dialog"
	"offhook/ua/sip"
)

// Why a REFER is refused, beyond a syntax error.
var (
	// ErrReferTo: there isn't exactly one usable Refer-To (RFC 3515, section 2.4.1).
	ErrReferTo = errors.New("the Refer-To can't be used")
	// ErrReferMethod: it asks for another request than INVITE.
	ErrReferMethod = errors.New("only an INVITE can be referred to")
	// ErrReferHeader: it asks for a header that a stranger has no business to set.
	ErrReferHeader = errors.New("the Refer-To asks for a header that isn't taken from others")
)

// ReferTo is where a REFER sends its receiver.
type ReferTo struct {
	// URI is the place, without method and headers.
	URI sip.URI
	// Replaces is the dialog at that place to take over; nil for none: a blind transfer.
	Replaces *dialog.Replaces
	// Require is what the new INVITE is to require.
	Require []string
}

// referable are the headers that a Refer-To may ask for. A few are dropped without a
// word, as they say nothing that counts; any other is refused: it could forge an
// identity or a route (RFC 3261, section 19.1.5).
var referable = map[string]headerUse{
	"replaces": used, "require": used,
	"subject": dropped, "accept-contact": dropped, "reject-contact": dropped,
	"referred-by": dropped, "supported": dropped, "accept": dropped, "priority": dropped,
}

type headerUse uint8

const (
	refused headerUse = iota
	used
	dropped
)

// ParseReferTo reads a Refer-To value: a name-addr or an addr-spec whose URI may
// carry headers of the INVITE, escaped (RFC 3515, section 2.1; RFC 3891, section 6.1).
func ParseReferTo(value string) (ReferTo, error) {
	var r ReferTo
	text, err := addrSpec(value)
	if err != nil {
		return r, err
	}
	base, headers, _ := strings.Cut(text, "?")
	uri, err := sip.ParseURI(base)
	if err != nil || uri.Host == "" {
		return r, fmt.Errorf("%w: %q is no SIP address", ErrReferTo, excerpt(base))
	}
	switch strings.ToLower(uri.Scheme) {
	case "sip", "sips":
	default:
		return r, fmt.Errorf("%w: %q isn't a sip: or sips: URI", ErrReferTo, excerpt(base))
	}
	if method, ok := sip.ParamValue(uri.UriParams, "method"); ok && !strings.EqualFold(method, "INVITE") {
		return r, fmt.Errorf("%w, not %s", ErrReferMethod, excerpt(method))
	}
	uri.UriParams = without(uri.UriParams, "method")
	uri.Headers = nil
	r.URI = uri
	return r, r.readHeaders(headers)
}

func without(p sip.Params, name string) sip.Params {
	var out sip.Params
	for _, kv := range p {
		if !strings.EqualFold(kv.K, name) {
			out = append(out, kv)
		}
	}
	return out
}

func (r *ReferTo) readHeaders(headers string) error {
	for h := range strings.SplitSeq(headers, "&") {
		if h == "" {
			continue
		}
		name, value, _ := strings.Cut(h, "=")
		name, err := Unescape(name)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrReferTo, err)
		}
		if value, err = Unescape(value); err != nil {
			return fmt.Errorf("%w: %w", ErrReferTo, err)
		}
		switch referable[strings.ToLower(name)] {
		case refused:
			return fmt.Errorf("%w: %s", ErrReferHeader, excerpt(name))
		case dropped:
			continue
		case used:
		}
		if strings.EqualFold(name, "Require") {
			for tag := range strings.SplitSeq(value, ",") {
				if tag = strings.TrimSpace(tag); tag != "" && !strings.ContainsAny(tag, " \r\n\t") {
					r.Require = append(r.Require, tag)
				}
			}
			continue
		}
		if r.Replaces != nil {
			return fmt.Errorf("%w: it names two dialogs to replace", ErrReferTo)
		}
		d, err := dialog.ParseReplaces(value)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrReferTo, err)
		}
		r.Replaces = &d
	}
	return nil
}

// addrSpec takes the URI out of a name-addr or addr-spec. Without angle brackets,
// parameters are the header's, not the URI's (RFC 3261, section 20.10): so is the
// rest after a "?", but phones that forget the brackets mean the URI's.
func addrSpec(value string) (string, error) {
	v := strings.TrimSpace(value)
	quoted := false
	for i := 0; i < len(v); i++ {
		switch c := v[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '<':
			j := strings.IndexByte(v[i:], '>')
			if j < 0 {
				return "", fmt.Errorf("%w: %q lacks its closing bracket", ErrReferTo, excerpt(v))
			}
			return strings.TrimSpace(v[i+1 : i+j]), nil
		}
	}
	if i := strings.IndexByte(v, ';'); i >= 0 && !strings.Contains(v[:i], "?") {
		v = v[:i]
	}
	if v == "" || strings.ContainsAny(v, " \t\"<>") {
		return "", fmt.Errorf("%w: %q is no address", ErrReferTo, excerpt(value))
	}
	return v, nil
}

// String writes the value with what it asks for escaped into the URI (interop 34).
func (r ReferTo) String() string {
	u := r.URI
	u.Headers = nil
	s := u.String()
	sep := "?"
	if r.Replaces != nil {
		s += sep + "Replaces=" + Escape(r.Replaces.String())
		sep = "&"
	}
	if len(r.Require) > 0 {
		s += sep + "Require=" + Escape(strings.Join(r.Require, ","))
	}
	return "<" + s + ">"
}

const hexDigits = "0123456789ABCDEF"

// Escape writes a header's value for a URI: all but letters, digits and the marks
// that no decoder takes for anything else (RFC 3261, section 25.1, hvalue; a "+"
// would be allowed, and is a space to those who decode as forms do).
func Escape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-_.!~*()", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(hexDigits[c>>4])
		b.WriteByte(hexDigits[c&15])
	}
	return b.String()
}

// Unescape is the inverse. A stray "%" and a line break are refused: the one is a
// mistake, the other would start a header of its own.
func Unescape(s string) (string, error) {
	if !strings.ContainsAny(s, "%\r\n\x00") {
		return s, nil
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '%' {
			if i+2 >= len(s) {
				return "", fmt.Errorf("%q ends within an escape", excerpt(s))
			}
			hi, lo := unhex(s[i+1]), unhex(s[i+2])
			if hi < 0 || lo < 0 {
				return "", fmt.Errorf("%q isn't an escape", s[i:i+3])
			}
			c = byte(hi<<4 | lo)
			i += 2
		}
		if c == '\r' || c == '\n' || c == 0 {
			return "", errors.New("a line break is hidden in the address")
		}
		b.WriteByte(c)
	}
	return b.String(), nil
}

func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
