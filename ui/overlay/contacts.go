package overlay

import (
	"slices"

	"offhook/ui/cell"
	"offhook/ui/keys"
	"offhook/ui/pane"
	"offhook/ui/people"
)

// Contacts is the address book: search, and what to do with whom was found.
type Contacts struct {
	List
	// Doomed is the contact whose deletion was asked for once; empty for none.
	Doomed string
	// Wanted is the contact to select when the book has it: one that was saved just now.
	Wanted people.Contact
}

// Context says whose keys these are.
func (*Contacts) Context() keys.Context { return keys.InContacts }

// Line is what is typed into.
func (o *Contacts) Line() *pane.Line { return &o.Query }

// Spare takes the question back whether to delete.
func (o *Contacts) Spare() { o.Doomed, o.Note = "", "" }

// Typed is called when the search has changed.
func (o *Contacts) Typed() { o.Doomed, o.Wanted = "", people.Contact{}; o.List.Typed() }

// Find selects the wanted contact in a book that was read afresh.
func (o *Contacts) Find(book people.Book) {
	at := slices.IndexFunc(o.Rows(book), func(e people.Entry) bool {
		if o.Wanted.UID != "" {
			return e.UID == o.Wanted.UID
		}
		return e.Name == o.Wanted.Name && e.Contact.AddressList() == o.Wanted.AddressList()
	})
	if at >= 0 { // else that book was read before
		o.First()
		o.Move(at)
		o.Wanted = people.Contact{}
	}
}

// Rows are the entries found; one for what was typed when it is an address of nobody.
func (o *Contacts) Rows(book people.Book) []people.Entry {
	text := o.Query.Text()
	rows := book.Search(text)
	if len(rows) == 0 && typedAddress(text) {
		rows = []people.Entry{{Address: people.Address{URI: text}}}
	}
	return rows
}

// Entry is the selected one.
func (o *Contacts) Entry(book people.Book) (people.Entry, bool) {
	rows := o.Rows(book)
	if i := o.Selected(len(rows)); i >= 0 {
		return rows[i], true
	}
	return people.Entry{}, false
}

// ContactsView draws Contacts.
type ContactsView struct {
	*Contacts
	Book people.Book
	// Lamp is the lamp of an address.
	Lamp  func(uri string) (people.Watched, bool)
	Facts keys.Facts
	// Err says why the address book can't be read.
	Err error
}

// Render draws the box in at most width by height cells.
func (v ContactsView) Render(width, height int) string {
	rows := v.Rows(v.Book)
	empty := "No contact matches; an address or a number can be called, written to and watched as it is."
	switch {
	case v.Err != nil:
		empty = v.Err.Error()
	case len(v.Book.Contacts) == 0:
		empty = "No contacts yet: ctrl+n makes one, and `offhook contacts import` takes a vCard file."
	}
	return v.List.render(listView{
		title: "Contacts", placeholder: "search, or an address", n: len(rows), empty: empty,
		ctx: keys.InContacts, facts: v.Facts,
		row: func(i int, selected bool, w int) string { return v.row(rows[i], selected, w) },
	}, width, height)
}

// row is name, address, kind and lamp; where it is narrow, name and lamp alone.
func (v ContactsView) row(e people.Entry, selected bool, w int) string {
	th := v.Theme
	addr, tail := th.Say(address(e.Address.URI)), ""
	if lamp, ok := v.Lamp(e.Address.URI); ok {
		tail = pane.LampText(th, lamp)
	}
	name := th.Say(e.Name)
	if name == "" {
		name = "as typed"
	}
	if w < 56 {
		if e.Further || e.Name == "" {
			name = addr
		}
		return cell.Ends(v.who(selected, cell.Trunc(name, w-cell.Width(tail)-1, th.Glyphs.Ellipsis)), tail, w, th.Glyphs.Ellipsis)
	}
	lampW := min(w/3, 26)
	nameW := (w - lampW) * 2 / 5
	addrW := w - lampW - nameW - 2
	shown := v.who(selected, cell.Fit(name, nameW, th.Glyphs.Ellipsis))
	if e.Further {
		shown = cell.Fit("", nameW, "")
	}
	if e.Address.Kind != "" {
		kind := th.Say(e.Address.Kind)
		if cell.Width(addr)+cell.Width(kind)+3 <= addrW {
			addr += th.Dim.Render(" (" + kind + ")")
		}
	}
	return shown + " " + cell.Fit(addr, addrW, th.Glyphs.Ellipsis) + " " + cell.Fit(tail, lampW, th.Glyphs.Ellipsis)
}
