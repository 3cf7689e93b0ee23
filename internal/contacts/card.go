package contacts

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/emersion/go-vcard"
)

// newCard is the card that a contact of ours begins as (RFC 6350).
const newCard = "BEGIN:VCARD\r\nVERSION:4.0\r\nEND:VCARD\r\n"

// edit changes a card from what it was to what it is to be, line by line: lines of
// properties that didn't change, or that a phone doesn't know, stay byte for byte.
func edit(card string, was, now Contact) string {
	var lines []string
	change := func(name, before, after string) {
		if before == after {
			return
		}
		card = without(card, func(n, _ string) bool { return n == name })
		if after != "" {
			lines = append(lines, name+":"+escape(after))
		}
	}
	change(vcard.FieldUID, was.UID, now.UID)
	change(vcard.FieldFormattedName, was.Name, now.Name)
	change(vcard.FieldNickname, was.Nickname, now.Nickname)
	change(vcard.FieldOrganization, was.Organization, now.Organization)
	change(vcard.FieldNote, was.Note, now.Note)
	if !slices.Equal(was.Addresses, now.Addresses) {
		card = without(card, func(name, value string) bool {
			if name == vcard.FieldIMPP {
				scheme, _, ok := strings.Cut(value, ":")
				return ok && isSIP(scheme) // an XMPP address isn't ours
			}
			return name == vcard.FieldTelephone || slices.Contains(sipFields, name)
		})
		for i, a := range now.Addresses {
			lines = append(lines, addressLine(a, i+1, isVersion3(card)))
		}
	}
	return insert(card, lines)
}

// addressLine writes an address with its place in the order of preference, which
// version 3 knows for the first only.
func addressLine(a Address, place int, version3 bool) string {
	name := vcard.FieldTelephone
	if scheme, _, ok := strings.Cut(a.URI, ":"); ok && isSIP(scheme) {
		name = vcard.FieldIMPP
	}
	types := a.Kind
	if version3 && place == 1 {
		types = strings.TrimPrefix(types+",pref", ",")
	}
	name += fmt.Sprintf(";PREF=%d", min(place, 100))
	if types != "" {
		name += ";TYPE=" + types
	}
	return name + ":" + strings.ReplaceAll(a.URI, `\`, `\\`)
}

// escape writes a text value (RFC 6350, section 3.4).
func escape(s string) string {
	return strings.NewReplacer(`\`, `\\`, "\r\n", `\n`, "\n", `\n`, "\r", `\n`, ",", `\,`, ";", `\;`).Replace(s)
}

func isVersion3(card string) bool {
	for _, l := range split(card) {
		if name, value := property(l); name == vcard.FieldVersion {
			return strings.HasPrefix(value, "2") || strings.HasPrefix(value, "3")
		}
	}
	return false
}

// split cuts a text into logical lines, each with its folds and its end.
func split(card string) []string {
	var out []string
	for line := range strings.Lines(card) {
		if len(out) > 0 && (line[0] == ' ' || line[0] == '\t') {
			out[len(out)-1] += line
			continue
		}
		out = append(out, line)
	}
	return out
}

// property gives a logical line's name, without group, in capitals, and its value.
func property(line string) (name, value string) {
	line = strings.NewReplacer("\r\n ", "", "\r\n\t", "", "\n ", "", "\n\t", "").Replace(line)
	name, value, _ = strings.Cut(strings.TrimRight(line, "\r\n"), ":")
	name, _, _ = strings.Cut(name, ";")
	if _, after, ok := strings.Cut(name, "."); ok {
		name = after
	}
	return strings.ToUpper(strings.TrimSpace(name)), value
}

// without leaves out the lines of properties that drop chooses.
func without(card string, drop func(name, value string) bool) string {
	var b strings.Builder
	for _, l := range split(card) {
		if !drop(property(l)) {
			b.WriteString(l)
		}
	}
	return b.String()
}

// insert puts lines at the end of a card.
func insert(card string, lines []string) string {
	var b strings.Builder
	for _, l := range split(card) {
		if name, _ := property(l); name == "END" {
			for _, n := range lines {
				fold(&b, n)
			}
		}
		b.WriteString(l)
	}
	return b.String()
}

// maxLine is the length in bytes from which a line is folded (RFC 6350, section 3.2).
const maxLine = 75

func fold(b *strings.Builder, line string) {
	for len(line) > maxLine {
		n := maxLine
		for !utf8.RuneStart(line[n]) {
			n--
		}
		b.WriteString(line[:n] + "\r\n ")
		line = line[n:]
	}
	b.WriteString(line + "\r\n")
}
