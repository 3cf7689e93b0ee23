package ui

import (
	tea "github.com/charmbracelet/bubbletea"

	"offhook/ua"
	"offhook/ua/event"
	"offhook/ui/keys"
	"offhook/ui/overlay"
	"offhook/ui/pane"
	"offhook/ui/people"
	"offhook/ui/words"
)

// Contacts is the address book. Its methods may block: only commands call them.
type Contacts interface {
	// Read gives the book as it is now.
	Read() (people.Book, error)
	// Save stores a contact: a new one when it has no UID.
	Save(people.Contact) error
	Remove(uid string) error
}

// desk is what is on the screen beside calls: people, messages, lamps, history.
//
//	Contacts, Journal ── commands ──> book, past   --\
//	events ──> board, inbox, mail, published        ---> panes, panels
type desk struct {
	book    people.Book
	bookErr error
	past    people.Past
	pastErr error
	unsaved int64 // the last ID that was given to a call that isn't recorded

	board     people.Board
	inbox     people.Inbox
	mail      map[string]event.VoicemailInfo
	published map[string]ua.PublicationInfo

	panels  []panel // the last one has the keys
	chats   map[string]*overlay.Chat
	suggest suggestions
}

// panel is an overlay with a line to type in.
type panel interface {
	Context() keys.Context
	Line() *pane.Line
	// Typed is called when the line has changed.
	Typed()
}

var _ = []panel{(*overlay.Contacts)(nil), (*overlay.History)(nil), (*overlay.Inbox)(nil), (*overlay.Chat)(nil), (*overlay.Card)(nil), (*overlay.Presence)(nil), (*overlay.Devices)(nil)}

// Outcomes of commands.
type (
	bookMsg struct {
		book people.Book
		err  error
	}
	pastMsg struct {
		past people.Past
		err  error
	}
	recordedMsg struct{}
	contactMsg  struct { // a contact was saved
		saved people.Contact
		err   error
	}
	deskErrorMsg struct{ text string }
)

// openDesk reads what is there already. Nothing here blocks.
func (m *Model) openDesk() {
	m.desk = desk{mail: map[string]event.VoicemailInfo{}, published: map[string]ua.PublicationInfo{}, chats: map[string]*overlay.Chat{}}
	m.desk.suggest.at = none
	for _, s := range m.phone.Subscriptions() {
		m.desk.board.Set(s)
		if v, ok := s.Info.(event.VoicemailInfo); ok {
			m.desk.mail[s.Account] = v
		}
	}
}

// initDesk reads the address book and the calls, and waits for further ones.
func (m *Model) initDesk() tea.Cmd { return tea.Batch(m.readBook(), m.readPast(), m.awaitCall()) }

func (m *Model) readBook() tea.Cmd {
	c := m.opts.Contacts
	if c == nil {
		return nil
	}
	return func() tea.Msg { book, err := c.Read(); return bookMsg{book, err} }
}

// deskMsg takes the outcome of a command; false says that it is none of these.
func (m *Model) deskMsg(msg tea.Msg) (tea.Cmd, bool) {
	d := &m.desk
	switch msg := msg.(type) {
	case bookMsg:
		d.book, d.bookErr = msg.book, msg.err
		d.book.Home = m.domains()
		m.renameCalls()
		if p, open := m.panel().(*overlay.Contacts); open && p.Wanted.Name != "" {
			p.Find(d.book)
		}
		m.resuggest()
		return nil, true
	case pastMsg:
		if d.pastErr = msg.err; msg.err != nil {
			return nil, true
		}
		d.past = msg.past
		if _, open := m.panel().(*overlay.History); open {
			return m.look(), true
		}
		return nil, true
	case recordedMsg:
		return tea.Batch(m.readPast(), m.awaitCall()), true
	case contactMsg:
		card, open := m.panel().(*overlay.Card)
		switch {
		case msg.err == nil && open:
			m.closePanel()
			m.say(pane.Info, msg.saved.Name+" is in the address book")
			if p, ok := m.panel().(*overlay.Contacts); ok {
				p.Wanted = msg.saved
			}
		case msg.err != nil && open:
			card.Failed(msg.err)
		case msg.err != nil:
			m.note(pane.Failure, "The contact isn’t saved: "+msg.err.Error())
		}
		return m.readBook(), true
	case devicesMsg:
		m.devicesListed(msg)
		return nil, true
	case deskErrorMsg:
		m.note(pane.Failure, msg.text)
		return nil, true
	}
	return nil, false
}

