package ui

import (
	"errors"
	"testing"

	"offhook/ua"
	"offhook/ua/call"
)

func TestContactsNameCallers(t *testing.T) {
	b := office(t, Options{})
	b.set(incoming(1, "Your bank", "sip:bob@example.com"))
	b.wantScreen("Bob Bell")
	b.wantNotOnScreen("Your bank")
	if title := b.titleText(); title != "Bob Bell is calling - offhook" {
		t.Errorf("title %q", title)
	}
	b.change(1, func(c *ua.CallInfo) { c.State, c.Cause, c.Ended = call.Ended, call.RemoteCanceled, b.clock })
	b.wantScreen("Bob Bell") // what ended is told by name, too

	// A name that comes while the call is up is taken at once.
	b.set(talking(2, "", "sip:gina@example.com"))
	b.wantScreen("gina@example.com")
	b.press("tab", "b", "Gina", "enter", "enter", "enter")
	b.act("enter")
	b.run(b.readBook())
	b.wantScreen("Gina (gina@example.com)")
}

func TestContactsOverlay(t *testing.T) {
	book := friends()
	b := office(t, Options{Contacts: book})
	b.act("f6")
	b.press("bell", "down", "enter")
	b.wantCommands("dial 1 +15550123 from alice")
	b.wantNotOnScreen("─ Contacts")

	b.act("f6")
	b.press("stranger@example.net", "ctrl+t")
	b.press("hello there", "enter")
	b.wantCommands("message stranger@example.net: hello there")
	b.wantScreen("sending…")
	b.press("esc", "esc")

	b.act("f6")
	b.press("dave", "ctrl+d")
	b.wantScreen("Press ctrl+d again to delete Dave")
	b.press("down")
	b.act("ctrl+d") // the question was left: it is asked again
	if len(book.all) != 3 {
		t.Fatal("deleted without a second yes")
	}
	b.act("ctrl+d")
	if len(book.all) != 2 {
		t.Errorf("%d contacts", len(book.all))
	}
	b.wantNotOnScreen("Dave")
	b.wantScreen("as typed")
	b.press("esc")

	b.act("f6")
	b.press("carol", "ctrl+e", " II", "enter", ", +15559", "enter", "enter")
	b.act("enter")
	if c := book.all[1]; c.Name != "Carol 木村 II" || c.AddressList() != "sip:carol@example.com, +15559" || c.Organization != "Kimura KK" {
		t.Errorf("saved %+v", c)
	}
	b.wantScreen("Carol 木村 II")
}

// An extension in the address book is one at the account's own domain: there its name stands
// for the caller, and nowhere else.
func TestExtensionsInTheAddressBook(t *testing.T) {
	b := office(t, Options{})
	b.set(incoming(1, "", "sip:102@example.com:5060"))
	if name := b.call(1).Info.RemoteName; name != "Dave" {
		t.Errorf("102 of our own is named %q", name)
	}
	b.set(incoming(2, "", "sip:102@example.net"))
	if name := b.call(2).Info.RemoteName; name != "" {
		t.Errorf("a stranger's 102 is named %q", name)
	}
}

// The other way round, an extension that was dialled is the contact with the whole address.
func TestContactsByExtension(t *testing.T) {
	b := office(t, Options{})
	for typed, want := range map[string]string{"carol": "Carol 木村", "sip:bob": "Bob Bell", "dora": ""} {
		if name := b.desk.book.Name(typed); name != want {
			t.Errorf("%s is named %q, want %q", typed, name, want)
		}
	}
}

// What is saved is selected: what follows is about that contact.
func TestSavedContactIsSelected(t *testing.T) {
	book := friends()
	b := office(t, Options{Contacts: book})
	b.act("f6")
	b.press("ctrl+n", "Zoe", "enter", "zoe@example.org", "enter", "enter")
	b.act("enter")
	b.run(b.readBook())
	b.press("enter")
	b.wantCommands("dial 1 zoe@example.org from alice")
}

func TestContactThatCantBeSaved(t *testing.T) {
	book := friends()
	b := office(t, Options{Contacts: book})
	book.err = errors.New("the disk is full")
	b.act("f6")
	b.press("ctrl+n", "enter")
	b.wantScreen("Type a name")
	b.press("New", "enter", "enter")
	b.wantScreen("Type a number or an address")
	b.press("not an address@@", "enter")
	b.wantScreen("an address can’t hold spaces", "New contact")
	b.press("ctrl+u", "bob@", "enter")
	b.wantScreen("Can’t call bob@: the host is missing")
	b.press("ctrl+u", "x@y", "enter", "enter")
	b.act("enter")
	b.wantScreen("The disk is full", "New contact")
}
