package pbx

import (
	"errors"
	"strings"
)

// param is one header parameter. Names are in lower case, values unquoted.
type param struct{ name, value string }

// nameAddr is a name-addr or addr-spec with header parameters (RFC 3261, section
// 20.10): what Contact, Route and Record-Route carry.
type nameAddr struct {
	uri    string
	params []param
}

var errNameAddr = errors.New("not an address")

func (n nameAddr) get(name string) (string, bool) {
	for _, p := range n.params {
		if p.name == name {
			return p.value, true
		}
	}
	return "", false
}

// parseNameAddr reads one header value. Without angle brackets everything after
// the first semicolon is the header's (RFC 3261, section 20).
func parseNameAddr(s string) (nameAddr, error) {
	s = strings.TrimSpace(s)
	open := indexOutsideQuotes(s, '<')
	if open < 0 {
		uri, rest, _ := strings.Cut(s, ";")
		return nameAddrOf(uri, rest)
	}
	uri, rest, ok := strings.Cut(s[open+1:], ">")
	if !ok {
		return nameAddr{}, errNameAddr
	}
	rest = strings.TrimSpace(rest)
	if rest != "" && rest[0] != ';' {
		return nameAddr{}, errNameAddr
	}
	return nameAddrOf(uri, strings.TrimPrefix(rest, ";"))
}

func nameAddrOf(uri, rest string) (nameAddr, error) {
	uri = strings.TrimSpace(uri)
	if uri == "" || strings.ContainsAny(uri, " \t\r\n<>\"") {
		return nameAddr{}, errNameAddr
	}
	n := nameAddr{uri: uri}
	for rest != "" {
		var field string
		if i := indexOutsideQuotes(rest, ';'); i >= 0 {
			field, rest = rest[:i], rest[i+1:]
		} else {
			field, rest = rest, ""
		}
		name, value, _ := strings.Cut(field, "=")
		name, value = strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(value)
		if name == "" {
			continue
		}
		if len(value) >= 2 && value[0] == '"' && value[len(value)-1] == '"' {
			value = value[1 : len(value)-1]
		}
		n.params = append(n.params, param{name, value})
	}
	return n, nil
}

// indexOutsideQuotes finds c outside quoted strings, -1 when it isn't there.
func indexOutsideQuotes(s string, c byte) int {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch {
		case quoted && s[i] == '\\':
			i++
		case s[i] == '"':
			quoted = !quoted
		case !quoted && s[i] == c:
			return i
		}
	}
	return -1
}
