package ui

import (
	tea "github.com/charmbracelet/bubbletea"

	"offhook/ua"
	"offhook/ui/keys"
	"offhook/ui/overlay"
	"offhook/ui/pane"
	"offhook/ui/words"
)

// do carries out what an enabled binding asks for.
func (m *Model) do(a keys.Action, key string) tea.Cmd {
	if p, ok := m.panel().(interface{ Spare() }); ok && a != keys.DeleteEntry {
		p.Spare()
	}
	switch a {
	case keys.Quit:
		return m.quit()
	case keys.Help:
		m.reader = overlay.Help(m.theme, m.context(), m.facts)
	case keys.ToggleLog:
		m.toggleLog()
	case keys.SwitchFocus:
		m.switchFocus()
	case keys.Reregister:
		m.phone.Register(m.account)
		m.hint("Registering " + m.account + " again…")
	case keys.NextAccount:
		m.nextAccount()
	case keys.AddAccount:
		m.form = overlay.NewForm(m.theme, false)
	case keys.NextField:
		if card, ok := m.panel().(*overlay.Card); ok && m.form == nil {
			if card.Next() {
				return m.saveCard(card)
			}
			return nil
		}
		if m.form != nil && m.form.Next() {
			return m.save()
		}
	case keys.PreviousField:
		if card, ok := m.panel().(*overlay.Card); ok && m.form == nil {
			card.Previous()
		} else if m.form != nil {
			m.form.Previous()
		}
	case keys.SkipForm:
		m.form = nil
		if len(m.registrations) == 0 {
			m.say(pane.Info, "No account: dial an address such as bob@example.com, or try `offhook demo`")
		}
	case keys.Dial:
		m.placeCall()
	case keys.NewCall:
		m.focus = keys.InDial
	case keys.Older, keys.Newer, keys.ClearLine, keys.CharLeft, keys.CharRight, keys.LineStart, keys.LineEnd,
		keys.DeleteLeft, keys.DeleteRight, keys.DeleteWord, keys.DeleteToStart, keys.DeleteToEnd:
		m.edit(a)
	case keys.PreviousCall:
		m.selectBy(-1)
	case keys.NextCall:
		m.selectBy(1)
	case keys.Answer, keys.Reject, keys.Decline, keys.Ignore:
		return m.decide(a)
	case keys.Hangup, keys.Hold, keys.Mute, keys.Swap, keys.Record, keys.Keypad, keys.SendDigit:
		m.inCall(a, key)
	case keys.LineUp, keys.LineDown, keys.PageUp, keys.PageDown, keys.First, keys.Last:
		m.scroll(a)
	case keys.Open:
		if title, lines, ok := m.log.Selected(); ok {
			m.reader = overlay.Message(m.theme, title, lines)
		}
	case keys.Close:
		if m.reader != nil {
			m.reader = nil
		} else {
			m.keypad = nil
		}
	case keys.Complete, keys.Contacts, keys.History, keys.Messages, keys.CallVoicemail, keys.EditPresence, keys.PickupLamp, keys.WriteTo,
		keys.AddContact, keys.CallEntry, keys.EditEntry, keys.DeleteEntry, keys.WatchEntry, keys.OpenChat, keys.SendText, keys.ClosePanel:
		return m.atDesk(a)
	case keys.Devices:
		return m.openDevices()
	case keys.TakeDevice:
		return m.takeDevice()
	case keys.Confirm:
		return tea.Quit
	case keys.Cancel:
		m.quitting = false
	case keys.Transfer, keys.Park, keys.Conference, keys.Split, keys.HangupAll, keys.CallDetails, keys.SendOn, keys.RejectWith,
		keys.Pickup, keys.Retrieve, keys.ToggleDND, keys.EditPolicy, keys.AccountDetails, keys.Submit, keys.AskFirst,
		keys.ChoiceUp, keys.ChoiceDown, keys.CloseBox, keys.Toggle, keys.Agree, keys.Refuse:
		return m.withCalls(a)
	case keys.None:
	}
	return nil
}

func (m *Model) quit() tea.Cmd {
	if len(m.calls) > 0 {
		m.quitting = true
		return nil
	}
	return tea.Quit
}

func (m *Model) placeCall() {
	target, err := m.toDial()
	if err != nil {
		m.say(pane.Failure, words.Sentence(err.Error()))
		return
	}
	if m.desk.suggest.at != none {
		m.dial.Set(dialText(target))
	}
	m.nothingToSuggest()
	if m.dial.Take() == "" {
		return
	}
	m.calling(m.phone.Dial(ua.DialRequest{Account: m.account, Target: target}), m.account, target)
}

// calling shows the call that was begun.
func (m *Model) calling(id ua.CallID, account, target string) {
	m.status = status{}
	if id != 0 { // else an event says why
		m.placed(id, account, target)
	}
}

func (m *Model) nextAccount() {
	for i, r := range m.registrations {
		if r.Account == m.account {
			m.account = m.registrations[(i+1)%len(m.registrations)].Account
			break
		}
	}
	m.hint("Calls go out from " + m.account)
}

// edit changes the dial line, or the line of whatever has the keys.
func (m *Model) edit(a keys.Action) {
	switch a {
	case keys.Older:
		if !m.choose(-1) {
			m.dial.Older()
			m.nothingToSuggest()
		}
		return
	case keys.Newer:
		if !m.choose(1) {
			m.dial.Newer()
		}
		return
	case keys.ClearLine:
		m.dial.Clear()
		m.nothingToSuggest()
		return
	default:
	}
	d := m.boxLine()
	if d == nil {
		return
	}
	before := d.Text()
	switch a {
	case keys.CharLeft:
		d.Move(-1)
	case keys.CharRight:
		d.Move(1)
	case keys.LineStart:
		d.Start()
	case keys.LineEnd:
		d.End()
	case keys.DeleteLeft:
		d.DeleteLeft()
	case keys.DeleteRight:
		d.DeleteRight()
	case keys.DeleteWord:
		d.DeleteWord()
	case keys.DeleteToStart:
		d.DeleteToStart()
	case keys.DeleteToEnd:
		d.DeleteToEnd()
	default:
	}
	if d.Text() != before {
		m.typed(m.below())
	}
}

// selectBy moves the selection in the list; it stops at the ends.
func (m *Model) selectBy(n int) {
	for i, c := range m.calls {
		if c.Info.ID == m.selected {
			m.selected = m.calls[min(max(i+n, 0), len(m.calls)-1)].Info.ID
			return
		}
	}
	m.selectOther()
}

func (m *Model) scroll(a keys.Action) {
	s := m.scroller()
	switch a {
	case keys.LineUp:
		s.Move(-1)
	case keys.LineDown:
		s.Move(1)
	case keys.PageUp:
		s.MovePage(-1)
	case keys.PageDown:
		s.MovePage(1)
	case keys.First:
		s.First()
	case keys.Last:
		s.Last()
	default:
	}
}

func (m *Model) toggleLog() {
	if m.logVisible() {
		m.logShown = shownNo
	} else {
		m.logShown = shownYes
	}
}

// switchFocus goes round: dial line, calls, log, leaving out what isn't there.
func (m *Model) switchFocus() {
	switch {
	case m.panel() != nil:
	case m.focus == keys.InDial && len(m.calls) > 0:
		m.focus = keys.InCalls
	case m.focus != keys.InLog && m.logVisible():
		m.focus = keys.InLog
	default:
		m.focus = keys.InDial
	}
}
