package ui

import (
	"fmt"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"offhook/ua"
	"offhook/ua/call"
	"offhook/ui/keys"
	"offhook/ui/overlay"
	"offhook/ui/pane"
	"offhook/ui/words"
)

// do carries out what an enabled binding asks for.
func (m *Model) do(a keys.Action, key string) tea.Cmd {
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
		if m.form != nil && m.form.Next() {
			return m.save()
		}
	case keys.PreviousField:
		if m.form != nil {
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
	case keys.Confirm:
		return tea.Quit
	case keys.Cancel:
		m.quitting = false
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
	target := m.dial.Take()
	if target == "" {
		return
	}
	m.status = status{}
	m.selected = m.phone.Dial(ua.DialRequest{Account: m.account, Target: target})
	if m.selected == 0 { // refused at once; an event says why
		m.selectOther()
		return
	}
	m.focus = keys.InCalls
	if m.call(m.selected) == nil {
		// The Agent's first event is on its way; until then the call is known by what was typed.
		m.calls = append(m.calls, &pane.Call{Levels: pane.Silence(), Info: ua.CallInfo{
			ID: m.selected, Account: m.account, RemoteURI: target, Created: m.now,
		}})
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

func (m *Model) edit(a keys.Action) {
	d := m.dial
	switch a {
	case keys.Older:
		d.Older()
	case keys.Newer:
		d.Newer()
	case keys.ClearLine:
		d.Clear()
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

// decide answers or refuses: the call of the overlay, or the selected one.
func (m *Model) decide(a keys.Action) tea.Cmd {
	c := m.current()
	if r := m.call(m.ringing); r != nil && m.context() == keys.InIncoming {
		c = r
	}
	if c == nil {
		return nil
	}
	id := c.Info.ID
	switch a {
	case keys.Answer:
		if c.Info.State != call.Incoming {
			m.takeUp(c)
			break
		}
		c.Choice = pane.Taken
		m.selected, m.focus, m.keypad, m.reader = id, keys.InCalls, nil, nil
		m.phone.Answer(id)
	case keys.Reject:
		c.Choice = pane.Refused
		m.phone.Reject(id, 486, "")
	case keys.Decline:
		c.Choice = pane.Refused
		m.phone.Reject(id, 603, "")
	case keys.Ignore:
		c.Choice = pane.Ignored
	default:
	}
	return m.nextRinging()
}

// takeUp gives a call the audio: when another call has it, that one goes on hold.
func (m *Model) takeUp(c *pane.Call) {
	for _, o := range m.calls {
		if o != c && o.Info.Focus && o.Info.State == call.Confirmed && !o.Info.Hold.Desired {
			m.phone.Focus(c.Info.ID)
			return
		}
	}
	if !c.Info.Focus {
		m.phone.Focus(c.Info.ID)
		return
	}
	m.phone.Resume(c.Info.ID)
}

// inCall carries out a command on the selected call.
func (m *Model) inCall(a keys.Action, key string) {
	c := m.current()
	if c == nil {
		return
	}
	id := c.Info.ID
	switch a {
	case keys.Hangup:
		m.phone.Hangup(id)
		if len(m.calls) == 1 && m.focus == keys.InCalls {
			m.focus = keys.InDial // ready for the next number at once
		}
		m.keypad = nil
	case keys.Hold:
		if c.Info.Hold.Desired {
			m.takeUp(c)
		} else {
			m.phone.Hold(id)
		}
	case keys.Mute:
		m.phone.Mute(id, !c.Info.Muted)
	case keys.Swap:
		m.swap(c)
	case keys.Record:
		m.record(c)
	case keys.Keypad:
		m.keypad = &keypad{call: id}
	case keys.SendDigit:
		m.sendDigits(c, strings.ToUpper(key))
	default:
	}
}

// swap gives the audio to the other call: from the one that has it to the
// selected one, or, when that is the same, to the next that is up.
func (m *Model) swap(c *pane.Call) {
	if c.Info.State == call.Confirmed && (!c.Info.Focus || c.Info.Hold.Desired) {
		m.takeUp(c)
		return
	}
	for _, o := range m.calls {
		if o == c {
			continue
		}
		switch o.Info.State {
		case call.Confirmed:
			m.selected = o.Info.ID
			m.phone.Focus(o.Info.ID)
			return
		case call.Incoming:
			o.Choice = pane.Taken
			m.selected = o.Info.ID
			m.phone.Answer(o.Info.ID)
			return
		case call.Idle, call.Calling, call.Early, call.Answering, call.Closing, call.Ended:
		}
	}
	m.hint("The other call isn’t up yet")
}

func (m *Model) record(c *pane.Call) {
	if c.Info.Recording != "" {
		m.phone.StopRecord(c.Info.ID)
		m.note(pane.Info, "Recorded to "+c.Info.Recording)
		return
	}
	path := m.opts.RecordPath(c.Info, m.now)
	m.phone.Record(c.Info.ID, path)
	m.say(pane.Info, "Recording to "+path)
}

// recordPath names a recording by date, time and party, with nothing in it that a
// shell or a file system would mind.
func recordPath(c ua.CallInfo, now time.Time) string {
	who := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '.' || r == '_' || r == '-' {
			return r
		}
		if r == '@' {
			return '_'
		}
		return -1
	}, strings.ToLower(words.Address(c.RemoteURI)))
	who = strings.Trim(who[:min(len(who), 40)], ".-_")
	if who == "" {
		who = "call"
	}
	return fmt.Sprintf("offhook-%s-%s.wav", now.Format("20060102-150405"), who)
}

func (m *Model) sendDigits(c *pane.Call, digits string) {
	c.Digits.Add(digits)
	if m.keypad != nil {
		m.keypad.pressed = digits[len(digits)-1]
	}
	m.phone.SendDTMF(c.Info.ID, digits)
}

func (m *Model) scroll(a keys.Action) {
	type scroller interface {
		Move(int)
		MovePage(int)
		First()
		Last()
	}
	var s scroller = m.log
	if m.reader != nil {
		s = m.reader
	}
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
	case m.focus == keys.InDial && len(m.calls) > 0:
		m.focus = keys.InCalls
	case m.focus != keys.InLog && m.logVisible():
		m.focus = keys.InLog
	default:
		m.focus = keys.InDial
	}
}
