package sip

import "strings"

// ParseNameAddr reads one value of a header that names somebody: the display name
// without quotes, the URI, and the header's parameters after it.
func ParseNameAddr(value string) (name string, uri URI, params Params, err error) {
	na, err := parseNameAddr(value)
	if err != nil {
		return "", URI{}, nil, err
	}
	return strings.TrimSpace(Unquote(`"` + na.display + `"`)), na.uri, na.params, nil
}

// Unescape undoes the %HH of a URI's part (RFC 3261, section 19.1.2); what isn't an
// escape stays as it is.
func Unescape(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if hi, lo := unhex(s[i+1]), unhex(s[i+2]); hi >= 0 && lo >= 0 {
				b.WriteByte(byte(hi<<4 | lo))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func unhex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
