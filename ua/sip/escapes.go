package sip

import (
	"strings"
	"unicode/utf8"
)

// StripEscapes takes a terminal's escape sequences (ECMA-48) out of a stranger's text, whole:
// without its ESC, "\x1b[31mred" would read "[31mred". What only begins like one loses its
// introducer.
func StripEscapes(s string) string {
	if !strings.ContainsFunc(s, introduces) {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		if !introduces(r) {
			b.WriteString(s[:n])
			s = s[n:]
			continue
		}
		s = s[n:]
		if r == '\x1b' && len(s) > 0 && s[0] >= 0x40 && s[0] <= 0x5F { // a C1 control in two bytes
			r, s = 0x80+rune(s[0]-0x40), s[1:]
		}
		switch r {
		case 0x9B: // CSI: parameters, intermediates, a final byte
			rest := strings.TrimLeftFunc(s, func(r rune) bool { return r >= 0x20 && r <= 0x3F })
			if len(rest) > 0 && rest[0] >= 0x40 && rest[0] <= 0x7E {
				s = rest[1:]
			}
		case 0x90, 0x98, 0x9D, 0x9E, 0x9F: // a string, up to ST or BEL
			if i := strings.IndexAny(s, "\a\u009c\x1b"); i >= 0 {
				s = s[i:]
				for _, end := range []string{"\x1b\\", "\u009c", "\a"} {
					if after, ok := strings.CutPrefix(s, end); ok {
						s = after
						break
					}
				}
			}
		case '\x1b': // intermediates and a final byte
			rest := strings.TrimLeftFunc(s, func(r rune) bool { return r >= 0x20 && r <= 0x2F })
			if len(rest) < len(s) && len(rest) > 0 && rest[0] >= 0x30 && rest[0] <= 0x7E {
				s = rest[1:]
			}
		}
	}
	return b.String()
}

// introduces reports ESC and the C1 controls that begin a sequence.
func introduces(r rune) bool {
	switch r {
	case '\x1b', 0x90, 0x98, 0x9B, 0x9D, 0x9E, 0x9F:
		return true
	}
	return false
}
