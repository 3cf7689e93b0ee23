package contacts

import (
	"cmp"
	"slices"
	"strings"

	"github.com/emersion/go-vcard"
)

// Address is one way to reach a contact.
type Address struct {
	// URI is what to dial: "sip:bob@example.org", or a number as the card has it.
	URI string `json:"uri"`
	// Kind is the card's TYPE: "work", "home", "cell"; empty for none.
	Kind string `json:"kind,omitempty"`
}

// Contact is a card as far as a phone needs it. Addresses are in order of preference.
type Contact struct {
	UID          string    `json:"uid"`
	Name         string    `json:"name"`
	Nickname     string    `json:"nickname,omitempty"`
	Organization string    `json:"organization,omitempty"`
	Note         string    `json:"note,omitempty"`
	Addresses    []Address `json:"addresses"`
}

// property names for SIP addresses: IMPP (RFC 4770) is the standard's, the other
// two stand in the cards of phones and desktops.
var sipFields = []string{vcard.FieldIMPP, "X-SIP", "SIP"}

// fromCard reads a card of version 2.1 to 4.0.
func fromCard(card vcard.Card) Contact {
	c := Contact{
		UID:      strings.TrimSpace(card.Value(vcard.FieldUID)),
		Name:     clean(text(card.PreferredValue(vcard.FieldFormattedName))),
		Nickname: clean(text(card.PreferredValue(vcard.FieldNickname))),
		Note:     strings.TrimSpace(text(card.Value(vcard.FieldNote))),
	}
	// ORG's parts are parted by semicolons, unless they are escaped.
	c.Organization = clean(strings.NewReplacer(`\;`, ";", ";", " ").Replace(card.PreferredValue(vcard.FieldOrganization)))
	if c.Name == "" {
		if n := card.Name(); n != nil {
			c.Name = clean(text(n.GivenName + " " + n.FamilyName))
		}
	}
	if c.Name == "" {
		c.Name = cmp.Or(c.Nickname, c.Organization)
	}
	type ranked struct {
		Address
		rank int
	}
	var found []ranked
	add := func(f *vcard.Field, uri string) {
		uri = strings.TrimSpace(text(uri))
		if uri == "" || strings.ContainsFunc(uri, isControl) {
			return
		}
		if slices.ContainsFunc(found, func(r ranked) bool { return r.URI == uri }) {
			return
		}
		found = append(found, ranked{Address{URI: uri, Kind: kind(f)}, rank(f)})
	}
	for _, name := range sipFields {
		for _, f := range card[name] {
			if scheme, _, ok := strings.Cut(f.Value, ":"); name != vcard.FieldIMPP || ok && isSIP(scheme) {
				add(f, f.Value)
			}
		}
	}
	for _, f := range card[vcard.FieldTelephone] {
		add(f, dialable(f.Value))
	}
	slices.SortStableFunc(found, func(a, b ranked) int { return a.rank - b.rank })
	for _, r := range found {
		c.Addresses = append(c.Addresses, r.Address)
	}
	if c.Name == "" && len(c.Addresses) > 0 {
		c.Name = c.Addresses[0].URI
	}
	return c
}

// rank orders addresses: PREF=1 of vCard 4, TYPE=pref of vCard 3, then the card's order.
func rank(f *vcard.Field) int {
	if f.Params.HasType("pref") {
		return 1
	}
	switch p := f.Params.Get(vcard.ParamPreferred); {
	case p == "":
		return 101
	case len(p) <= 3 && strings.Trim(p, "0123456789") == "":
		n := 0
		for _, d := range p {
			n = n*10 + int(d-'0')
		}
		return n
	}
	return 101
}

// kind is the first type that says where, rather than what.
func kind(f *vcard.Field) string {
	for _, t := range f.Params.Types() {
		switch t = strings.ToLower(t); t {
		case "pref", "voice", "sip", "internet", "text":
		default:
			return clean(t)
		}
	}
	return ""
}

// dialable takes the tel: scheme, its parameters and the marks for reading from a number (RFC 3966,
// section 5.1.1), and leaves anything else as it is.
func dialable(s string) string {
	s = strings.TrimSpace(s)
	if scheme, rest, ok := strings.Cut(s, ":"); ok {
		if !strings.EqualFold(scheme, "tel") {
			return s
		}
		s, _, _ = strings.Cut(rest, ";")
	}
	if strings.Trim(s, "+0123456789 -.()/*#") != "" {
		return s
	}
	return strings.NewReplacer(" ", "", "-", "", ".", "", "(", "", ")", "", "/", "").Replace(s)
}

func isSIP(scheme string) bool {
	return strings.EqualFold(scheme, "sip") || strings.EqualFold(scheme, "sips")
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// text undoes the one escape that the decoder leaves (RFC 6350, section 3.4).
func text(s string) string { return strings.ReplaceAll(s, `\;`, ";") }

// clean makes one line of a value.
func clean(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || isControl(r) }), " ")
}
