package ui

import (
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"offhook/ua/trace"
	"offhook/ui/keys"
	"offhook/ui/pane"
	"offhook/ui/words"
)

// graceMsg redraws when an overlay has got the keys.
type graceMsg struct{}

// savedMsg is the outcome of SaveAccount.
type savedMsg struct {
	name string
	err  error
}

// Update implements tea.Model.
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	m.now = m.opts.Now()
	title := m.titleText()
	var cmd tea.Cmd
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case tea.KeyMsg:
		cmd = m.key(msg)
	case eventMsg:
		cmd = tea.Batch(m.event(msg.event), m.pump.event)
	case recordsMsg:
		m.readLog(msg.records)
		cmd = m.pump.log
	case phoneGoneMsg:
		m.note(pane.Failure, "The phone has stopped: quit and start it again")
	case tickMsg:
		cmd = m.tick(msg)
	case graceMsg:
		// Settled, or a key came in between and the wait goes on.
		if m.ringing != 0 && !m.grace.Settled(m.now) {
			cmd = m.wakeAfterGrace()
		}
		if m.asking != 0 && !m.askGrace.Settled(m.now) {
			cmd = tea.Batch(cmd, m.pump.after(m.askGrace.Remaining(m.now)+graceSlack, graceMsg{}))
		}
	case savedMsg:
		m.saved(msg)
	default:
		cmd, _ = m.deskMsg(msg)
	}
	m.closing()
	if m.focus == keys.InLog && !m.logVisible() || m.focus == keys.InCalls && len(m.calls) == 0 {
		m.focus = keys.InDial
	}
	cmds := []tea.Cmd{cmd, m.schedule()}
	if m.titleText() != title {
		cmds = append(cmds, m.windowTitle())
	}
	return m, tea.Batch(cmds...)
}

// save stores the completed form where waiting is allowed.
func (m *Model) save() tea.Cmd {
	value, save := m.form.Value(), m.opts.SaveAccount
	return func() tea.Msg { return savedMsg{value.Name, save(value)} }
}

func (m *Model) saved(msg savedMsg) {
	switch {
	case m.form == nil: // left while it was being saved
		if msg.err != nil {
			m.note(pane.Failure, "Account "+msg.name+" isn’t saved: "+msg.err.Error())
			return
		}
	case msg.err != nil:
		m.form.Failed(msg.err)
		return
	}
	m.form = nil
	m.account = msg.name
	m.note(pane.Info, "Account "+msg.name+" is saved")
}

// readLog takes records. Those that a snapshot and the subscription both brought
// share their bytes, and are taken once.
func (m *Model) readLog(records []trace.Record) {
	for i, r := range records {
		if len(r.Raw) > 0 && m.snapshot[&r.Raw[0]] {
			continue
		}
		m.snapshot = nil
		m.log.Messages(records[i : i+1])
	}
}

func (m *Model) wakeAfterGrace() tea.Cmd {
	return m.pump.after(m.grace.Remaining(m.now)+graceSlack, graceMsg{})
}

// graceSlack is how long after a grace the screen is drawn again.
const graceSlack = time.Millisecond

// titleText names the window: what a person looks for among many.
func (m *Model) titleText() string {
	if c := m.call(m.ringing); c != nil {
		return m.theme.Say(words.Party(c.Info)) + " is calling - offhook"
	}
	if c := m.current(); c != nil {
		return m.theme.Say(words.Party(c.Info)) + " - offhook"
	}
	return "offhook"
}

func (m *Model) windowTitle() tea.Cmd { return tea.SetWindowTitle(m.titleText()) }
