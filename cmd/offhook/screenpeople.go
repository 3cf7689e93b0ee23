package main

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"offhook/internal/contacts"
	"offhook/internal/history"
	"offhook/ua"
	screen "offhook/ui/people"
)

// addressBook is the address book as the screen has it. Every use reads the files, so that
// what a synchroniser brings is seen.
type addressBook struct {
	app *app
	s   settings
}

// Read gives the book as it is now.
func (b addressBook) Read() (screen.Book, error) {
	all, _, err := b.app.book(b.s).Contacts()
	if err != nil {
		return screen.Book{}, err
	}
	return screenBook(all), nil
}

func screenBook(all []contacts.Contact) screen.Book {
	p := peopleIn(all)
	by := screen.Book{NameOf: p.name, TargetOf: p.target}
	for _, c := range all {
		out := screen.Contact{UID: c.UID, Name: c.Name, Nickname: c.Nickname, Organization: c.Organization}
		for _, a := range c.Addresses {
			out.Addresses = append(out.Addresses, screen.Address{URI: a.URI, Kind: a.Kind})
		}
		by.Contacts = append(by.Contacts, out)
	}
	return by
}

// Save stores a contact; what the screen doesn't show of it stays.
func (b addressBook) Save(c screen.Contact) error {
	book := b.app.book(b.s)
	out := contacts.Contact{UID: c.UID}
	if c.UID != "" {
		all, _, err := book.Contacts()
		if err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(o contacts.Contact) bool { return o.UID == c.UID })
		if i < 0 {
			return contacts.ErrNotFound
		}
		out = all[i]
	}
	out.Name, out.Nickname, out.Organization = c.Name, c.Nickname, c.Organization
	out.Addresses = nil
	for _, a := range c.Addresses {
		out.Addresses = append(out.Addresses, contacts.Address{URI: a.URI, Kind: a.Kind})
	}
	_, err := book.Save(out)
	return err
}

// Remove deletes a contact's card.
func (b addressBook) Remove(uid string) error { return b.app.book(b.s).Remove(uid) }

// journal is the history as the screen has it. The file is opened when there is one; the
// records write it beside.
type journal struct {
	path  string
	added <-chan struct{}

	mu    sync.Mutex
	store *history.Store // guarded by mu; nil before there is a file
}

// shownCalls is how many calls the screen has at once.
const shownCalls = 500

// use opens the file if it is there, and lends it out; nil when there is none.
func (j *journal) use(f func(*history.Store) error) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.store == nil {
		store, err := history.OpenExisting(j.path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		j.store = store
	}
	return f(j.store)
}

// Read gives the newest calls.
func (j *journal) Read() (past screen.Past, err error) {
	err = j.use(func(s *history.Store) error {
		calls, err := s.List(context.Background(), history.Query{Limit: shownCalls})
		if err != nil {
			return err
		}
		for _, c := range calls {
			past.Calls = append(past.Calls, pastCall(c))
		}
		past.Missed, err = s.Unseen(context.Background())
		return err
	})
	return past, err
}

// dialled is what was dialled, oldest first.
func (j *journal) dialled(n int) (before []string, err error) {
	err = j.use(func(s *history.Store) error {
		calls, err := s.List(context.Background(), history.Query{Direction: ua.Outgoing.String(), Limit: n})
		for _, c := range calls {
			before = append(before, strings.TrimPrefix(c.Remote, "sip:")) // as one types it
		}
		slices.Reverse(before)
		return err
	})
	return before, err
}

// Delete removes a call.
func (j *journal) Delete(id int64) error {
	return j.use(func(s *history.Store) error { return s.Remove(context.Background(), id) })
}

// Look remembers that the calls up to id were looked at.
func (j *journal) Look(id int64) error {
	return j.use(func(s *history.Store) error { return s.Look(context.Background(), id) })
}

// Changed receives when a call was recorded.
func (j *journal) Changed() <-chan struct{} { return j.added }

func (j *journal) close() error {
	if j == nil {
		return nil
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.store == nil {
		return nil
	}
	return j.store.Close()
}

// pastCall is a record as the screen has it.
func pastCall(c history.Call) screen.Call {
	return screen.Call{
		ID: c.ID, Account: c.Account, Incoming: c.Direction == ua.Incoming.String(), Outcome: pastOutcome(c.Outcome),
		Code: c.Code, Remote: c.Remote, Name: c.RemoteName, Started: c.Started, Talked: c.Talked(),
	}
}

func pastOutcome(o history.Outcome) screen.Outcome {
	switch o {
	case history.Answered:
		return screen.Talked
	case history.Missed:
		return screen.Missed
	case history.Elsewhere:
		return screen.Elsewhere
	case history.Declined:
		return screen.Declined
	case history.NoAnswer:
		return screen.NoAnswer
	case history.Refused:
		return screen.Refused
	case history.Failed:
	}
	return screen.Failed
}
