package people

import (
	"slices"
	"strings"
)

// Address is one way to reach a contact.
type Address struct {
	URI  string // what to dial: "sip:bob@example.org", or a number
	Kind string // "work", "home"; empty for none
}

// Contact is somebody in the address book. Addresses are in order of preference.
type Contact struct {
	UID          string // empty for a new one
	Name         string
	Nickname     string
	Organization string
	Addresses    []Address
}

// Book is a snapshot of the address book. The zero value is an empty one.
type Book struct {
	Contacts []Contact // by name
	// NameOf is a contact's name for an address, empty for a stranger; nil knows nobody.
	NameOf func(uri string) string
	// TargetOf is what to dial for what was typed, such as a contact's name; nil takes it
	// as it is.
	TargetOf func(typed string) (string, error)
	// Home are the domains of the accounts: a number or name alone is one there.
	Home []string
}

// Name is the contact's name of an address, empty for a stranger.
func (b Book) Name(uri string) string {
	if b.NameOf == nil || uri == "" {
		return ""
	}
	if n := b.NameOf(uri); n != "" {
		return n
	}
	user, host, whole := strings.Cut(Key(uri, ""), "@")
	switch {
	case whole && slices.Contains(b.Home, host):
		return b.NameOf(user)
	case whole:
		return ""
	}
	for _, host := range b.Home {
		if n := b.NameOf("sip:" + user + "@" + host); n != "" {
			return n
		}
	}
	return ""
}

// Target is what to dial for what was typed.
func (b Book) Target(typed string) (string, error) {
	if b.TargetOf == nil {
		return typed, nil
	}
	return b.TargetOf(typed)
}

// Entry is a line of the address book: a contact by one of its addresses.
type Entry struct {
	Contact
	Address Address
	// Further says that the line before is of the same contact.
	Further bool
}

// Search gives the lines whose name or address contains text, without case; those whose
// name begins with it first.
func (b Book) Search(text string) []Entry {
	text = strings.ToLower(strings.TrimSpace(text))
	var first, rest []Entry
	for _, c := range b.Contacts {
		name := strings.ToLower(c.Name)
		begins := strings.HasPrefix(name, text) || c.Nickname != "" && strings.HasPrefix(strings.ToLower(c.Nickname), text)
		whole := begins || strings.Contains(name, text) || strings.Contains(strings.ToLower(c.Organization), text)
		var found []Entry
		for _, a := range c.Addresses {
			if whole || strings.Contains(strings.ToLower(a.URI), text) {
				found = append(found, Entry{c, a, len(found) > 0})
			}
		}
		if begins {
			first = append(first, found...)
		} else {
			rest = append(rest, found...)
		}
	}
	return append(first, rest...)
}

// Holds says whether a contact has the address.
func (b Book) Holds(uri string) bool { return b.Name(uri) != "" }

// Key is what two writings of an address have in common: no scheme, port or parameters, the
// domain without case. A number or name alone is one at domain.
func Key(uri, domain string) string {
	s := strings.TrimSpace(uri)
	for _, scheme := range []string{"sips:", "sip:", "tel:"} {
		if len(s) >= len(scheme) && strings.EqualFold(s[:len(scheme)], scheme) {
			s = s[len(scheme):]
			break
		}
	}
	s, _, _ = strings.Cut(s, ";")
	s, _, _ = strings.Cut(s, "?")
	user, host, ok := strings.Cut(s, "@")
	if !ok {
		user, host = s, domain
	}
	if strings.Trim(user, "+0123456789 -.()/*#") == "" {
		user = strings.NewReplacer(" ", "", "-", "", ".", "", "(", "", ")", "", "/", "").Replace(user)
	}
	if host = bareHost(host); host == "" {
		return user
	}
	return user + "@" + host
}

// Domain is the host of an address, without its port.
func Domain(uri string) string {
	_, host, _ := strings.Cut(Key(uri, ""), "@")
	return host
}

func bareHost(host string) string {
	host = strings.ToLower(strings.TrimSpace(host))
	if strings.HasPrefix(host, "[") {
		if i := strings.IndexByte(host, ']'); i > 0 {
			return host[:i+1]
		}
		return host
	}
	host, _, _ = strings.Cut(host, ":")
	return host
}

// Addresses reads the list that a person typed, commas between; what c had before keeps
// its kind.
func (c Contact) WithAddresses(list string) Contact {
	old := c.Addresses
	c.Addresses = nil
	for _, uri := range strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == '\n' }) {
		if uri = strings.TrimSpace(uri); uri == "" {
			continue
		}
		a := Address{URI: uri}
		if i := slices.IndexFunc(old, func(o Address) bool { return o.URI == uri }); i >= 0 {
			a = old[i]
		}
		c.Addresses = append(c.Addresses, a)
	}
	return c
}

// AddressList is WithAddresses' opposite.
func (c Contact) AddressList() string {
	uris := make([]string, len(c.Addresses))
	for i, a := range c.Addresses {
		uris[i] = a.URI
	}
	return strings.Join(uris, ", ")
}
