package overlay

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"offhook/ui/cell"
	"offhook/ui/keys"
	"offhook/ui/pane"
	"offhook/ui/people"
	"offhook/ui/theme"
)

// Card is the form for a contact.
type Card struct {
	theme  *theme.Theme
	was    people.Contact
	fields [4]cardField
	at     int
	failed string
	saving bool
}

type cardField struct {
	label, placeholder string
	line               pane.Line
}

// The fields of a Card.
const (
	cardName = iota
	cardAddresses
	cardNickname
	cardOrganization
)

// NewCard is a form with a contact in it; a new one has no UID.
func NewCard(th *theme.Theme, c people.Contact) *Card {
	o := &Card{theme: th, was: c, fields: [4]cardField{
		cardName:         {label: "Name", placeholder: "Bob Bell"},
		cardAddresses:    {label: "Addresses", placeholder: "bob@example.org, +1555…"},
		cardNickname:     {label: "Nickname", placeholder: "to dial by; may be empty"},
		cardOrganization: {label: "Company", placeholder: "may be empty"},
	}}
	o.fields[cardName].line.Set(c.Name)
	o.fields[cardAddresses].line.Set(c.AddressList())
	o.fields[cardNickname].line.Set(c.Nickname)
	o.fields[cardOrganization].line.Set(c.Organization)
	return o
}

// Context says whose keys these are.
func (*Card) Context() keys.Context { return keys.InCard }

// Line is the field that is typed into.
func (o *Card) Line() *pane.Line { return &o.fields[o.at].line }

// Typed is called when the line has changed.
func (o *Card) Typed() { o.failed = "" }

// Next goes on to the next field; true says that the form is complete and to be saved.
func (o *Card) Next() bool {
	if o.saving {
		return false
	}
	if err := o.check(); err != nil {
		o.failed = err.Error()
		return false
	}
	o.failed = ""
	if o.at < len(o.fields)-1 {
		o.at++
		return false
	}
	o.saving = true
	return true
}

// Previous goes back a field.
func (o *Card) Previous() { o.at, o.failed = max(o.at-1, 0), "" }

// check looks at the field with the cursor; at the last one at all.
func (o *Card) check() error {
	empty := func(i int) bool { return strings.TrimSpace(o.fields[i].line.Text()) == "" }
	switch {
	case o.at == cardName && empty(cardName):
		return errors.New("type a name")
	case o.at == cardAddresses && len(o.Value().Addresses) == 0:
		return errors.New("type a number or an address, such as bob@example.org")
	case o.at == cardAddresses:
		for _, a := range o.Value().Addresses {
			if err := validateTarget(a.URI); err != nil && !slices.Contains(o.was.Addresses, a) {
				return fmt.Errorf("can’t call %s: %w", a.URI, err)
			}
		}
	}
	return nil
}

// validateTarget takes what can be dialled: a number, a user at the account's domain, or
// user@host, with or without a scheme.
func validateTarget(s string) error {
	if hasScheme(s) || strings.HasPrefix(strings.ToLower(s), "tel:") {
		_, s, _ = strings.Cut(s, ":")
	}
	s, _, _ = strings.Cut(s, ";")
	s, _, _ = strings.Cut(s, "?")
	if strings.Trim(s, "+0123456789 -.()/*#") == "" {
		return nil
	}
	if strings.ContainsAny(s, " \t<>\"") {
		return errors.New("an address can’t hold spaces, quotes or <>")
	}
	if i := strings.LastIndexByte(s, '@'); i >= 0 {
		return validateHost(s[i+1:])
	}
	return nil
}

// Failed shows why it couldn't be saved.
func (o *Card) Failed(err error) { o.failed, o.saving = err.Error(), false }

// Value is the contact as typed.
func (o *Card) Value() people.Contact {
	text := func(i int) string { return strings.TrimSpace(o.fields[i].line.Text()) }
	c := o.was.WithAddresses(text(cardAddresses))
	c.Name, c.Nickname, c.Organization = text(cardName), text(cardNickname), text(cardOrganization)
	return c
}

// Render draws the box in at most width by height cells.
func (o *Card) Render(width, height int) string {
	th := o.theme
	w := min(width, 64)
	in := w - 4
	title := "New contact"
	if o.was.UID != "" {
		title = "Edit contact"
	}
	const label = 11
	var lines []string
	for i := range o.fields {
		f := &o.fields[i]
		name := th.Dim.Render(cell.Fit(f.label, label, ""))
		if i == o.at {
			name = th.Key.Render(cell.Fit(f.label, label, ""))
		}
		lines = append(lines, name+f.line.Render(th, in-label, i == o.at, th.Say(f.placeholder)))
	}
	foot := hints(th, keys.InCard, keys.Facts{}, in, true)
	var say []string
	switch {
	case o.failed != "":
		say = wrapped(th, o.failed, in)
	case o.saving:
		say = []string{th.Dim.Render("saving…")}
	}
	if len(lines)+len(say)+len(foot)+4 <= height {
		lines = append(lines, "")
	}
	return boxed(th, title, append(append(lines, say...), foot...), w, height)
}
