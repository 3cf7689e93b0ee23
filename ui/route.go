package ui

import (
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"offhook/ua/call"
	"offhook/ui/keys"
	"offhook/ui/words"
)

// context says who has the keys.
func (m *Model) context() keys.Context {
	switch {
	case m.quitting:
		return keys.InQuit
	case m.ringing != 0 && m.prompt != nil && m.prompt.call == m.ringing:
		return m.below() // the answer to it is being typed
	case m.ringing != 0:
		return keys.InIncoming
	case m.asking != 0:
		return keys.InConsent
	}
	return m.below()
}

// below is who has the keys when no call asks for anything.
func (m *Model) below() keys.Context {
	switch {
	case m.form != nil:
		return keys.InForm
	case m.reader != nil:
		return keys.InReader
	case m.policyForm != nil:
		return keys.InPolicy
	case m.prompt != nil:
		return keys.InPrompt
	case m.keypad != nil:
		return keys.InKeypad
	}
	if p := m.panel(); p != nil {
		return p.Context()
	}
	return m.focus
}

// facts are what the bindings depend on.
func (m *Model) facts() keys.Facts {
	f := keys.Facts{
		Live:     len(m.calls),
		Accounts: len(m.registrations),
		LineText: strings.TrimSpace(m.dial.Text()) != "",
		History:  m.dial.HasHistory(),
		CanAdd:   m.opts.SaveAccount != nil,
		InCalls:  m.focus == keys.InCalls,
		LogOpen:  m.logVisible(),
		LogLines: !m.log.Empty(),
		Sound:    m.opts.Sound != nil,
		Desk:     m.deskFacts(),
	}
	if c := m.current(); c != nil {
		f.Call, f.State, f.Hold, f.Focus = true, c.Info.State, c.Info.Hold, c.Info.Focus
		f.Muted, f.Recording = c.Info.Muted, c.Info.Recording != "" || c.Info.Conference && m.confRecording != ""
	}
	m.callFacts(&f)
	return f
}

// key routes what the keyboard sent. A terminal hands over what was typed fast in
// one message: each character is a key of its own, unless it is text anyway.
func (m *Model) key(msg tea.KeyMsg) tea.Cmd {
	if m.status.brief {
		m.status = status{}
	}
	if msg.Paste {
		return m.paste(msg)
	}
	if msg.Type != tea.KeyRunes || len(msg.Runes) < 2 {
		return m.press(msg)
	}
	var cmds []tea.Cmd
	for _, r := range msg.Runes {
		cmds = append(cmds, m.press(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}, Alt: msg.Alt}))
	}
	return tea.Sequence(cmds...)
}

// press handles one key.
func (m *Model) press(msg tea.KeyMsg) tea.Cmd {
	ctx := m.context()
	if !m.takes(ctx) {
		ctx = m.below()
	}
	name := msg.String()
	b, bound := keys.Find(ctx, name, m.facts())
	if (ctx == keys.InIncoming || ctx == keys.InConsent) && !bound {
		// The call that is up goes on behind the question, and so do its digits.
		if d, ok := keys.Lookup(m.below(), name); ok && d.Action == keys.SendDigit {
			b, bound = d, true
		}
	}
	switch {
	case ctx == keys.InForm && !bound:
		m.form.Type(msg)
		return nil
	case m.now.Before(m.deaf) && b.Action != keys.Quit:
		return nil
	case bound:
		why := b.Disabled(m.facts())
		if why == "" {
			return m.do(b.Action, name)
		}
		if m.line(ctx) != nil && printable(msg) {
			break
		}
		if !b.Quiet {
			m.hint(words.Sentence(why))
		}
		return nil
	}
	switch {
	case (ctx == keys.InPrompt || ctx == keys.InPolicy) && printable(msg):
		m.typeInto(ctx, string(msg.Runes))
	case m.line(ctx) != nil && printable(msg):
		m.line(ctx).Insert(string(msg.Runes))
		m.typed(ctx)
	case ctx == keys.InCalls && printable(msg):
		m.hint("Press n to dial, ? for all keys")
	}
	return nil
}

// paste takes pasted text: into the dial line as it is, into a call as digits when
// it is nothing else. It never is a command.
func (m *Model) paste(msg tea.KeyMsg) tea.Cmd {
	text := string(msg.Runes)
	ctx := m.context()
	if ctx == keys.InIncoming || ctx == keys.InConsent {
		ctx = m.below()
	}
	switch ctx {
	case keys.InPrompt, keys.InPolicy:
		m.typeInto(ctx, text)
	case keys.InForm:
		m.form.Type(msg)
	case keys.InDial, keys.InContacts, keys.InHistory, keys.InMessages, keys.InChat, keys.InCard, keys.InPresence, keys.InDevices:
		if l := m.line(ctx); l != nil {
			l.Insert(text)
			m.typed(ctx)
		}
	case keys.InCalls, keys.InKeypad:
		digits := strings.NewReplacer(" ", "", "-", "", "\r", "", "\n", "", "\t", "").Replace(text)
		c := m.current()
		switch {
		case digits == "" || strings.Trim(digits, "0123456789*#") != "" || len(digits) > maxPaste:
			m.hint("Only digits can be pasted into a call")
		case c == nil || c.Info.State != call.Confirmed:
			m.hint(words.Sentence(keys.NeedTalking.Reason()))
		default:
			m.sendDigits(c, digits)
		}
	case keys.Anywhere, keys.InLog, keys.InIncoming, keys.InConsent, keys.InReader, keys.InQuit:
	}
	return nil
}

// maxPaste is the most digits that one paste sends: more is a mistake.
const maxPaste = 64

// printable reports a key that is text.
func printable(msg tea.KeyMsg) bool {
	return (msg.Type == tea.KeyRunes || msg.Type == tea.KeySpace) && !msg.Alt && len(msg.Runes) > 0
}
