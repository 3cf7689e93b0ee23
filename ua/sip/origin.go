package sip

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/gobwas/ws"
)

// A browser lets any page connect to any WebSocket, with the address of the person who looks
// at the page: from behind their firewall, and to their own machine. It says which page in
// Origin (RFC 6455, sections 4.2.2 and 10.2; RFC 7118, section 7). Other programs say nothing
// there, and need no browser to lie.
//
// Nor is a page from our own host let in unasked: whoever owns a name can have it lead to
// 127.0.0.1, and is then at home in Host and Origin alike.

// AnyOrigin lets the pages of all sites connect.
const AnyOrigin = "*"

// ParseOrigin reads an origin as browsers write it (RFC 6454, section 6.1): a scheme and a
// host, with a port that isn't the scheme's own; or "null", which pages from files have; or
// AnyOrigin.
func ParseOrigin(s string) (string, error) {
	if s == AnyOrigin || s == "null" {
		return s, nil
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme == "" || u.Hostname() == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return "", fmt.Errorf("%q is no origin: write the page's scheme and host, such as https://phone.example.org, or *", s)
	}
	u.Scheme, u.Host = strings.ToLower(u.Scheme), strings.ToLower(u.Host)
	if p := u.Port(); u.Scheme == "http" && p == "80" || u.Scheme == "https" && p == "443" {
		u.Host = strings.TrimSuffix(u.Host, ":"+p)
	}
	return u.Scheme + "://" + u.Host, nil
}

// origins are those that ParseOrigin gave.
type origins []string

// admit says why a page of this origin isn't let in.
func (o origins) admit(origin string) *originError {
	page, err := ParseOrigin(origin)
	for _, allowed := range o {
		if allowed == AnyOrigin || err == nil && allowed == page && page != AnyOrigin {
			return nil
		}
	}
	return &originError{origin}
}

// originError is of a page that isn't let in.
type originError struct{ origin string }

func (e *originError) Error() string {
	return fmt.Sprintf("a web page of %q wanted to connect, and isn't among the allowed origins", clip(printable(e.origin)))
}

// refusal is what the browser is told.
func (e *originError) refusal() error {
	return ws.RejectConnectionError(ws.RejectionStatus(403), ws.RejectionReason("pages of this origin may not connect"))
}
