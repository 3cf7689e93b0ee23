package sip

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	sipgo "github.com/emiago/sipgo/sip"
)

// ParseURI reads a URI as a person types it: a SIP URI without a scheme is
// taken as sip:, and characters that no user part may hold, such as the # of a
// feature code, are escaped (RFC 3261, section 19.1.2).
func ParseURI(s string) (URI, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return URI{}, errors.New("an empty SIP URI; write one like sip:alice@example.com")
	}
	if scheme, _, ok := strings.Cut(s, ":"); !ok || !isScheme(scheme) {
		s = "sip:" + s
	}
	u, err := parseURI(s)
	if err != nil {
		return URI{}, err
	}
	u.User = escapeUser(u.User)
	return u, nil
}

// isScheme tells "sip" in sip:bob from "bob" in bob:secret@host and "host" in host:5060.
func isScheme(s string) bool {
	switch strings.ToLower(s) {
	case "sip", "sips", "tel", "urn", "http", "https", "mailto", "im", "pres":
		return true
	}
	return false
}

// isScheme3986 is the scheme of RFC 3986, section 3.1.
func isScheme3986(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i] | 0x20
		if 'a' <= c && c <= 'z' || i > 0 && ('0' <= s[i] && s[i] <= '9' || strings.IndexByte("+-.", s[i]) >= 0) {
			continue
		}
		return false
	}
	return s != ""
}

// parseURI reads a URI as it stands in a message. sipgo's own parser takes
// "b;lr?x=y" for one parameter, and keeps no order among userinfo and brackets.
func parseURI(s string) (URI, error) {
	var u URI
	if s == "*" {
		u.Host, u.Wildcard = "*", true
		return u, nil
	}
	if strings.ContainsAny(s, "\r\n\x00 \t<>\"") {
		return URI{}, fmt.Errorf("%q has characters that no URI may hold", s)
	}
	scheme, rest, ok := strings.Cut(s, ":")
	if !ok || scheme == "" {
		return URI{}, fmt.Errorf("%q has no scheme; a SIP URI is like sip:alice@example.com", s)
	}
	if scheme = strings.ToLower(scheme); scheme != "sip" && scheme != "sips" {
		if !isScheme3986(scheme) {
			return URI{}, fmt.Errorf("%q has no scheme; a SIP URI is like sip:alice@example.com", s)
		}
		// sipgo keeps what follows a scheme that isn't SIP's in a field of its own, but reads
		// few schemes.
		err := sipgo.ParseUri("urn:"+rest, &u)
		u.Scheme = scheme
		return u, err
	}
	u.Scheme = scheme
	rest, u.HierarhicalSlashes = strings.CutPrefix(rest, "//")

	// The userinfo may hold ; ? and : but an unescaped @ ends it.
	if i := strings.LastIndexByte(beforeHeaders(rest), '@'); i >= 0 {
		user := rest[:i]
		rest = rest[i+1:]
		if user, pw, ok := strings.Cut(user, ":"); ok {
			u.User, u.Password = user, pw
		} else {
			u.User = user
		}
		if u.User == "" {
			return URI{}, fmt.Errorf("%q has nothing before the @", s)
		}
	}
	rest, hdrs, _ := strings.Cut(rest, "?")
	hostport, params, _ := strings.Cut(rest, ";")
	if err := splitHostPort(hostport, &u); err != nil {
		return URI{}, fmt.Errorf("%q: %w", s, err)
	}
	u.UriParams = parseParams(params, ';')
	u.Headers = parseParams(hdrs, '&')
	return u, nil
}

// beforeHeaders cuts the headers off, in which an @ is common: ?Replaces=1@host.
// A ? before the @ may also be the user's own, so look for the one after the host.
func beforeHeaders(s string) string {
	at := strings.IndexByte(s, '@')
	if q := strings.IndexByte(s[at+1:], '?'); q >= 0 {
		return s[:at+1+q]
	}
	return s
}

func splitHostPort(s string, u *URI) error {
	host, port := s, ""
	if strings.HasPrefix(s, "[") {
		end := strings.IndexByte(s, ']')
		if end < 0 {
			return errors.New("the IPv6 address has no closing bracket")
		}
		host, port = oneColonLess(s[:end+1]), s[end+1:]
		if port != "" && port[0] != ':' {
			return errors.New("the IPv6 address is followed by neither port nor parameter")
		}
		port = strings.TrimPrefix(port, ":")
	} else if i := strings.IndexByte(s, ':'); i >= 0 {
		host, port = s[:i], s[i+1:]
		if port == "" {
			return errors.New("the port is missing after the colon")
		}
	}
	if host == "" {
		return errors.New("the host is missing")
	}
	if !isHost(host) {
		return fmt.Errorf("%q is neither a host name nor an address", clip(host))
	}
	u.Host = host
	if port != "" {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil {
			return fmt.Errorf("%q is no port", port)
		}
		u.Port = int(n)
	}
	return nil
}

// oneColonLess reads [2001:db8:::192.0.2.1], which the grammar of RFC 3261 asked for by
// mistake, as what was meant (RFC 5118, section 4.10).
func oneColonLess(host string) string {
	before, after, ok := strings.Cut(host, ":::")
	if !ok {
		return host
	}
	if tail, err := netip.ParseAddr(strings.TrimSuffix(after, "]")); err != nil || !tail.Is4() {
		return host
	}
	return before + "::" + after
}

// isHost takes host names, with underscores and other alphabets as they are met, and
// addresses, IPv6 in brackets (RFC 5118).
func isHost(s string) bool {
	if strings.HasPrefix(s, "[") {
		a, err := netip.ParseAddr(unbracket(s))
		return err == nil && a.Is6() && a.Zone() == ""
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c < 0x80 && c != '-' && c != '.' && c != '_' &&
			(c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return true
}

// escapeUser escapes what RFC 3261, section 25.1, doesn't allow in a user part.
func escapeUser(s string) string {
	const allowed = "-_.!~*'()&=+$,;?/%"
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte(allowed, c) >= 0 {
			b.WriteByte(c)
			continue
		}
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return b.String()
}

// unbracket takes the brackets off an IPv6 host.
func unbracket(host string) string {
	return strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
}
