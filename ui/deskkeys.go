package ui

import (
	tea "github.com/charmbracelet/bubbletea"

	"offhook/ua"
	"offhook/ua/event"
	"offhook/ui/keys"
	"offhook/ui/overlay"
	"offhook/ui/pane"
	"offhook/ui/people"
)

// atDesk carries out what a binding beside calls asks for.
func (m *Model) atDesk(a keys.Action) tea.Cmd {
	switch a {
	case keys.Complete:
		m.complete()
	case keys.Contacts:
		m.open(&overlay.Contacts{List: overlay.List{Theme: m.theme}})
		return m.readBook()
	case keys.History:
		m.open(&overlay.History{List: overlay.List{Theme: m.theme}})
		return tea.Batch(m.readPast(), m.look())
	case keys.Messages:
		m.open(&overlay.Inbox{List: overlay.List{Theme: m.theme}})
	case keys.EditPresence:
		p := m.desk.published[m.account]
		m.open(overlay.NewPresence(m.theme, m.account, p.Status, p.Note))
	case keys.CallVoicemail:
		m.dialFrom(m.account, m.mailbox())
	case keys.PickupLamp:
		m.pickUp()
	case keys.WriteTo:
		m.writeTo()
	case keys.AddContact:
		m.addContact()
	case keys.CallEntry:
		m.callEntry()
	case keys.EditEntry:
		if c, ok := m.panel().(*overlay.Contacts); ok {
			if e, ok := c.Entry(m.desk.book); ok {
				m.openOver(overlay.NewCard(m.theme, e.Contact))
			}
		}
	case keys.DeleteEntry:
		return m.deleteEntry()
	case keys.WatchEntry:
		m.watchEntry()
	case keys.OpenChat:
		if p, ok := m.panel().(*overlay.Inbox); ok {
			if c, ok := p.Selection(&m.desk.inbox, m.desk.book, m.domain()); ok {
				m.chatWith(c.Address, m.account)
			}
		}
	case keys.SendText:
		m.sendText()
	case keys.ClosePanel:
		m.closePanel()
	default:
	}
	return nil
}

// callEntry calls whom the panel shows.
func (m *Model) callEntry() {
	switch p := m.panel().(type) {
	case *overlay.Contacts:
		if e, ok := p.Entry(m.desk.book); ok {
			m.dialFrom(m.account, e.Address.URI)
		}
	case *overlay.History:
		if c, ok := p.Call(m.desk.past, m.desk.book); ok {
			m.dialFrom(m.fromAccount(c.Account), c.Remote)
		}
	case *overlay.Inbox:
		if c, ok := p.Selection(&m.desk.inbox, m.desk.book, m.domain()); ok {
			m.dialFrom(m.account, c.Address)
		}
	case *overlay.Chat:
		m.dialFrom(p.Account, p.Address)
	}
}

// fromAccount is the account to call back from: that of the call, if it is still there.
func (m *Model) fromAccount(account string) string {
	for _, r := range m.registrations {
		if r.Account == account {
			return account
		}
	}
	return m.account
}

// writeTo opens the conversation with whom the panel shows, or who is on the phone.
func (m *Model) writeTo() {
	switch p := m.panel().(type) {
	case *overlay.Contacts:
		if e, ok := p.Entry(m.desk.book); ok {
			m.chatWith(e.Address.URI, m.account)
		}
	case *overlay.History:
		if c, ok := p.Call(m.desk.past, m.desk.book); ok {
			m.chatWith(c.Remote, m.fromAccount(c.Account))
		}
	case nil:
		c := m.current()
		switch {
		case c == nil:
		case !people.Reachable(c.Info.RemoteURI):
			m.hint("They keep their address back: there is nobody to write to")
		default:
			m.chatWith(c.Info.RemoteURI, c.Info.Account)
		}
	}
}

