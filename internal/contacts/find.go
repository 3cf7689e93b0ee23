package contacts

import (
	"fmt"
	"slices"
	"strings"
)

// Find gives the contact that a text names: by UID, by its whole name or nickname,
// by an address, or else the only one whose name contains it. Without case.
func Find(all []Contact, text string) (Contact, error) {
	text = clean(text)
	if text == "" {
		return Contact{}, ErrNotFound
	}
	for _, match := range []func(Contact) bool{
		func(c Contact) bool { return c.UID == text },
		func(c Contact) bool { return strings.EqualFold(c.Name, text) }, // before another's nickname
		func(c Contact) bool { return strings.EqualFold(c.Nickname, text) },
		func(c Contact) bool {
			return slices.ContainsFunc(c.Addresses, func(a Address) bool { return addressKey(a.URI) == addressKey(text) })
		},
		func(c Contact) bool { return strings.Contains(strings.ToLower(c.Name), strings.ToLower(text)) },
	} {
		var found []Contact
		for _, c := range all {
			if match(c) {
				found = append(found, c)
			}
		}
		switch len(found) {
		case 0:
			continue
		case 1:
			return found[0], nil
		}
		var names []string
		for _, c := range found[:min(len(found), 4)] {
			names = append(names, fmt.Sprintf("%s (%s)", c.Name, c.UID))
		}
		return Contact{}, fmt.Errorf("%w %q: %s", ErrAmbiguous, text, strings.Join(names, ", "))
	}
	return Contact{}, ErrNotFound
}

// Search gives the contacts whose name, organisation or address contains a text,
// those whose name begins with it first.
func Search(all []Contact, text string) []Contact {
	text = strings.ToLower(clean(text))
	var first, rest []Contact
	for _, c := range all {
		name := strings.ToLower(c.Name)
		switch {
		case strings.HasPrefix(name, text) || strings.HasPrefix(strings.ToLower(c.Nickname), text):
			first = append(first, c)
		case strings.Contains(name, text) || strings.Contains(strings.ToLower(c.Organization), text) ||
			slices.ContainsFunc(c.Addresses, func(a Address) bool { return strings.Contains(strings.ToLower(a.URI), text) }):
			rest = append(rest, c)
		}
	}
	return append(first, rest...)
}

// Index finds names for callers quickly.
type Index struct{ names map[string]string }

// NewIndex indexes contacts by their addresses.
func NewIndex(all []Contact) Index {
	x := Index{make(map[string]string)}
	for _, c := range all {
		for _, a := range c.Addresses {
			if k := addressKey(a.URI); k != "" && x.names[k] == "" {
				x.names[k] = c.Name
			}
		}
	}
	return x
}

// minNumber is the shortest user part that is taken for a number that means the same at
// every domain: shorter ones are extensions, and each exchange has its own 100.
const minNumber = 7

// Name is the contact's name of a caller's URI. A telephone number is found
// whatever the domain is that it came from.
func (x Index) Name(uri string) (string, bool) {
	k := addressKey(uri)
	if n, ok := x.names[k]; ok {
		return n, true
	}
	user, _, _ := strings.Cut(k, "@")
	if number := strings.TrimPrefix(user, "+"); len(number) >= minNumber && strings.Trim(number, "0123456789") == "" {
		n, ok := x.names[user]
		return n, ok
	}
	return "", false
}

// addressKey is what two writings of an address have in common: no scheme, port, or parameters,
// and the domain without case (RFC 3261, section 19.1.4).
func addressKey(uri string) string {
	uri = dialable(uri)
	if scheme, rest, ok := strings.Cut(uri, ":"); ok && isSIP(scheme) {
		uri = rest
	}
	uri, _, _ = strings.Cut(uri, ";")
	uri, _, _ = strings.Cut(uri, "?")
	user, host, ok := strings.Cut(uri, "@")
	if !ok {
		return uri
	}
	user, _, _ = strings.Cut(user, ":") // a password has no business there
	if !strings.HasPrefix(host, "[") {
		host, _, _ = strings.Cut(host, ":")
	} else if i := strings.IndexByte(host, ']'); i > 0 {
		host = host[:i+1]
	}
	return dialable(user) + "@" + strings.ToLower(host)
}
