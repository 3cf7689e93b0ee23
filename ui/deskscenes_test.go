package ui

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"offhook/ua"
	"offhook/ua/call"
	"offhook/ua/event"
	"offhook/ui/people"
)

// cards is an address book in memory.
type cards struct {
	all []people.Contact
	err error
}

func (c *cards) Read() (people.Book, error) {
	names := map[string]string{}
	for _, p := range c.all {
		for _, a := range p.Addresses {
			names[people.Key(a.URI, "")] = p.Name
		}
	}
	return people.Book{
		Contacts: slices.Clone(c.all),
		NameOf:   func(uri string) string { return names[people.Key(uri, "")] },
		TargetOf: func(typed string) (string, error) {
			for _, p := range c.all {
				if strings.EqualFold(p.Name, typed) {
					return p.Addresses[0].URI, nil
				}
			}
			return typed, nil
		},
	}, c.err
}

func (c *cards) Save(p people.Contact) error {
	if c.err != nil {
		return c.err
	}
	for i := range c.all {
		if c.all[i].UID == p.UID {
			c.all[i] = p
			return nil
		}
	}
	p.UID = p.Name
	c.all = append(c.all, p)
	return nil
}

func (c *cards) Remove(uid string) error {
	c.all = slices.DeleteFunc(c.all, func(p people.Contact) bool { return p.UID == uid })
	return c.err
}

// ledger is a journal in memory.
type ledger struct {
	past    people.Past
	changed chan struct{}
	looked  int64
	err     error
}

func (l *ledger) Read() (people.Past, error) { return l.past, l.err }
func (l *ledger) Delete(id int64) error      { l.past = l.past.Without(id); return l.err }
func (l *ledger) Look(id int64) error        { l.looked, l.past.Missed = id, 0; return l.err }
func (l *ledger) Changed() <-chan struct{}   { return l.changed }

func friends() *cards {
	return &cards{all: []people.Contact{
		{UID: "1", Name: "Bob Bell", Nickname: "bb", Addresses: []people.Address{{URI: "sip:bob@example.com", Kind: "work"}, {URI: "+15550123", Kind: "cell"}}},
		{UID: "2", Name: "Carol 木村", Organization: "Kimura KK", Addresses: []people.Address{{URI: "sip:carol@example.com"}}},
		{UID: "3", Name: "Dave", Addresses: []people.Address{{URI: "102"}}},
	}}
}

func yesterday() *ledger {
	at := start.Add(-20 * time.Hour)
	return &ledger{changed: make(chan struct{}, 1), past: people.Past{Missed: 1, Calls: []people.Call{
		{ID: 5, Account: "alice", Incoming: true, Outcome: people.Missed, Remote: "sip:bob@example.com", Name: "bobby", Started: start.Add(-time.Hour)},
		{ID: 4, Account: "alice", Incoming: true, Outcome: people.Elsewhere, Remote: "sip:+15550100@example.net", Started: at},
		{ID: 3, Account: "alice", Outcome: people.Talked, Talked: 83 * time.Second, Remote: "sip:carol@example.com", Started: at},
		{ID: 2, Account: "alice", Outcome: people.Refused, Code: 486, Remote: "sip:erin@example.org", Name: "Erin", Started: at},
		{ID: 1, Account: "old", Outcome: people.Failed, Remote: "sip:frank@example.org", Started: at.AddDate(-1, 0, 0)},
	}}}
}

// run does what the model asked for, and hands it what comes of it. Commands that wait
// for what a test doesn't bring must not be among them.
func (b *bench) run(cmds ...tea.Cmd) {
	for _, cmd := range cmds {
		if cmd == nil {
			continue
		}
		switch msg := cmd().(type) {
		case nil:
		case tea.BatchMsg:
			b.run(msg...)
		default:
			_, _ = b.deskMsg(msg)
		}
	}
}

// act presses a key and does what it asks for.
func (b *bench) act(name string) {
	k, ok := named[name]
	if !ok {
		b.t.Fatalf("no key %q", name)
	}
	b.run(b.Model.key(k))
}

// office is a phone with contacts, calls that were, lamps, a mailbox and texts.
func office(t testing.TB, o Options) *bench {
	if o.Contacts == nil {
		o.Contacts = friends()
	}
	if o.Journal == nil {
		o.Journal = yesterday()
	}
	o.Voicemail = map[string]string{"alice": "*97"}
	b := newBench(t, o, alice(ua.Registered))
	b.run(b.readBook(), b.readPast())
	b.lamp(1, "sip:carol@example.com", event.DialogEarly)
	b.lamp(2, "sip:102@example.com", event.DialogConfirmed)
	b.lamp(3, "sip:erin@example.com", event.DialogTerminated)
	b.presence(4, "sip:bob@example.com", event.PresenceInfo{Status: event.Open, Activities: []string{"away"}, Note: "at lunch"})
	b.phone.Post(ua.SubscriptionChanged{Meta: b.phone.Meta(), Notified: true, Subscription: ua.SubscriptionInfo{
		Account: "alice", Target: "sip:alice@example.com", Event: event.MessageSummary, Phase: event.Active,
		Info: event.VoicemailInfo{Waiting: true, New: 2, Old: 1},
	}})
	b.drain()
	b.text("sip:carol@example.com", "", "Shall we say twelve?")
	b.status = status{}
	return b
}

