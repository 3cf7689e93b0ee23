package codec

import (
	"strconv"
	"strings"
)

// Fmtp reads one parameter of an fmtp value ("minptime=10;useinbandfec=1").
// Names compare without case, blanks around a name or value don't count (RFC
// 8866, section 6.15; the field writes "; "), and the first of two wins.
func Fmtp(fmtp, name string) (value string, ok bool) {
	for rest := fmtp; rest != ""; {
		var param string
		param, rest, _ = strings.Cut(rest, ";")
		key, value, _ := strings.Cut(param, "=")
		if strings.EqualFold(strings.TrimSpace(key), name) {
			return strings.TrimSpace(value), true
		}
	}
	return "", false
}

// FmtpInt is Fmtp for a whole number. It is not there when it isn't one.
func FmtpInt(fmtp, name string) (int, bool) {
	if v, ok := Fmtp(fmtp, name); ok {
		if n, err := strconv.Atoi(v); err == nil {
			return n, true
		}
	}
	return 0, false
}
