package overlay

import (
	"fmt"
	"strings"
	"time"

	"offhook/ui/cell"
	"offhook/ui/keys"
	"offhook/ui/pane"
	"offhook/ui/people"
	"offhook/ui/words"
)

// Inbox lists the conversations, and contacts to begin one with.
type Inbox struct{ List }

// Context says whose keys these are.
func (*Inbox) Context() keys.Context { return keys.InMessages }

// Line is what is typed into.
func (o *Inbox) Line() *pane.Line { return &o.Query }

// Correspondent is a row of the Inbox: a conversation, a contact, or what was typed.
type Correspondent struct {
	Name, Address string
	Conversation  *people.Conversation // nil when nothing was written yet
}

// Rows are the conversations that match, then the contacts, then what was typed.
func (o *Inbox) Rows(inbox *people.Inbox, book people.Book, domain string) []Correspondent {
	text := strings.TrimSpace(o.Query.Text())
	lower := strings.ToLower(text)
	var out []Correspondent
	seen := map[string]bool{}
	for _, c := range inbox.All() {
		name := c.Party(book)
		if strings.Contains(strings.ToLower(name), lower) || strings.Contains(c.Key, lower) {
			out = append(out, Correspondent{name, c.Address, c})
			seen[c.Key] = true
		}
	}
	if text == "" {
		return out
	}
	for _, e := range book.Search(text) {
		if k := people.Key(e.Address.URI, domain); !seen[k] {
			seen[k] = true
			out = append(out, Correspondent{e.Name, e.Address.URI, inbox.Find(k)})
		}
	}
	if typedAddress(text) && !seen[people.Key(text, domain)] {
		out = append(out, Correspondent{"", text, nil})
	}
	return out
}

// Selection is the selected row.
func (o *Inbox) Selection(inbox *people.Inbox, book people.Book, domain string) (Correspondent, bool) {
	rows := o.Rows(inbox, book, domain)
	if i := o.Selected(len(rows)); i >= 0 {
		return rows[i], true
	}
	return Correspondent{}, false
}

// typedAddress says that text can be dialled as it is: a number or user@host.
func typedAddress(text string) bool {
	text = strings.TrimSpace(text)
	return text != "" && !strings.ContainsAny(text, " \t<>\",")
}

// InboxView draws Inbox.
type InboxView struct {
	*Inbox
	Messages *people.Inbox
	Book     people.Book
	Domain   string
	Now      time.Time
	Facts    keys.Facts
}

// Render draws the box in at most width by height cells.
func (v InboxView) Render(width, height int) string {
	rows := v.Rows(v.Messages, v.Book, v.Domain)
	empty := "No messages yet: type a name, a number or an address to write to."
	if !v.Query.Empty() {
		empty = "Nobody matches; an address is user@host or a number."
	}
	return v.List.render(listView{
		title: "Messages", placeholder: "search, or whom to write to", n: len(rows), empty: empty,
		ctx: keys.InMessages, facts: v.Facts,
		row: func(i int, selected bool, w int) string { return v.row(rows[i], selected, w) },
	}, width, height)
}

// row is the party, the newest text, and when it came or how many weren't read.
func (v InboxView) row(r Correspondent, selected bool, w int) string {
	th := v.Theme
	name := th.Say(r.Name)
	if name == "" {
		name = "Write to " + th.Say(address(r.Address))
	}
	if r.Conversation == nil || len(r.Conversation.Messages) == 0 {
		return cell.Fit(v.who(selected, cell.Trunc(name, w, th.Glyphs.Ellipsis))+"  "+th.Dim.Render(th.Say(address(r.Address))), w, th.Glyphs.Ellipsis)
	}
	last := r.Conversation.Messages[len(r.Conversation.Messages)-1]
	tail := th.Dim.Render(words.Day(last.At, v.Now))
	if n := r.Conversation.Unread; n > 0 {
		tail = th.Key.Render(fmt.Sprintf("%d new", n)) + " " + tail
	}
	nameW := min(max(w*3/10, 12), 26)
	text := th.Say(last.Text)
	if last.Delivery != people.Received {
		text = "you: " + text
	}
	left := v.who(selected, cell.Fit(name, nameW, th.Glyphs.Ellipsis)) + " "
	room := w - nameW - 2 - cell.Width(tail)
	return cell.Fit(left+th.Dim.Render(cell.Fit(text, max(room, 0), th.Glyphs.Ellipsis))+" "+tail, w, "")
}

// address is an address as people write it.
func address(uri string) string { return words.Address(uri) }