// renameCalls gives the calls on the screen the names of the address book.
func (m *Model) renameCalls() {
	for _, info := range m.phone.Calls() {
		if c := m.call(info.ID); c != nil {
			c.Info.RemoteName = m.named(info).RemoteName
		}
	}
}

// named is a call with its party's name from the address book, if it is there: that one
// nobody can claim.
func (m *Model) named(c ua.CallInfo) ua.CallInfo {
	if n := m.desk.book.Name(c.RemoteURI); n != "" {
		c.RemoteName = n
	}
	return c
}

// nameOf is the shortest name for an address.
func (m *Model) nameOf(uri string) string {
	if n := m.desk.book.Name(uri); n != "" {
		return n
	}
	return words.Short(uri)
}

// panel is the open panel that has the keys; nil for none.
func (m *Model) panel() panel {
	if n := len(m.desk.panels); n > 0 {
		return m.desk.panels[n-1]
	}
	return nil
}

// open shows a panel in place of all others, openOver above them.
func (m *Model) open(p panel) {
	m.desk.panels = nil
	m.openOver(p)
}

func (m *Model) openOver(p panel) {
	m.desk.panels = append(m.desk.panels, p)
	m.keypad, m.reader = nil, nil
}

func (m *Model) closePanel() {
	if n := len(m.desk.panels); n > 0 {
		m.desk.panels = m.desk.panels[:n-1]
	}
	if c, ok := m.panel().(*overlay.Chat); ok {
		m.seen(c)
	}
}

// domain is that of the account that calls go out from.
func (m *Model) domain() string { return m.domainOf(m.account) }

func (m *Model) domainOf(account string) string {
	for _, r := range m.registrations {
		if r.Account == account {
			return people.Domain(r.AOR)
		}
	}
	return ""
}

// domains are those of all accounts.
func (m *Model) domains() []string {
	var out []string
	for _, r := range m.registrations {
		out = append(out, people.Domain(r.AOR))
	}
	return out
}

// addressKey is what conversations and lamps know an address by.
func (m *Model) addressKey(uri string) string { return people.Key(uri, m.domain()) }

func (m *Model) lamp(uri string) (people.Watched, bool) { return m.desk.board.Of(m.addressKey(uri)) }

// mailbox is what to dial to hear the account's messages; empty if nobody said.
func (m *Model) mailbox() string {
	if v := m.opts.Voicemail[m.account]; v != "" {
		return v
	}
	return m.desk.mail[m.account].Account
}

// line is what is typed into in a context; nil where there is none.
func (m *Model) line(ctx keys.Context) *pane.Line {
	if ctx == keys.InDial {
		return &m.dial.Line
	}
	if p := m.panel(); p != nil && p.Context() == ctx {
		return p.Line()
	}
	return nil
}

// typed is called when what is typed into has changed.
func (m *Model) typed(ctx keys.Context) {
	if ctx == keys.InDial {
		m.resuggest()
		return
	}
	if ctx == keys.InPrompt {
		m.completePrompt()
		return
	}
	if p := m.panel(); p != nil && p.Context() == ctx {
		p.Typed()
	}
}

// deskFacts are what the bindings beside calls depend on.
func (m *Model) deskFacts() keys.Desk {
	d := &m.desk
	f := keys.Desk{
		Suggestions: len(d.suggest.list) > 0,
		Contacts:    m.opts.Contacts != nil,
		Mailbox:     m.mailbox() != "",
		Ringing:     len(d.board.Ringing()) > 0,
		Unread:      d.inbox.Unread() > 0,
		Missed:      d.past.Missed > 0,
	}
	switch p := m.panel().(type) {
	case *overlay.Contacts:
		e, ok := p.Entry(d.book)
		f.Entry, f.Writable, f.Deletable = ok, ok, ok && e.UID != ""
		if ok {
			_, f.Watched = m.lamp(e.Address.URI)
		}
	case *overlay.History:
		c, ok := p.Call(d.past, d.book)
		f.Entry, f.Deletable = ok, ok
		f.Writable = ok && people.Reachable(c.Remote)
	case *overlay.Devices:
		_, f.Entry = p.Choose()
	case *overlay.Inbox:
		_, f.Entry = p.Selection(&d.inbox, d.book, m.domain())
		f.Writable = f.Entry
	case *overlay.Chat:
		f.Entry, f.Writable, f.Text = true, true, !p.Line().Empty()
	}
	return f
}
