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
	switch {
	case sip.IsToken(s):
		return s
	case s == "":
		return `""`
	}
	return sip.Quote(Clean(s))
}
