package ui

import (
	"offhook/ua"
	"offhook/ua/event"
	"offhook/ui/keys"
	"offhook/ui/overlay"
	"offhook/ui/pane"
	"offhook/ui/people"
	"offhook/ui/words"
)

// chatWith opens the conversation with an address, over what is open.
func (m *Model) chatWith(address, account string) {
	target, err := m.desk.book.Target(address)
	if err != nil {
		m.say(pane.Failure, err.Error())
		return
	}
	key := people.Key(target, m.domainOf(account))
	c := m.desk.chats[key]
	if c == nil {
		c = &overlay.Chat{Key: key, Address: target}
		m.desk.chats[key] = c
	}
	c.Account = account
	c.Last()
	m.openOver(c)
	m.seen(c)
}

// seen takes a conversation's texts for read.
func (m *Model) seen(c *overlay.Chat) {
	if conversation := m.desk.inbox.Find(c.Key); conversation != nil {
		conversation.Unread = 0
	}
}

// sendText sends what was written in the open conversation, or publishes what was chosen.
func (m *Model) sendText() {
	switch p := m.panel().(type) {
	case *overlay.Chat:
		text := p.Take()
		if text == "" {
			return
		}
		id := m.phone.Message(ua.MessageRequest{Account: p.Account, Target: p.Address, Text: text})
		m.desk.inbox.Sent(id, p.Key, p.Address, p.Account, text, m.now)
	case *overlay.Presence:
		status, note := p.Value()
		m.phone.Publish(ua.PublishRequest{Account: p.Account, Status: status, Note: note})
		m.closePanel()
	}
}

// received takes a text that came, and says so unless it can be read already.
func (m *Model) received(info ua.MessageInfo) {
	c := m.desk.inbox.Received(info, m.now)
	who := c.Party(m.desk.book)
	if chat, open := m.panel().(*overlay.Chat); open && chat.Key == c.Key {
		m.seen(chat)
		m.log.Notice(m.now, pane.Info, "Message from "+who)
		return
	}
	m.log.Notice(m.now, pane.Info, "Message from "+who)
	text := who + " writes: " + info.Text
	if b, ok := keys.Lookup(keys.Anywhere, "f8"); ok {
		text += " (" + b.Shown + " " + b.Hint + ")"
	}
	m.say(pane.Info, text)
}

// delivered takes what became of a text of ours.
func (m *Model) delivered(r ua.MessageResult) {
	c, ok := m.desk.inbox.Result(r)
	if !ok || r.Err == nil {
		return
	}
	text := "The message to " + c.Party(m.desk.book) + " wasn’t delivered: " + r.Err.Error()
	if chat, open := m.panel().(*overlay.Chat); open && chat.Key == c.Key {
		m.log.Notice(m.now, pane.Failure, text)
		return
	}
	m.note(pane.Failure, text)
}

// told takes what a subscription told: a lamp, or a mailbox.
func (m *Model) told(e ua.SubscriptionChanged) {
	s := e.Subscription
	rang := m.desk.board.Ringing()
	m.desk.board.Set(s)
	for _, w := range m.desk.board.Ringing() {
		if !contains(rang, w) {
			text := m.nameOf(w.URI) + "’s phone rings"
			if b, ok := keys.Lookup(keys.Anywhere, "alt+u"); ok {
				text += ": " + b.Shown + " picks the call up"
			}
			m.note(pane.Info, text)
		}
	}
	if v, ok := s.Info.(event.VoicemailInfo); ok {
		was := m.desk.mail[s.Account]
		m.desk.mail[s.Account] = v
		if v.New > was.New || v.Waiting && !was.Waiting {
			m.note(pane.Info, "Mailbox of "+s.Account+": "+words.Mailbox(v, false))
		}
	}
}

func contains(all []people.Watched, w people.Watched) bool {
	for _, o := range all {
		if o.URI == w.URI {
			return true
		}
	}
	return false
}
