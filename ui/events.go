package ui

import (
	"fmt"
	"slices"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"offhook/ua"
	"offhook/ua/call"
	"offhook/ui/keys"
	"offhook/ui/pane"
	"offhook/ui/words"
)

// afterEnd is how long keys are dropped when the other side ended the last call:
// a digit or command in flight mustn't land in the dial line.
const afterEnd = 400 * time.Millisecond

// maxRecent is how many ended calls are known, to tell late events from new calls.
const maxRecent = 50

// maxHeard is how many of the peer's digits are kept.
const maxHeard = 32

// event takes one fact from the Phone.
func (m *Model) event(e ua.Event) tea.Cmd {
	switch e := e.(type) {
	case ua.RegistrationChanged:
		m.registrationChanged(e.Registration)
	case ua.ServerUnverified:
		m.unverified(e)
	case ua.CallChanged:
		return m.callChanged(e.Call)
	case ua.DigitReceived:
		cmd := m.callChanged(e.Call)
		if c := m.call(e.Call.ID); c != nil {
			c.Heard += pane.Digit(e.Digit)
			c.Heard = c.Heard[max(len(c.Heard)-maxHeard, 0):]
		}
		m.log.Notice(m.now, pane.Info, words.Party(m.named(e.Call))+" pressed "+pane.Digit(e.Digit))
		return cmd
	case ua.DigitSent:
		cmd := m.callChanged(e.Call)
		if c := m.call(e.Call.ID); c != nil {
			c.Digits.Confirm(e.Digit)
		}
		return cmd
	case ua.MediaChanged:
		m.media(e)
		return m.callChanged(e.Call)
	case ua.AudioDeviceChanged:
		return m.deviceChanged(e)
	case ua.MediaWarned:
		m.mediaWarned(e)
	case ua.SecurityChanged:
		cmd := m.callChanged(e.Call)
		m.securityChanged(e)
		return cmd
	case ua.NetworkChanged:
		m.networkChanged(e)
	case ua.KeepAliveLearnt:
		m.log.Notice(m.now, pane.Info, words.KeptAlive(e))
	case ua.ICEChanged:
		cmd := m.callChanged(e.Call)
		m.wayChanged(e.Call)
		return cmd
	case ua.RecordingChanged:
		m.recordingChanged(e)
	case ua.TransferChanged, ua.PolicyChanged, ua.CallRefused, ua.Redirected:
		return m.callEvent(e)
	case ua.OptionsAnswered:
		m.options(e.Result)
	case ua.MessageReceived:
		m.received(e.Message)
	case ua.MessageSent:
		m.delivered(e.Result)
	case ua.SubscriptionChanged:
		m.told(e)
	case ua.PresencePublished:
		m.desk.published[e.Publication.Account] = e.Publication
	case ua.CommandFailed:
		m.commandFailed(e)
		if e.Command == "audio devices" {
			return m.devicesRefused(m.status.text)
		}
	}
	return nil
}

func (m *Model) registrationChanged(r ua.Registration) {
	was := ua.Registration{State: ua.Unregistered}
	known := false
	for i := range m.registrations {
		if m.registrations[i].Account == r.Account {
			was, known = m.registrations[i], true
			m.registrations[i] = r
		}
	}
	if !known {
		m.registrations = append(m.registrations, r)
		m.desk.book.Home = m.domains()
		if m.account == "" {
			m.account = r.Account
		}
	}
	switch {
	case r.State == ua.RegFailed && (was.State != r.State || words.Unreachable(was) != words.Unreachable(r)):
		m.note(pane.Failure, words.Unreachable(r)) // the account's line may have to cut it
	case was.State != r.State:
		m.log.Notice(m.now, pane.Info, words.Address(r.AOR)+": "+words.Registration(r, m.now))
		if r.State == ua.Registered && m.status.text == words.Unreachable(m.failed[r.Account]) {
			m.say(pane.Info, words.Address(r.AOR)+" is registered")
		}
	}
	for _, w := range r.Warnings {
		if !slices.Contains(was.Warnings, w) {
			m.note(pane.Warning, words.Sentence(w))
		}
	}
	if r.State == ua.RegFailed {
		m.failed[r.Account] = r
	}
}

// callChanged takes a call's snapshot: its birth, its end, and all between.
func (m *Model) callChanged(info ua.CallInfo) tea.Cmd {
	info = m.named(info)
	c := m.call(info.ID)
	if info.State == call.Ended {
		if !m.wasEnded(info.ID) {
			m.ended(c, info)
		}
		return m.nextQuestion()
	}
	if c == nil {
		if m.wasEnded(info.ID) {
			return nil
		}
		c = &pane.Call{Levels: pane.Silence(), Microphone: m.microphone()}
		m.calls = append(m.calls, c)
		if m.selected == 0 {
			m.selected = info.ID
		}
		m.follow(info)
	}
	if c.Info.State != info.State && info.State == call.Confirmed {
		if info.AutoAnswered { // they can hear what is said here
			m.note(pane.Warning, "The phone answered by itself: "+words.Party(info)+" is on the line")
		} else {
			m.log.Notice(m.now, pane.Info, "Talking to "+words.Party(info))
		}
	}
	if info.Pending == ua.PendingNone {
		c.Replied = ua.PendingNone
	}
	conferred := c.Info.Conference
	c.Info = info
	m.unmuted(c)
	if conferred != info.Conference {
		m.conferenceChanged(info)
	}
	return m.nextQuestion()
}