// addContact opens the form for a new contact, with the address of whom is shown.
func (m *Model) addContact() {
	var c people.Contact
	take := func(name, uri string) {
		c.Name = name
		c.Addresses = []people.Address{{URI: uri}}
	}
	switch p := m.panel().(type) {
	case *overlay.Contacts:
		if e, ok := p.Entry(m.desk.book); ok && e.UID == "" {
			take("", e.Address.URI)
		} else if !ok {
			c.Name = p.Line().Text()
		}
	case *overlay.History:
		if e, ok := p.Call(m.desk.past, m.desk.book); ok {
			take(e.Name, e.Remote)
		}
	case nil:
		if e := m.current(); e != nil {
			take(e.Info.RemoteName, e.Info.RemoteURI)
		}
	}
	if len(c.Addresses) > 0 && m.desk.book.Holds(c.Addresses[0].URI) {
		m.hint(m.desk.book.Name(c.Addresses[0].URI) + " is in the address book already")
		if l, ok := m.panel().(*overlay.History); ok {
			l.Note = m.status.text
		}
		return
	}
	m.openOver(overlay.NewCard(m.theme, c))
}

// saveCard stores the form's contact where waiting is allowed.
func (m *Model) saveCard(card *overlay.Card) tea.Cmd {
	contacts, value := m.opts.Contacts, card.Value()
	return func() tea.Msg { return contactMsg{value, contacts.Save(value)} }
}

// deleteEntry deletes what is selected, when it is asked for twice.
func (m *Model) deleteEntry() tea.Cmd {
	switch p := m.panel().(type) {
	case *overlay.Contacts:
		e, ok := p.Entry(m.desk.book)
		if !ok || e.UID == "" {
			return nil
		}
		if p.Doomed != e.UID {
			p.Doomed, p.Note = e.UID, "Press ctrl+d again to delete "+e.Name+" from the address book"
			return nil
		}
		p.Spare()
		contacts := m.opts.Contacts
		return func() tea.Msg {
			if err := contacts.Remove(e.UID); err != nil {
				return deskErrorMsg{"The contact isn’t deleted: " + err.Error()}
			}
			book, err := contacts.Read()
			return bookMsg{book, err}
		}
	case *overlay.History:
		c, ok := p.Call(m.desk.past, m.desk.book)
		if !ok {
			return nil
		}
		if p.Doomed != c.ID {
			p.Doomed, p.Note = c.ID, "Press ctrl+d again to delete this call from the list"
			return nil
		}
		p.Spare()
		m.desk.past = m.desk.past.Without(c.ID)
		journal := m.opts.Journal
		if journal == nil {
			return nil
		}
		return func() tea.Msg {
			if err := journal.Delete(c.ID); err != nil {
				return deskErrorMsg{"The call isn’t deleted: " + err.Error()}
			}
			past, err := journal.Read()
			return pastMsg{past, err}
		}
	}
	return nil
}

// watchEntry begins to watch whom is selected, or ends it.
func (m *Model) watchEntry() {
	p, ok := m.panel().(*overlay.Contacts)
	if !ok {
		return
	}
	e, ok := p.Entry(m.desk.book)
	if !ok {
		return
	}
	ids := m.desk.board.IDs(m.addressKey(e.Address.URI))
	for _, id := range ids {
		m.phone.Unsubscribe(id)
		m.desk.board.Drop(id)
	}
	if len(ids) > 0 {
		return
	}
	for _, pkg := range []string{event.Dialogs, event.Presence} {
		m.phone.SubscribeTo(ua.SubscribeRequest{Account: m.account, Target: e.Address.URI, Event: pkg})
	}
}

// pickUp takes the call of the first watched phone that rings.
func (m *Model) pickUp() {
	ringing := m.desk.board.Ringing()
	if len(ringing) == 0 {
		return
	}
	w := ringing[0]
	m.desk.panels = nil
	m.calling(m.phone.Pickup(ua.PickupRequest{Account: w.Account, Target: w.URI}), w.Account, w.URI)
}

// dialFrom calls, and shows the call.
func (m *Model) dialFrom(account, target string) {
	m.desk.panels = nil
	m.dial.Remember(target)
	m.calling(m.phone.Dial(ua.DialRequest{Account: account, Target: target}), account, target)
}

// scroller is what the keys scroll now.
func (m *Model) scroller() scroller {
	if s, ok := m.panel().(scroller); ok && m.reader == nil {
		return s
	}
	if m.reader != nil {
		return m.reader
	}
	return m.log
}

// scroller is what moves by lines and pages.
type scroller interface {
	Move(int)
	MovePage(int)
	First()
	Last()
}

var _ = []scroller{(*overlay.Reader)(nil), (*pane.Log)(nil), (*overlay.Presence)(nil)}
