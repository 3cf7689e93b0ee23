package words

import (
	"unicode"
	"unicode/utf8"
)

// Sentence makes a reason, which starts small as Go's errors do, stand alone.
func Sentence(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 || r == utf8.RuneError {
		return s
	}
	return string(unicode.ToUpper(r)) + s[n:]
}
