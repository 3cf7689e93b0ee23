package cell

import (
	"strings"
	"unicode"

	"github.com/charmbracelet/x/ansi"
)

// maxMarks is how many combining marks a letter keeps: no script needs more,
// and stacks of hundreds paint over the lines around.
const maxMarks = 2

const (
	firstFlag = 0x1F1E6 // regional indicator A
	lastFlag  = 0x1F1FF
	firstSkin = 0x1F3FB // skin tone modifiers
	lastSkin  = 0x1F3FF
	firstVar  = 0xFE00 // variation selectors
	lastVar   = 0xFE0F
	firstVar2 = 0xE0100
	lastVar2  = 0xE01EF
)

// Clean makes a foreign string safe to print on one line: escape sequences,
// control and format characters (bidirectional overrides, joiners) are dropped,
// white space becomes one space, invalid UTF-8 becomes U+FFFD. Sequences whose
// width terminals disagree on are taken apart: flags become letters, variation
// selectors and skin tones go.
func Clean(s string) string {
	if plain(s) {
		return s
	}
	s = strings.ToValidUTF8(s, "\uFFFD")
	// A C1 control may start a sequence as well as an ESC: what Strip leaves is
	// filtered below, rune by rune.
	s = ansi.Strip(s)
	var b strings.Builder
	b.Grow(len(s))
	marks, space := 0, true
	for _, r := range s {
		switch {
		case unicode.IsSpace(r) || r == '\u2028' || r == '\u2029':
			if !space {
				b.WriteByte(' ')
			}
			space, marks = true, 0
			continue
		case r >= firstFlag && r <= lastFlag:
			r = 'A' + r - firstFlag
		case r >= firstSkin && r <= lastSkin, r >= firstVar && r <= lastVar, r >= firstVar2 && r <= lastVar2:
			continue
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs):
			continue
		case unicode.In(r, unicode.Mn, unicode.Me, unicode.Mc):
			if marks >= maxMarks || space {
				continue
			}
			marks++
			b.WriteRune(r)
			continue
		case ansi.StringWidth(string(r)) == 0:
			continue // a filler that no one sees
		}
		b.WriteRune(r)
		marks, space = 0, false
	}
	return strings.TrimRight(b.String(), " ")
}

// plain reports printable ASCII with single inner spaces: the usual case.
func plain(s string) bool {
	space := true
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c < ' ' || c > '~' || c == ' ' && space {
			return false
		}
		space = c == ' '
	}
	return !space || s == ""
}