// wasEnded tells a late event about a call that has gone from a new call.
func (m *Model) wasEnded(id ua.CallID) bool {
	for _, r := range m.recent {
		if r.ID == id {
			return true
		}
	}
	return false
}

// ended takes a call off the screen and says why it ended.
func (m *Model) ended(c *pane.Call, info ua.CallInfo) {
	for i := range m.calls {
		if m.calls[i] == c {
			m.calls = append(m.calls[:i:i], m.calls[i+1:]...)
			break
		}
	}
	m.recent = append([]ua.CallInfo{info}, m.recent...)
	if len(m.recent) > maxRecent {
		m.recent = m.recent[:maxRecent]
	}
	m.wasCall(info)
	if back := words.CallBack(info); back != "" {
		m.dial.Remember(back)
	}
	level := pane.Info
	switch info.Cause {
	case call.RemoteCanceled, call.NoAnswer, call.Rejected:
		level = pane.Warning
	case call.Timeout, call.TransportFailure, call.AuthFailure, call.MediaFailure, call.ProtocolError:
		level = pane.Failure
	case call.CauseNone, call.LocalHangup, call.RemoteHangup, call.Canceled, call.Declined, call.Shutdown, call.AnsweredElsewhere:
	}
	if text := words.Ended(info); m.consulted(info.ID) {
		m.log.Notice(m.now, pane.Info, text)
	} else {
		m.note(level, text)
		m.overWith = said{text, m.now}
		m.tellBoth(level)
	}
	m.gone(info.ID)
	if m.keypad != nil && m.keypad.call == info.ID {
		m.keypad = nil
	}
	if len(m.calls) == 0 {
		m.quitting = false // nothing left to ask about
	}
	if m.selected != info.ID {
		return
	}
	m.selectOther()
	if len(m.calls) == 0 && m.focus == keys.InCalls {
		m.focus = keys.InDial
		m.deaf = m.now.Add(afterEnd)
	}
}

// selectOther selects the call with the audio, else the first that isn't ringing
// unheeded, else none.
func (m *Model) selectOther() {
	m.selected = 0
	for _, c := range m.calls {
		if m.selected == 0 || c.Info.Focus {
			m.selected = c.Info.ID
		}
	}
}

// nextRinging opens the overlay for a call that asks, and closes it for one that
// asks no more.
func (m *Model) nextRinging() tea.Cmd {
	asks := func(c *pane.Call) bool {
		return c != nil && c.Info.State == call.Incoming && c.Choice == pane.Undecided &&
			!c.Info.AutoAnswered && c.Info.Replaces == 0 // those are answered by themselves
	}
	if asks(m.call(m.ringing)) {
		return nil
	}
	m.ringing = 0
	for _, c := range m.calls {
		if asks(c) {
			m.ringing = c.Info.ID
			m.grace.Open(m.now)
			m.log.Notice(m.now, pane.Info, "Incoming call from "+words.Party(c.Info))
			return m.wakeAfterGrace()
		}
	}
	return nil
}

func (m *Model) media(e ua.MediaChanged) {
	who := words.Party(m.named(e.Call))
	switch e.What {
	case ua.MediaSilent:
		if e.Call.State == call.Confirmed {
			m.note(pane.Warning, "Nothing has been heard from "+who+" for a while")
		}
	case ua.MediaMeasured:
		// The meters show it as it is.
	case ua.MediaPlayed:
		m.note(pane.Info, "The file was played to its end")
	case ua.MediaError:
		if e.Call.MediaErr == nil {
			return
		}
		text := "Audio: " + e.Call.MediaErr.Error()
		m.say(pane.Failure, text)
		// A device that isn't there is tried again at each resume: one line in the log will do.
		if c := m.call(e.Call.ID); c == nil || c.Info.MediaErr == nil || c.Info.MediaErr.Error() != e.Call.MediaErr.Error() {
			m.log.Notice(m.now, pane.Failure, text)
		}
	case ua.MediaMutedSpeech:
		m.mutedSpeech(e.Call)
	case ua.MediaStarted, ua.MediaUpdated:
	}
}

func (m *Model) options(r ua.OptionsResult) {
	if r.Err != nil {
		m.note(pane.Failure, r.Target+" didn’t answer OPTIONS: "+r.Err.Error())
		return
	}
	m.note(pane.Info, fmt.Sprintf("%s answered OPTIONS: %d %s, %s", r.Target, r.Code, r.Reason, words.Millis(r.RTT)))
}

func (m *Model) commandFailed(e ua.CommandFailed) {
	if c := m.call(e.Call); c != nil {
		c.Replied = ua.PendingNone
		switch {
		case (c.Choice == pane.Taken || c.Choice == pane.Refused) && c.Info.State == call.Incoming:
			c.Choice = pane.Ignored // it still rings: it can be answered from the list
		case c.Digits.Sent < len(c.Digits.Typed):
			c.Digits.Typed = c.Digits.Typed[:c.Digits.Sent]
		}
	}
	text := "That didn’t work"
	if e.Err != nil {
		text = e.Err.Error()
	}
	if e.Command != "" {
		text = "Can’t " + words.Command(e.Command) + ": " + text
	}
	m.note(pane.Failure, text)
}
