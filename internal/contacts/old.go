package contacts

import (
	"io"
	"mime/quotedprintable"
	"strings"
)

// modern writes a vCard 2.1, as old phones export it, as 3.0; any other stays as it is.
//
//	TEL;CELL;PREF:+1555        TEL;TYPE=CELL;TYPE=PREF:+1555
//	FN;QUOTED-PRINTABLE:J=C3   FN:Jö            (in lines that end with "=")
func modern(card string) string {
	lines := split(card)
	old := false
	for _, l := range lines {
		name, value := property(l)
		old = old || name == "VERSION" && strings.HasPrefix(strings.TrimSpace(value), "2")
	}
	if !old {
		return card
	}
	var b strings.Builder
	for i := 0; i < len(lines); i++ {
		line := strings.TrimRight(lines[i], "\r\n")
		head, value, ok := strings.Cut(line, ":")
		if !ok {
			continue
		}
		parts := strings.Split(head, ";")
		quoted := false
		for j, p := range parts[1:] {
			key, v, named := strings.Cut(p, "=")
			if !named {
				key, v = "TYPE", key
			}
			if strings.EqualFold(v, "QUOTED-PRINTABLE") {
				quoted = true
			}
			parts[j+1] = key + "=" + v
		}
		switch name := strings.ToUpper(parts[0]); {
		case name == "VERSION":
			value = "3.0"
		case quoted:
			for strings.HasSuffix(value, "=") && i+1 < len(lines) {
				i++
				value = strings.TrimSuffix(value, "=") + strings.TrimRight(lines[i], "\r\n")
			}
			text, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(value)))
			if err == nil {
				value = strings.NewReplacer("\r\n", `\n`, "\n", `\n`).Replace(strings.ToValidUTF8(string(text), "?"))
			}
			kept := parts[:1]
			for _, p := range parts[1:] {
				if key, _, _ := strings.Cut(p, "="); !strings.EqualFold(key, "ENCODING") && !strings.EqualFold(key, "CHARSET") && !strings.HasSuffix(strings.ToUpper(p), "=QUOTED-PRINTABLE") {
					kept = append(kept, p)
				}
			}
			parts = kept
		}
		fold(&b, strings.Join(parts, ";")+":"+value)
	}
	return b.String()
}
