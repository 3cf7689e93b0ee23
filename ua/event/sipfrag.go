package event

import (
	"errors"
	"fmt"
	"mime"
	"strconv"
	"strings"

	"offhook/ua/sip"
)

// TypeFragment is the media type of a part of a SIP message (RFC 3420).
const TypeFragment = "message/sipfrag"

// Fragment is the status line of a message/sipfrag body, which is all that the
// refer package speaks of (RFC 3515, section 2.4.5).
type Fragment struct {
	Code   int
	Reason string
}

// ErrFragment is wrapped by the errors of ParseFragment.
var ErrFragment = errors.New("no status line")

// Final says that the referred request is over.
func (f Fragment) Final() bool { return f.Code >= 200 }

// Body writes the fragment as a body.
func (f Fragment) Body() []byte {
	reason := f.Reason
	if reason == "" {
		reason = sip.ReasonPhrase(f.Code)
	}
	return fmt.Appendf(nil, "SIP/2.0 %d %s\r\n", f.Code, reason)
}

// IsFragment says whether a Content-Type is a SIP fragment's. Its version parameter
// may be missing (interop 33), and some leave the whole header out.
func IsFragment(contentType string) bool {
	if strings.TrimSpace(contentType) == "" {
		return true
	}
	kind, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		kind, _, _ = strings.Cut(contentType, ";")
	}
	return strings.EqualFold(strings.TrimSpace(kind), TypeFragment)
}

// ParseFragment reads the status line that a sipfrag body starts with. What the
// field sends is taken (interop 33): no reason, bare line feeds, empty lines before,
// "SIP 200 OK" or "200 OK" without the version.
func ParseFragment(body []byte) (Fragment, error) {
	text := strings.TrimLeft(string(body), " \t\r\n")
	line, _, _ := strings.Cut(text, "\n")
	line = strings.TrimSpace(strings.TrimRight(line, "\r"))
	rest := line
	if len(rest) >= 3 && strings.EqualFold(rest[:3], "SIP") {
		rest = rest[3:]
		if v, ok := strings.CutPrefix(strings.TrimLeft(rest, " \t"), "/"); ok {
			// "/2.0 200 OK"
			v = strings.TrimLeft(v, " \t")
			i := strings.IndexAny(v, " \t")
			if i < 0 {
				return Fragment{}, fmt.Errorf("%w in %q", ErrFragment, excerpt(line))
			}
			rest = v[i:]
		}
	}
	rest = strings.TrimLeft(rest, " \t")
	digits, reason := rest, ""
	if i := strings.IndexAny(rest, " \t"); i >= 0 {
		digits, reason = rest[:i], strings.TrimSpace(rest[i:])
	}
	code, err := strconv.Atoi(digits)
	if err != nil || len(digits) != 3 || code < 100 || code > 699 {
		return Fragment{}, fmt.Errorf("%w in %q", ErrFragment, excerpt(line))
	}
	return Fragment{Code: code, Reason: strings.TrimSpace(printable(reason))}, nil
}

// printable drops what would disturb a terminal or the next message.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, sip.StripEscapes(strings.ToValidUTF8(s, "")))
}

func excerpt(s string) string {
	if len(s) > 60 {
		return s[:60] + "…"
	}
	return s
}
