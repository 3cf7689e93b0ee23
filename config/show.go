package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

func decodeLine(line string) (map[string]any, error) {
	doc := map[string]any{}
	_, err := toml.Decode(line, &doc)
	return doc, err
}

// Show writes c as a file with every key, defaults included and passwords
// redacted. What it writes (without a password) loads again.
func Show(c Config) string {
	var b strings.Builder
	writeTable(&b, "", rootKeys(), c)
	writeTable(&b, "[audio]", audioKeys(), c.Audio)
	writeTable(&b, "[media]", mediaKeys(), c.Media)
	writeTable(&b, "[calls]", callKeys(), c.Calls)
	writeTable(&b, "[sip]", sipKeys(), c.SIP)
	writeTable(&b, "[history]", historyKeys(), c.History)
	writeTable(&b, "[contacts]", contactKeys(), c.Contacts)
	writeTable(&b, "[ui]", uiKeys(), c.UI)
	for _, a := range c.Accounts {
		b.WriteString("\n" + ShowAccount(a))
	}
	for _, r := range c.Rules.Incoming {
		b.WriteString("\n" + block("rule.incoming", incomingKeys(), r))
	}
	for _, r := range c.Rules.Outgoing {
		b.WriteString("\n" + block("rule.outgoing", outgoingKeys(), r))
	}
	for _, r := range c.Rings {
		b.WriteString("\n" + block("ring", ringKeys(), r))
	}
	return b.String()
}

// ShowAccount writes one account as Show does.
func ShowAccount(a Account) string {
	for _, f := range accountKeys() {
		f.cover(&a)
	}
	return accountBlock(a)
}

func writeTable[T any](b *strings.Builder, header string, fields []field[T], t T) {
	if header != "" {
		b.WriteString("\n" + header + "\n")
	}
	for _, f := range fields {
		value, set := f.get(&t)
		if !set && f.Default == "" {
			fmt.Fprintf(b, "# %s =\n", f.Name)
			continue
		}
		fmt.Fprintf(b, "%s = %s\n", f.Name, value)
	}
}

// Template is a first file: every key, commented out, with its meaning.
func Template() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# offhook configuration. Remove the # before a key to set it.\n\nversion = %d\n", Version)
	table := ""
	for _, k := range Keys() {
		if k.Name == "version" || k.Type == "tables" { // tables follow as such
			continue
		}
		if k.Table != table {
			table = k.Table
			header := "[" + table + "]"
			if slices.Contains(arrays, table) {
				header = "#[[" + table + "]]"
			}
			b.WriteString("\n" + header + "\n")
		}
		def := k.Default
		if def == "" {
			def = `""`
			if strings.Contains(k.Type, "list") {
				def = "[]"
			}
			if k.Type == "true or false" {
				def = "false"
			}
		}
		fmt.Fprintf(&b, "# %s\n#%s = %s\n", k.Doc, k.Name, def)
	}
	return b.String()
}
