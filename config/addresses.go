package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// errURIPassword doesn't quote the address: it holds a password.
var errURIPassword = errors.New("holds a password: take it out of the address, which is shown, logged and sent; password_file, password_env, password_keyring and password_prompt keep one")

// noPassword refuses sip:alice:secret@host (RFC 3261, section 19.1.1): what isn't treated
// as a secret must hold none.
func noPassword(s string) error {
	s, _, _ = strings.Cut(s, "?")
	i := strings.LastIndexByte(s, '@')
	if i < 0 {
		return nil
	}
	user := s[:i]
	if j := strings.LastIndexAny(user, "<\" "); j >= 0 {
		user = user[j+1:] // of "Alice" <sip:alice@host>
	}
	if scheme, rest, ok := strings.Cut(user, ":"); ok && isSIPScheme(scheme) {
		user = rest
	} else if ok && isOtherScheme(scheme) {
		return fmt.Errorf("%q is no SIP address", s)
	}
	if strings.Contains(user, ":") {
		return errURIPassword
	}
	return nil
}

func isSIPScheme(s string) bool {
	return strings.EqualFold(s, "sip") || strings.EqualFold(s, "sips")
}

// isOtherScheme tells mailto:bob@host from bob:secret@host.
func isOtherScheme(s string) bool {
	return slices.Contains([]string{"mailto", "xmpp", "im", "pres", "http", "https", "h323", "urn", "tel"}, strings.ToLower(s))
}

// target is what can be dialled: a SIP URI, user@host, or a number at the account's own
// domain. Its shape is checked here, ua parses it in full.
var target = checked("address or number", checkTarget)

// identity is an address with or without a name before it.
var identity = checked("address", noPassword)

func checkTarget(s string) error {
	if err := noPassword(s); err != nil {
		return err
	}
	t := strings.TrimSpace(s)
	if i := strings.IndexByte(t, '<'); i >= 0 {
		if j := strings.IndexByte(t[i:], '>'); j > 0 {
			t = t[i+1 : i+j]
		}
	}
	scheme, rest, ok := strings.Cut(t, ":")
	switch {
	case t == "":
		return errors.New("is empty: write a SIP address such as \"sip:bob@example.org\", or a number")
	case ok && isSIPScheme(scheme):
		_, err := splitURI(t)
		return err
	case ok && strings.EqualFold(scheme, "tel") && !strings.Contains(rest, "@") && rest != "":
		return nil
	case strings.Contains(t, "@"):
		_, err := splitURI("sip:" + t)
		return err
	}
	return nil
}

// targets are several of them.
var targets = list("list of addresses or numbers", func(s string) error {
	if err := checkTarget(s); err != nil {
		return fmt.Errorf("names an address that can't be: it %w", err)
	}
	return nil
})

// CheckServer says why s is no HOST or HOST:PORT.
func CheckServer(s string) error {
	for _, scheme := range []string{"stun:", "stuns:"} {
		if rest := strings.TrimPrefix(s, scheme); rest != s {
			return fmt.Errorf("%q is a URI: write HOST or HOST:PORT alone, as %q", s, rest)
		}
	}
	host, port := s, ""
	if h, p, err := net.SplitHostPort(s); err == nil {
		host, port = h, p
		if n, err := strconv.ParseUint(p, 10, 16); err != nil || n == 0 {
			return fmt.Errorf("%q has the port %q: ports are numbers from 1 to 65535", s, port)
		}
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if _, err := netip.ParseAddr(host); err == nil {
		return nil
	}
	if host == "" || strings.ContainsFunc(host, func(r rune) bool { return !isLetterOrDigit(r) && !strings.ContainsRune(".-_", r) }) {
		return fmt.Errorf("%q is no HOST or HOST:PORT, such as stun.example.org:3478", s)
	}
	return nil
}

// CheckServers says why s is no list of HOST or HOST:PORT with commas between them.
func CheckServers(s string) error {
	for one := range strings.SplitSeq(s, ",") {
		if err := CheckServer(strings.TrimSpace(one)); err != nil {
			return err
		}
	}
	return nil
}

var servers = checked("host or host:port, or several with commas between them", CheckServers)

// urlPath is what is asked for over WebSocket.
var urlPath = checked("path", func(s string) error {
	if !strings.HasPrefix(s, "/") || strings.ContainsAny(s, " \t") {
		return fmt.Errorf("%q is no path: it starts with a slash, as \"/ws\" does", s)
	}
	return nil
})

// CheckName says why an account can't be called s.
func CheckName(s string) error {
	if s == "" {
		return errors.New("an account needs a name, such as work")
	}
	_, err := name.decode(s)
	return err
}
