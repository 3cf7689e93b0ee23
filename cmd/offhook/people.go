package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"offhook/internal/contacts"
)

// people is the address book as the phone uses it: names to dial, and names of callers.
// It is read when it is made: one goroutine may use it, later changes need a new one.
type people struct {
	all   []contacts.Contact
	index contacts.Index
}

// book is the address book's directory, read afresh by each use.
func (a *app) book(s settings) *contacts.Book {
	if s.Contacts.Directory != "" {
		return contacts.Open(a.home(s.Contacts.Directory))
	}
	base := a.getenv("XDG_DATA_HOME")
	if base == "" || !filepath.IsAbs(base) {
		base = filepath.Join(a.getenv("HOME"), ".local", "share")
	}
	return contacts.Open(filepath.Join(base, "offhook", "contacts"))
}

// home puts the home directory for a leading ~/.
func (a *app) home(path string) string {
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		return filepath.Join(a.getenv("HOME"), rest)
	}
	return path
}

// people reads the address book. What can't be read is no reason not to call: the
// contacts commands tell it.
func (a *app) people() people {
	s, err := a.settings()
	if err != nil {
		return people{}
	}
	return a.peopleOf(s)
}

func (a *app) peopleOf(s settings) people {
	all, _, err := a.book(s).Contacts()
	if err != nil {
		return people{}
	}
	return peopleIn(all)
}

func peopleIn(all []contacts.Contact) people { return people{all, contacts.NewIndex(all)} }

// name is the contact's name of an address, empty for a stranger.
func (p people) name(uri string) string {
	n, _ := p.index.Name(uri)
	return n
}

// target is what to dial for what was typed: a contact's first address when it is
// the whole name or nickname of one, otherwise the text itself.
func (p people) target(typed string) (string, error) {
	if isAddress(typed) {
		return typed, nil
	}
	var named []contacts.Contact
	for _, c := range p.all {
		if strings.EqualFold(c.Name, typed) || strings.EqualFold(c.Nickname, typed) {
			named = append(named, c)
		}
	}
	if len(named) == 0 {
		return typed, nil
	}
	c, err := contacts.Find(named, typed)
	if errors.Is(err, contacts.ErrAmbiguous) {
		return "", failf(exitUsage, "%w: dial the address itself", err)
	}
	if err != nil {
		return "", err
	}
	if len(c.Addresses) == 0 {
		return "", failf(exitUsage, "the contact %s has no address", c.Name)
	}
	return c.Addresses[0].URI, nil
}

// dialled is target, and says when the address book gave it another meaning: a user of the
// account's domain may have a contact's name.
func (a *app) dialled(s settings, typed string) (string, error) {
	if isAddress(typed) {
		return typed, nil // the book needn't be read
	}
	target, err := a.peopleOf(s).target(typed)
	if err == nil && target != typed {
		fmt.Fprintf(a.stderr, "offhook: %s is %s in the address book; sip:%s@HOST is a user of that name\n", typed, target, strings.ReplaceAll(typed, " ", "%20"))
	}
	return target, err
}

// isAddress says that what was typed is a URI, user@host or a number, and no name.
func isAddress(typed string) bool {
	return hasScheme(typed) || strings.Contains(typed, "@") || strings.Trim(typed, "+0123456789*#") == ""
}

// describe is a contact in a line.
func describe(c contacts.Contact) string {
	var uris []string
	for _, a := range c.Addresses {
		if a.Kind != "" {
			uris = append(uris, fmt.Sprintf("%s (%s)", a.URI, a.Kind))
			continue
		}
		uris = append(uris, a.URI)
	}
	return fmt.Sprintf("%-24s %s", c.Name, strings.Join(uris, ", "))
}
