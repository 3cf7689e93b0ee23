package people

import (
	"slices"
	"strings"
	"time"

	"offhook/ua"
)

// Delivery is what became of a message of ours.
type Delivery uint8

const (
	Received Delivery = iota // theirs
	Sending
	Delivered
	Stored // kept by a server, to be delivered later
	Undelivered
)

// Message is one text of a conversation.
type Message struct {
	At       time.Time
	Text     string
	Delivery Delivery
	Why      string // it wasn't delivered
	id       ua.MessageID
}

// Conversation is all texts with one party.
type Conversation struct {
	Key     string // of the address
	Address string // where to write to
	Name    string // that the party gives itself
	Account string // that it was written to last
	Unread  int

	Messages []Message // oldest first
}

const (
	maxConversations = 200
	maxMessages      = 500
)

// Inbox are the conversations of a run. The zero value is empty.
type Inbox struct {
	all []*Conversation // newest first
}

// All are the conversations, that with the newest text first.
func (b *Inbox) All() []*Conversation { return b.all }

// Find gives the conversation with an address; nil when there is none.
func (b *Inbox) Find(key string) *Conversation {
	for _, c := range b.all {
		if c.Key == key {
			return c
		}
	}
	return nil
}

// Unread counts what came and wasn't seen.
func (b *Inbox) Unread() int {
	n := 0
	for _, c := range b.all {
		n += c.Unread
	}
	return n
}

// Received adds a text that came; it is unread.
func (b *Inbox) Received(m ua.MessageInfo, at time.Time) *Conversation {
	c := b.conversation(Key(m.From, ""), m.From, m.Account)
	if m.FromName != "" {
		c.Name = m.FromName
	}
	c.add(Message{At: at, Text: m.Text})
	c.Unread++
	return c
}

// Sent adds a text of ours that is on its way.
func (b *Inbox) Sent(id ua.MessageID, key, address, account, text string, at time.Time) *Conversation {
	c := b.conversation(key, address, account)
	c.add(Message{At: at, Text: text, Delivery: Sending, id: id})
	return c
}

// Result tells what became of a text of ours; false when it isn't known here.
func (b *Inbox) Result(r ua.MessageResult) (*Conversation, bool) {
	for _, c := range b.all {
		for i := range c.Messages {
			m := &c.Messages[i]
			if m.id != r.ID || m.Delivery != Sending {
				continue
			}
			switch {
			case r.Err != nil:
				m.Delivery, m.Why = Undelivered, r.Err.Error()
			case r.Stored():
				m.Delivery = Stored
			default:
				m.Delivery = Delivered
			}
			return c, true
		}
	}
	return nil, false
}

// conversation finds or makes one, and puts it first.
func (b *Inbox) conversation(key, address, account string) *Conversation {
	c := b.Find(key)
	if c == nil {
		c = &Conversation{Key: key, Address: address}
	}
	c.Account = account
	b.all = slices.DeleteFunc(b.all, func(o *Conversation) bool { return o == c })
	b.all = slices.Insert(b.all, 0, c)
	if len(b.all) > maxConversations {
		b.all = b.all[:maxConversations]
	}
	return c
}

func (c *Conversation) add(m Message) {
	c.Messages = append(c.Messages, m)
	if n := len(c.Messages) - maxMessages; n > 0 {
		c.Messages = slices.Clone(c.Messages[n:])
	}
}

// Party is the name to show: the contact's, the one that was given, the address.
func (c *Conversation) Party(book Book) string {
	if n := book.Name(c.Address); n != "" {
		return n
	}
	if n := strings.TrimSpace(c.Name); n != "" {
		return n
	}
	return c.Key
}