// lamp makes a watched phone show a call in a state; terminated for none.
func (b *bench) lamp(id ua.SubscriptionID, uri string, state event.DialogState) {
	info := event.DialogInfo{Entity: uri, Dialogs: []event.Dialog{{ID: "1", Direction: event.Recipient, State: state}}}
	if state == event.DialogTerminated {
		info.Dialogs = nil
	}
	b.subscription(ua.SubscriptionInfo{ID: id, Account: "alice", Target: uri, Event: event.Dialogs, Phase: event.Active, Info: info})
}

func (b *bench) presence(id ua.SubscriptionID, uri string, info event.PresenceInfo) {
	b.subscription(ua.SubscriptionInfo{ID: id, Account: "alice", Target: uri, Event: event.Presence, Phase: event.Active, Info: info})
}

func (b *bench) subscription(s ua.SubscriptionInfo) {
	b.phone.Post(ua.SubscriptionChanged{Meta: b.phone.Meta(), Subscription: s, Notified: true})
	b.drain()
}

func (b *bench) text(from, name, text string) {
	b.phone.Post(ua.MessageReceived{Meta: b.phone.Meta(), Message: ua.MessageInfo{Account: "alice", From: from, FromName: name, Text: text}})
	b.drain()
}

func (b *bench) result(id ua.MessageID, code int, err error) {
	b.phone.Post(ua.MessageSent{Meta: b.phone.Meta(), Result: ua.MessageResult{ID: id, Code: code, Err: err}})
	b.drain()
}

func chat(t testing.TB, o Options) *bench {
	b := office(t, o)
	b.act("f8")
	b.press("enter")
	b.press("Twelve is fine.", "enter")
	b.result(1, 200, nil)
	b.after(time.Minute)
	b.press("Or one?", "enter")
	b.result(2, 480, errors.New("they can’t be reached just now (480 Temporarily Unavailable)"))
	b.text("sip:carol@example.com", "", "Twelve then: 正午に、いつもの所で。 See you at the corner table by the window, I shall bring the plans with me.")
	b.press("Till th")
	return b
}

var deskScenes = []scene{
	{"office", office},
	{"contacts", func(t testing.TB, o Options) *bench { b := office(t, o); b.act("f6"); return b }},
	{"contacts-search", func(t testing.TB, o Options) *bench {
		b := office(t, o)
		b.act("f6")
		b.press("kim", "ctrl+d")
		return b
	}},
	{"contacts-none", func(t testing.TB, o Options) *bench {
		o.Contacts = &cards{}
		b := office(t, o)
		b.act("f6")
		return b
	}},
	{"contact-form", func(t testing.TB, o Options) *bench {
		b := office(t, o)
		b.act("f6")
		b.press("ctrl+e", "tab")
		return b
	}},
	{"history", func(t testing.TB, o Options) *bench { b := office(t, o); b.act("f7"); b.press("down"); return b }},
	{"messages", func(t testing.TB, o Options) *bench {
		b := office(t, o)
		b.text("sip:zoe@example.net", "Zoë", "👋 are you there?")
		b.text("sip:zoe@example.net", "Zoë", "Hello?")
		b.act("f8")
		return b
	}},
	{"chat", chat},
	{"presence", func(t testing.TB, o Options) *bench {
		b := office(t, o)
		b.phone.Post(ua.PresencePublished{Meta: b.phone.Meta(), Publication: ua.PublicationInfo{
			Account: "alice", Phase: event.Active, Status: event.Closed, Note: "at lunch",
		}})
		b.drain()
		b.act("alt+p")
		return b
	}},
	{"suggestions", func(t testing.TB, o Options) *bench { b := office(t, o); b.press("o", "down", "down"); return b }},
	{"contact-calls", func(t testing.TB, o Options) *bench {
		b := office(t, o)
		in := incoming(1, "Trust me", "sip:bob@example.com")
		b.set(in)
		b.after(3 * time.Second)
		b.tickNow()
		return b
	}},
	{"message-comes", func(t testing.TB, o Options) *bench {
		b := office(t, o)
		c := talking(1, "", "sip:dave@example.com")
		b.set(c)
		b.text("sip:bob@example.com", "", "Call me back?")
		return b
	}},
	{"watched-rings", func(t testing.TB, o Options) *bench {
		b := office(t, o)
		b.lamp(1, "sip:carol@example.com", event.DialogTerminated)
		b.lamp(1, "sip:carol@example.com", event.DialogEarly)
		b.set(outgoing(1, call.Early))
		return b
	}},
}
