package header

import (
	"strings"

	"offhook/ua/sip"
)

// params reads ";name=value" lists; names become lower case, values lose their quotes.
func params(s string) map[string]string {
	out := map[string]string{}
	for more := s != ""; more; {
		var item string
		item, s, more = sip.CutItem(s, ';')
		name, value, _ := strings.Cut(item, "=")
		name = strings.ToLower(strings.TrimSpace(name))
		if _, twice := out[name]; name == "" || twice || len(out) >= maxItems {
			continue
		}
		out[name] = sip.Unquote(strings.TrimSpace(value))
	}
	return out
}

// word writes a token as it is, and anything else as a quoted-string.
func word(s string) string {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-.!%*_+`'~", c) >= 0) {
			return sip.Quote(Clean(s))
		}
	}
	if s == "" {
		return `""`
	}
	return s
}
