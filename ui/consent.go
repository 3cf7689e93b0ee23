package ui

import (
	tea "github.com/charmbracelet/bubbletea"

	"offhook/ua"
	"offhook/ui/keys"
	"offhook/ui/pane"
	"offhook/ui/words"
)

// nextQuestion opens the overlay for a call that rings, or that asks something, and
// closes those that do so no more. A call that rings comes first.
func (m *Model) nextQuestion() tea.Cmd {
	cmd := m.nextRinging()
	asks := func(c *pane.Call) bool {
		return c != nil && c.Info.Pending != ua.PendingNone && c.Replied != c.Info.Pending
	}
	if asks(m.call(m.asking)) {
		return cmd
	}
	m.asking = 0
	for _, c := range m.calls {
		if asks(c) {
			m.asking = c.Info.ID
			m.askGrace.Open(m.now)
			said, _, _ := words.Question(c.Info)
			m.log.Notice(m.now, pane.Info, said)
			return tea.Batch(cmd, m.pump.after(m.askGrace.Remaining(m.now)+graceSlack, graceMsg{}))
		}
	}
	return cmd
}

// consent answers what a call asks.
func (m *Model) consent(yes bool) tea.Cmd {
	if c := m.call(m.asking); c != nil {
		if c.Info.Pending == ua.PendingRedirect && !yes && len(m.calls) == 1 && m.focus == keys.InCalls {
			m.focus = keys.InDial // it ends the call: ready for the next number at once
		}
		c.Replied = c.Info.Pending
		m.phone.Consent(c.Info.ID, yes)
	}
	return m.nextQuestion()
}

// settled reports that a context has the keys: one that opened by itself gets them
// after its grace.
func (m *Model) settled(ctx keys.Context) bool {
	switch ctx {
	case keys.InIncoming:
		return m.grace.Settled(m.now)
	case keys.InConsent:
		return m.askGrace.Settled(m.now)
	default:
		return true
	}
}

// takes is settled for a key that comes now.
func (m *Model) takes(ctx keys.Context) bool {
	switch ctx {
	case keys.InIncoming:
		return m.grace.Takes(m.now)
	case keys.InConsent:
		return m.askGrace.Takes(m.now)
	default:
		return true
	}
}
