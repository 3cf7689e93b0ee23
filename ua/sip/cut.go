package sip

import "strings"

// CutUnquoted is strings.Cut at the first sep outside quotes: for parameters, and for
// values in which "<" is a character like any other.
func CutUnquoted(s string, sep byte) (before, after string, found bool) {
	return cut(s, sep, false)
}

// CutItem is CutUnquoted that leaves whole what stands in angle brackets: for lists of
// addresses.
func CutItem(s string, sep byte) (before, after string, found bool) {
	return cut(s, sep, true)
}

func cut(s string, sep byte, angles bool) (before, after string, found bool) {
	quoted, angle := false, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quoted && c == '\\':
			i++
		case c == '"' && !angle:
			quoted = !quoted
		case quoted:
		case angles && c == '<':
			angle = true
		case angles && c == '>':
			angle = false
		case c == sep && !angle:
			return s[:i], s[i+1:], true
		}
	}
	return s, "", false
}

// IsToken is the token of RFC 3261, section 25.1.
func IsToken(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' {
			continue
		}
		if strings.IndexByte("-.!%*_+`'~", c) < 0 {
			return false
		}
	}
	return s != ""
}
