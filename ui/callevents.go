package ui

import (
	tea "github.com/charmbracelet/bubbletea"

	"offhook/ua"
	"offhook/ua/call"
	"offhook/ui/pane"
	"offhook/ui/words"
)

// callEvent takes an event of what one does with calls.
func (m *Model) callEvent(e ua.Event) tea.Cmd {
	switch e := e.(type) {
	case ua.TransferChanged:
		return m.transferChanged(e.Call)
	case ua.PolicyChanged:
		m.policyChanged(e.Policy)
	case ua.CallRefused:
		m.refused[e.Account] += max(e.Count, 1)
		m.log.Notice(m.now, pane.Warning, words.Refused(e))
	case ua.Redirected:
		if s := words.Redirected(e); s != "" {
			m.note(pane.Info, s)
		}
	}
	return nil
}

// transferChanged tells how a transfer goes, unless the call's line or its end does.
func (m *Model) transferChanged(info ua.CallInfo) tea.Cmd {
	gone := m.wasEnded(info.ID)
	for i := range m.recent {
		if m.recent[i].ID == info.ID {
			m.recent[i].Transfer = info.Transfer
		}
	}
	known := ua.CallID(0)
	if c := m.call(info.ID); c != nil {
		known = c.Info.Transfer.Call
	}
	cmd := m.callChanged(info)
	t := info.Transfer
	if c := m.call(t.Call); c != nil && t.Call != known {
		m.follow(c.Info)
	}
	// The end of the call that was sent on is on its way, and tells it.
	ends := !gone && (t.State == call.TransferDone || t.State == call.TransferUnknown && info.State == call.Closing)
	if s := words.Transfer(info); s != "" && !ends {
		level := pane.Info
		if t.State == call.TransferFailed || t.State == call.TransferUnknown {
			level = pane.Warning
		}
		m.note(level, s)
	}
	return cmd
}

// follow moves the selection from a call to the one that takes its place.
func (m *Model) follow(info ua.CallInfo) {
	if info.Replaces != 0 && m.selected == info.Replaces {
		m.selected = info.ID
	}
	for _, c := range m.calls {
		t := c.Info.Transfer
		if t.Role == ua.Transferee && t.Call == info.ID && m.selected == c.Info.ID && t.State.Active() {
			m.selected = info.ID
		}
	}
}

// consulted reports a call that was made, or used, for a transfer that has come about:
// its end is no news.
func (m *Model) consulted(id ua.CallID) bool {
	for _, r := range m.recent {
		if r.Transfer.Role == ua.Transferor && r.Transfer.Call == id && r.Transfer.State == call.TransferDone {
			return true
		}
	}
	for _, c := range m.calls {
		t := c.Info.Transfer
		if t.Role == ua.Transferor && t.Call == id && (t.State == call.TransferDone || t.State == call.TransferAccepted) {
			return true
		}
	}
	return false
}

// gone forgets what belonged to a call that has ended.
func (m *Model) gone(id ua.CallID) {
	if m.prompt != nil && m.prompt.call == id {
		m.prompt = nil
		m.deaf = m.now.Add(afterEnd)
	}
	for consult, about := range m.consults {
		if consult != id && about != id {
			continue
		}
		if c := m.call(consult); c != nil {
			c.Purpose = ""
		}
		delete(m.consults, consult)
	}
}

// policyChanged tells what keeps calls from ringing from now on.
func (m *Model) policyChanged(p ua.Policy) {
	was := words.Policy(m.policy, false)
	m.policy = p
	now := words.Policy(p, false)
	switch {
	case now == was:
	case now == "":
		m.note(pane.Info, "All calls ring here again")
	default:
		m.note(pane.Info, "From now on: "+now)
	}
}

// conferenceChanged says who is in the conference, when a call came in or was taken out.
func (m *Model) conferenceChanged(info ua.CallInfo) {
	var in []ua.CallInfo
	for _, c := range m.calls {
		if c.Info.Conference {
			in = append(in, c.Info)
		}
	}
	m.say(pane.Info, words.Conference(in, info))
}
