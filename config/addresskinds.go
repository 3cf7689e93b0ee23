package config

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// The kinds of addresses.

var sipURI = checked("SIP URI", func(s string) error {
	_, err := splitURI(s)
	return err
})

// sipURIs is one or more, with commas between them.
var sipURIs = checked("SIP URIs", func(s string) error {
	for _, one := range strings.Split(s, ",") {
		if _, err := splitURI(strings.TrimSpace(one)); err != nil {
			return err
		}
	}
	return nil
})

// urn has the shape of RFC 8141, section 2.
var urn = checked("URN", func(s string) error {
	scheme, rest, _ := strings.Cut(s, ":")
	space, id, ok := strings.Cut(rest, ":")
	if !strings.EqualFold(scheme, "urn") || !ok || space == "" || id == "" || strings.ContainsAny(s, " \t<>\"") {
		return fmt.Errorf("%q is no URN: write \"urn:uuid:…\" with a UUID", s)
	}
	return nil
})

var aor = checked("SIP URI", func(s string) error {
	user, err := splitURI(s)
	if err == nil && user == "" {
		err = fmt.Errorf("%q has no user: write \"sip:user@host\"", s)
	}
	return err
})

// splitURI checks the shape of a SIP URI (RFC 3261, section 19.1) and gives its
// user part. What the shape lets through, ua/sip parses in full.
func splitURI(s string) (user string, err error) {
	scheme, rest, ok := strings.Cut(s, ":")
	if !ok || !strings.EqualFold(scheme, "sip") && !strings.EqualFold(scheme, "sips") {
		return "", fmt.Errorf("%q is no SIP URI: write \"sip:host\" or \"sip:user@host\"", s)
	}
	if err := noPassword(s); err != nil {
		return "", err
	}
	if strings.ContainsAny(rest, " \t<>\"") {
		return "", fmt.Errorf("%q holds a character that a SIP URI can't", s)
	}
	rest, _, _ = strings.Cut(rest, "?")
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		user, rest = rest[:i], rest[i+1:]
	}
	host, _, _ := strings.Cut(rest, ";")
	if host == "" || strings.HasPrefix(host, ":") {
		return "", fmt.Errorf("%q has no host", s)
	}
	if i := strings.LastIndexByte(host, ':'); i > strings.LastIndexByte(host, ']') {
		if port, err := strconv.ParseUint(host[i+1:], 10, 16); err != nil || port == 0 {
			return "", fmt.Errorf("%q has the port %q: ports are numbers from 1 to 65535", s, host[i+1:])
		}
	}
	return user, nil
}

var hostPort = checked("address:port", func(s string) error {
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		return fmt.Errorf("%q is no address and port: write \"192.0.2.1:5060\" or \"[2001:db8::1]:5060\"", s)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Errorf("%q is no port", port)
	}
	if host == "" {
		return nil
	}
	if _, err := netip.ParseAddr(host); err != nil {
		return fmt.Errorf("%q is no numeric address", host)
	}
	return nil
})
