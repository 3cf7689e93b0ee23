package ui

import (
	"fmt"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"offhook/ua"
	"offhook/ua/call"
	"offhook/ui/keys"
	"offhook/ui/pane"
	"offhook/ui/words"
)

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
		m.selected, m.focus, m.keypad, m.reader, m.desk.panels = id, keys.InCalls, nil, nil, nil
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
	return m.nextQuestion()
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

// record starts a recording, or ends it: of the call, or of all of its conference.
// RecordingChanged tells the file.
func (m *Model) record(c *pane.Call) {
	id, all := c.Info.ID, c.Info.Conference
	switch {
	case all && m.confRecording != "":
		m.phone.StopRecordConference()
	case c.Info.Recording != "":
		m.phone.StopRecord(id)
	case all:
		m.phone.RecordConference(m.recordPath(ua.CallInfo{RemoteURI: "conference"}))
	default:
		m.phone.Record(id, m.recordPath(c.Info))
	}
}

// recordPath is the file for a recording of a call; its extension tells the format.
func (m *Model) recordPath(c ua.CallInfo) string {
	if m.opts.RecordPath != nil {
		return m.opts.RecordPath(c, m.now)
	}
	ext := m.opts.RecordFormat
	if ext == "" {
		ext = ".wav"
	}
	return recordName(c, m.now) + ext
}

// recordName names a recording by date, time and party, with nothing in it that a
// shell or a file system would mind.
func recordName(c ua.CallInfo, now time.Time) string {
	who := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '.' || r == '_' || r == '-' {
			return r
		}
		switch r {
		case '@':
			return '_'
		case ':': // a port isn't the end of an address
			return '-'
		}
		return -1
	}, strings.ToLower(words.Address(c.RemoteURI)))
	who = strings.Trim(who[:min(len(who), 40)], ".-_")
	if who == "" {
		who = "call"
	}
	return fmt.Sprintf("offhook-%s-%s", now.Format("20060102-150405"), who)
}

func (m *Model) sendDigits(c *pane.Call, digits string) {
	c.Digits.Add(digits)
	if m.keypad != nil {
		m.keypad.pressed = digits[len(digits)-1]
	}
	m.phone.SendDTMF(c.Info.ID, digits)
}
