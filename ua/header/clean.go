package header

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"offhook/ua/sip"
)

const (
	// maxText bounds a text for people, in runes.
	maxText = 256
	// maxItems bounds how many values of one header are kept.
	maxItems = 16
)

// Clean makes a stranger's text safe to show: one line, no control characters,
// nothing that turns the direction of what follows, no more than 256 runes.
func Clean(s string) string {
	if plain(s) {
		return s
	}
	var b strings.Builder
	n, space := 0, false
	for _, r := range sip.StripEscapes(s) {
		switch {
		case unicode.IsSpace(r), r == utf8.RuneError:
			space = true
			continue
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Zl, r), unicode.Is(unicode.Zp, r), unicode.Is(unicode.Co, r):
			continue
		}
		if n >= maxText-2 {
			b.WriteString("…")
			break
		}
		if space && n > 0 {
			b.WriteByte(' ')
			n++
		}
		space = false
		b.WriteRune(r)
		n++
	}
	return b.String()
}

// plain says that a text is short printable ASCII without doubled spaces.
func plain(s string) bool {
	if len(s) > maxText {
		return false
	}
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] > '~' || s[i] == ' ' && (i == 0 || i == len(s)-1 || s[i-1] == ' ') {
			return false
		}
	}
	return true
}
