package config

import (
	"errors"
	"fmt"
	"slices"
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
