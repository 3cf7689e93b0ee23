package main

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"offhook/config"
	"offhook/internal/history"
	screen "offhook/ui/people"
)

// The screen's journal has nothing before there is a file, and then what the records hold.
func TestJournal(t *testing.T) {
	j := &journal{path: filepath.Join(t.TempDir(), "calls.db")}
	if past, err := j.Read(); err != nil || len(past.Calls) != 0 {
		t.Fatalf("%v, %v", past, err)
	}
	store, err := history.Open(j.path)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Unix(1000, 0)
	for _, c := range []history.Call{
		{Direction: "outgoing", Outcome: history.Answered, Remote: "sip:bob@example.org", Started: at, Answered: at, Ended: at.Add(time.Minute)},
		{Direction: "incoming", Outcome: history.Missed, Remote: "sip:carol@example.org", Started: at, Ended: at},
		{Direction: "outgoing", Outcome: history.Failed, Remote: "sips:dave@example.org", Started: at, Ended: at},
	} {
		if _, err := store.Add(context.Background(), c); err != nil {
			t.Fatal(err)
		}
	}
	past, err := j.Read()
	if err != nil || len(past.Calls) != 3 || past.Missed != 1 {
		t.Fatalf("%+v, %v", past, err)
	}
	if c := past.Calls[2]; c.Incoming || c.Outcome != screen.Talked || c.Talked != time.Minute {
		t.Errorf("the oldest is %+v", c)
	}
	if before, err := j.dialled(9); err != nil || len(before) != 2 || before[0] != "bob@example.org" || before[1] != "sips:dave@example.org" {
		t.Errorf("dialled %q, %v", before, err)
	}
	if err := j.Look(past.Newest()); err != nil {
		t.Error(err)
	}
	if err := j.Delete(past.Calls[0].ID); err != nil {
		t.Error(err)
	}
	if past, err = j.Read(); err != nil || len(past.Calls) != 2 || past.Missed != 0 {
		t.Errorf("%+v, %v", past, err)
	}
	if err := store.Close(); err != nil {
		t.Error(err)
	}
	if err := j.close(); err != nil {
		t.Error(err)
	}
}

// What the screen doesn't show of a contact stays when it is saved.
func TestAddressBookOfTheScreen(t *testing.T) {
	s := settings{Config: config.Default()}
	s.Contacts.Directory = t.TempDir()
	b := addressBook{&app{getenv: mapEnv(nil)}, s}
	if err := b.Save(screen.Contact{Name: "Bob Bell", Nickname: "bb", Addresses: []screen.Address{{URI: "sip:bob@example.org", Kind: "work"}}}); err != nil {
		t.Fatal(err)
	}
	book, err := b.Read()
	if err != nil || len(book.Contacts) != 1 || book.Name("sip:bob@example.org:5060") != "Bob Bell" {
		t.Fatalf("%+v, %v", book.Contacts, err)
	}
	if to, err := book.Target("BB"); err != nil || to != "sip:bob@example.org" {
		t.Errorf("%q, %v", to, err)
	}
	c := book.Contacts[0]
	c.Name = "Robert Bell"
	if err := b.Save(c); err != nil {
		t.Fatal(err)
	}
	if book, err = b.Read(); err != nil || len(book.Contacts) != 1 || book.Contacts[0].Name != "Robert Bell" || book.Contacts[0].Addresses[0].Kind != "work" {
		t.Errorf("%+v, %v", book.Contacts, err)
	}
	if err := b.Remove(c.UID); err != nil {
		t.Error(err)
	}
	if err := b.Save(c); err == nil {
		t.Error("a contact that is gone was saved over")
	}
}
