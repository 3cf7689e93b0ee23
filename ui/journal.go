package ui

import (
	tea "github.com/charmbracelet/bubbletea"

	"offhook/ua"
	"offhook/ua/call"
	"offhook/ui/people"
	"offhook/ui/words"
)

// Journal is where calls are recorded. Its methods but Changed may block: only commands
// call them.
type Journal interface {
	// Read gives the newest calls.
	Read() (people.Past, error)
	Delete(id int64) error
	// Look remembers that calls up to id were looked at, so that none of them is missed.
	Look(id int64) error
	// Changed receives when a call was recorded; a closed channel says that none will be.
	Changed() <-chan struct{}
}

func (m *Model) readPast() tea.Cmd {
	j := m.opts.Journal
	if j == nil {
		return nil
	}
	return func() tea.Msg { past, err := j.Read(); return pastMsg{past, err} }
}

// awaitCall waits until a call was recorded.
func (m *Model) awaitCall() tea.Cmd {
	if m.opts.Journal == nil {
		return nil
	}
	return m.pump.when(m.opts.Journal.Changed(), recordedMsg{})
}

// pastCall is a call of this run as the list has it.
func pastCall(c ua.CallInfo, id int64) people.Call {
	out := people.Call{
		ID: id, Account: c.Account, Incoming: c.Direction == ua.Incoming, Code: c.Code,
		Remote: c.RemoteURI, Name: c.RemoteName, Started: c.Created, Words: words.Outcome(c),
		Outcome: people.Failed,
	}
	switch {
	case !c.Answered.IsZero():
		out.Outcome, out.Talked = people.Talked, words.Elapsed(c, c.Ended)
	case c.Cause == call.AnsweredElsewhere || out.Incoming && c.EndReason.Elsewhere():
		out.Outcome, out.Words = people.Elsewhere, ""
	case c.Cause == call.Declined || out.Incoming && c.Cause == call.LocalHangup:
		out.Outcome = people.Declined
	case out.Incoming && (c.Cause == call.RemoteCanceled || c.Cause == call.NoAnswer || c.Cause == call.RemoteHangup):
		out.Outcome = people.Missed
	case c.Cause == call.Rejected:
		out.Outcome = people.Refused
	case c.Cause == call.Canceled || c.Cause == call.LocalHangup || c.Cause == call.NoAnswer:
		out.Outcome = people.NoAnswer
	}
	return out
}

// wasCall takes a call that has ended, when nobody records it.
func (m *Model) wasCall(c ua.CallInfo) {
	if m.opts.Journal != nil {
		return // it comes from there
	}
	m.desk.unsaved--
	m.desk.past = m.desk.past.Add(pastCall(c, m.desk.unsaved))
}

// look remembers that the calls were looked at.
func (m *Model) look() tea.Cmd {
	if m.desk.past.Missed == 0 {
		return nil
	}
	m.desk.past.Missed = 0
	j, id := m.opts.Journal, m.desk.past.Newest()
	if j == nil {
		return nil
	}
	return func() tea.Msg {
		if err := j.Look(id); err != nil {
			return deskErrorMsg{err.Error()}
		}
		return nil
	}
}
