package sdp

import "strings"

// ownMid is the name that our offers give the stream (RFC 5888, section 4).
const ownMid = "0"

// Mid is the stream's name, which candidates that follow refer to (RFC 8840, section 9.2);
// empty for none.
func (s *Session) Mid() string { return s.mid }

// readMid is a stream's name: a token, of no more length than anybody needs.
func readMid(value string) string {
	odd := func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`"(),/:;<=>?@[\]`, r) }
	if len(value) > 64 || strings.ContainsFunc(value, odd) {
		return ""
	}
	return value
}
