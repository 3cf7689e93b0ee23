package event

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"offhook/ua/sip"
)

// Clean makes text from a stranger fit to be shown: valid UTF-8, one line, at
// most limit bytes, nothing that moves the cursor, colours the screen or turns
// the direction of writing.
func Clean(s string, limit int) string {
	return clean(s, limit, func(rune) bool { return false })
}

// CleanText is Clean for text of several lines: newlines and tabs stay.
func CleanText(s string, limit int) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return clean(s, limit, func(r rune) bool { return r == '\n' || r == '\t' })
}

func clean(s string, limit int, keep func(rune) bool) string {
	var b strings.Builder
	for _, r := range sip.StripEscapes(s) { // invalid bytes come as U+FFFD
		switch {
		case keep(r):
		case unicode.Is(unicode.Cc, r), r == '\u2028', r == '\u2029':
			r = ' '
		case unicode.Is(unicode.Bidi_Control, r), r == '\ufeff':
			continue
		}
		if b.Len()+utf8.RuneLen(r) > limit {
			break
		}
		b.WriteRune(r)
	}
	return strings.TrimSpace(b.String())
}
