package ua

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"offhook/ua/sip"
)

// ErrNoTarget is wrapped by the error of a Dial whose target can't be understood.
var ErrNoTarget = errors.New("nothing to call")

// errPassword is of an address such as sip:alice:secret@host (RFC 3261, section 19.1.1,
// advises against them): all servers on the way, and each trace, would have the password.
var errPassword = errors.New("the address holds a password, which everybody on the way could read: take out the colon and what follows it before the @ (a colon of the user's name itself is written %3A)")

// targetURI understands what a person dials: a SIP URI (in angle brackets or
// not), user@host, a tel: URI, or a bare user or number at domain.
func targetURI(target, domain string) (sip.URI, error) {
	t := strings.TrimSpace(target)
	if i := strings.IndexByte(t, '<'); i >= 0 {
		if j := strings.IndexByte(t[i:], '>'); j > 0 {
			t = t[i+1 : i+j]
		}
	}
	if t == "" {
		return sip.URI{}, fmt.Errorf("%w: give a SIP address such as sip:bob@example.com, or a number", ErrNoTarget)
	}
	scheme, rest, ok := cutScheme(t)
	if !ok {
		scheme, rest = "sip", t
	}
	if scheme == "tel" {
		number, _, _ := strings.Cut(rest, ";")
		rest, scheme = number, "sip"
		if strings.Contains(rest, "@") {
			return sip.URI{}, fmt.Errorf("%w: a tel: address is a number alone, without @ and host", ErrNoTarget)
		}
	}
	user, host, at := cutUser(rest)
	if other, _, found := strings.Cut(user, ":"); at && found && !ok && isOtherScheme(other) {
		return sip.URI{}, fmt.Errorf("%w: %q is no SIP address: %s isn't called by SIP", ErrNoTarget, target, strings.ToLower(other)+":")
	}
	if at && strings.Contains(user, ":") {
		return sip.URI{}, fmt.Errorf("%w: %w", ErrNoTarget, errPassword) // without the target: it holds the password
	}
	if !at && ok && scheme != "tel" && !strings.HasPrefix(strings.ToLower(t), "tel:") {
		user, host, at = "", rest, true // sip:example.com: the host itself
	}
	if !at {
		if domain == "" {
			return sip.URI{}, fmt.Errorf("%w: %q has no host, and the account has no domain to look it up at; dial user@host", ErrNoTarget, target)
		}
		user, host = dialString(rest), domain
	}
	if strings.ContainsFunc(user, unicode.IsSpace) {
		return sip.URI{}, fmt.Errorf("%w: there is a space in %q, and no SIP address has one; who has no address in the address book can't be called by name (a space that is meant is written %%20)", ErrNoTarget, target)
	}
	text := scheme + ":"
	if user != "" {
		text += escapeUser(user) + "@"
	}
	uri, err := sip.ParseURI(text + host)
	if err != nil {
		return sip.URI{}, fmt.Errorf("%w: %q is no SIP address: %w", ErrNoTarget, target, err)
	}
	if uri.Port > 65535 {
		return sip.URI{}, fmt.Errorf("%w: %q has the port %d; ports end at 65535", ErrNoTarget, target, uri.Port)
	}
	if name, ok := sip.ParamValue(uri.UriParams, "transport"); ok && name != "" {
		if _, err := sip.ParseTransport(name); err != nil {
			return sip.URI{}, fmt.Errorf("%w: %q: %w", ErrNoTarget, target, err)
		}
	}
	if uri.Host == "" {
		return sip.URI{}, fmt.Errorf("%w: %q names no host", ErrNoTarget, target)
	}
	return uri, nil
}

// cutScheme splits "sip:x"; a colon that is a port's ("host:5060") or a
// password's isn't a scheme's.
func cutScheme(s string) (scheme, rest string, ok bool) {
	for _, scheme := range [...]string{"sip", "sips", "tel"} {
		if len(s) > len(scheme) && strings.EqualFold(s[:len(scheme)], scheme) && s[len(scheme)] == ':' {
			return scheme, s[len(scheme)+1:], true
		}
	}
	return "", s, false
}

// isOtherScheme tells mailto:bob@host from bob:secret@host.
func isOtherScheme(s string) bool {
	return slices.Contains([]string{"mailto", "xmpp", "im", "pres", "http", "https", "h323", "urn"}, strings.ToLower(s))
}

// CheckTarget says why a target can't be dialled, before any call is made. An account's
// domain stands behind a bare user or number.
func CheckTarget(target, domain string) error {
	_, err := targetURI(target, domain)
	return err
}

// cutUser splits at the @ before the host: URI headers ("?Subject=a@b") may hold another.
func cutUser(s string) (user, host string, ok bool) {
	head, _, _ := strings.Cut(s, "?")
	i := strings.LastIndexByte(head, '@')
	if i < 0 {
		return "", s, false
	}
	return s[:i], s[i+1:], true
}

// dialString drops the visual separators from what looks like a telephone
// number (RFC 3966, section 5.1.1); anything else stays as it is.
func dialString(s string) string {
	number := false
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9', r == '#', r == '*':
			number = true
		case strings.ContainsRune("+-.() ", r):
		default:
			return s
		}
	}
	if !number {
		return s
	}
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("-.() ", r) {
			return -1
		}
		return r
	}, s)
}

// escapeUser escapes what RFC 3261, section 25.1, doesn't allow in a user part:
// above all the # of feature codes. What is escaped already stays.
func escapeUser(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9',
			strings.IndexByte("-_.!~*'()&=+$,;?/:", c) >= 0,
			c == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		}
	}
	return b.String()
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}
