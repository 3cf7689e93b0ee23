package overlay

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// AccountForm is what a person typed, validated: AOR is a SIP URI, Registrar one
// or empty, Transport as the configuration has it, Name never empty.
type AccountForm struct {
	Name      string
	AOR       string
	Password  string
	Registrar string
	Transport string
}

// normal completes what people leave out: the scheme, and a name made of the user.
func (f AccountForm) normal() AccountForm {
	f.AOR = withScheme(f.AOR)
	f.Registrar = withScheme(f.Registrar)
	f.Name = strings.TrimSpace(f.Name)
	if f.Name == "" {
		f.Name = nameFor(f.AOR)
	}
	return f
}

func withScheme(s string) string {
	s = strings.TrimSpace(s)
	if s == "" || hasScheme(s) {
		return s
	}
	return "sip:" + s
}

func hasScheme(s string) bool {
	l := strings.ToLower(s)
	return strings.HasPrefix(l, "sip:") || strings.HasPrefix(l, "sips:")
}

// nameFor makes an account name of an address of record: its user.
func nameFor(aor string) string {
	_, rest, _ := strings.Cut(aor, ":")
	user, _, _ := strings.Cut(rest, "@")
	name := strings.Map(func(r rune) rune {
		if nameRune(r) {
			return r
		}
		return '-'
	}, strings.ToLower(user))
	if name = strings.Trim(name, "-"); name == "" {
		return "default"
	}
	return name
}

func nameRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_'
}

func validateName(s string) error {
	for _, r := range strings.TrimSpace(s) {
		if !nameRune(r) {
			return fmt.Errorf("a name is letters, digits, - and _; %q isn’t", r)
		}
	}
	return nil
}

func validateAOR(s string) error {
	s = strings.TrimSpace(s)
	if s == "" {
		return errors.New("type your address, such as alice@example.com")
	}
	if hasScheme(s) {
		_, s, _ = strings.Cut(s, ":")
	}
	user, host, ok := strings.Cut(s, "@")
	if !ok || user == "" {
		return errors.New("an address is user@host, such as alice@example.com")
	}
	if strings.ContainsAny(user, " \t<>\"") {
		return errors.New("the part before @ can’t hold spaces, quotes or <>")
	}
	return validateHost(host)
}

func validateRegistrar(s string) error {
	s = strings.TrimSpace(s)
	if s == "" {
		return nil
	}
	if hasScheme(s) {
		_, s, _ = strings.Cut(s, ":")
	}
	if i := strings.LastIndexByte(s, '@'); i >= 0 {
		return errors.New("a registrar is a host, without user@")
	}
	host, _, _ := strings.Cut(s, ";")
	return validateHost(host)
}

// validateHost takes host, host:port and [IPv6]:port.
func validateHost(s string) error {
	host, port := s, ""
	if strings.HasPrefix(s, "[") {
		end := strings.IndexByte(s, ']')
		if end < 0 {
			return errors.New("an IPv6 address ends with ]")
		}
		host, port = s[1:end], s[end+1:]
		if port != "" && port[0] != ':' {
			return errors.New("after ] comes :port or nothing")
		}
		if strings.Trim(host, "0123456789abcdefABCDEF:.") != "" || !strings.Contains(host, ":") {
			return fmt.Errorf("[%s] is no IPv6 address", host)
		}
	} else {
		if i := strings.IndexByte(s, ':'); i >= 0 {
			host, port = s[:i], s[i:]
		}
		if host == "" {
			return errors.New("the host is missing, such as example.com")
		}
		for _, r := range host {
			if r != '.' && !nameRune(r) {
				return fmt.Errorf("a host can’t hold %q", r)
			}
		}
	}
	if port != "" {
		if n, err := strconv.ParseUint(port[1:], 10, 16); err != nil || n == 0 {
			return fmt.Errorf("%q is no port: 1 to 65535", port[1:])
		}
	}
	return nil
}
