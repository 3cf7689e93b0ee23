package ui

import (
	"os"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"offhook/ua"
	"offhook/ui/keys"
	"offhook/ui/overlay"
	"offhook/ui/pane"
	"offhook/ui/theme"
)

// Model is the whole screen: the sole tea.Model. It is used on Bubble Tea's loop
// only, from New on.
type Model struct {
	opts  Options
	phone ua.Phone
	theme *theme.Theme
	pump  *pump

	now           time.Time // of the message being handled
	width, height int

	registrations []ua.Registration
	failed        map[string]ua.Registration // the last failure of each account
	account       string                     // calls are made from it
	calls         []*pane.Call
	selected      ua.CallID
	recent        []ua.CallInfo // that ended in this run, newest first
	desk          desk

	dial     *pane.Dial
	log      *pane.Log
	snapshot map[*byte]bool // first bytes of the records that were there at the start
	logShown shown
	focus    keys.Context // InDial, InCalls or InLog
	deaf     time.Time    // until then keys meant for an ended call are dropped

	// What lies over the screen, from top to bottom.
	quitting bool
	ringing  ua.CallID // the call that asks to be answered; 0 for none
	grace    overlay.Grace
	asking   ua.CallID // the call that asks something else; 0 for none
	askGrace overlay.Grace
	form     *overlay.Form
	reader   *overlay.Reader
	keypad   *keypad
	prompt   *prompt
	// policyForm is do-not-disturb and forwarding.
	policyForm *overlay.Policy

	policy ua.Policy
	// refused counts each account's calls that never rang.
	refused map[string]uint64
	// consults are calls that were made to transfer another one, with that one.
	consults map[ua.CallID]ua.CallID

	// unproved is what was said last of each account's server that proved nothing.
	unproved map[string]string
	// lost says which sound devices are away; confRecording is the file of the conference.
	lost          [2]bool // by audio.DeviceRole
	confRecording string
	// recorded is the last recording that ended, overWith the last call.
	recorded, overWith said
	// chosen is the devices that were asked for; before is those that are surely in use.
	chosen, before overlay.Sound

	status status
	beat   beat
}

// shown says whether the log is on the screen.
type shown uint8

const (
	shownAuto shown = iota // where there is room
	shownYes
	shownNo
)

// keypad is the open keypad: the call that it belongs to, and the last key.
type keypad struct {
	call    ua.CallID
	pressed byte
}

// status is the line above the footer.
type status struct {
	text  string
	level pane.NoticeLevel
	// brief says that the next key takes it away.
	brief bool
}

// said is what was told, and when.
type said struct {
	text string
	at   time.Time
}

// fresh reports that it has just been told: what comes at once tells it too.
func (s said) fresh(now time.Time) bool { return !s.at.IsZero() && now.Sub(s.at) < 2*time.Second }

// New makes the screen. It subscribes to the Phone and reads its snapshots, and
// doesn't block.
func New(o Options) *Model {
	if o.Now == nil {
		o.Now = time.Now
	}
	m := &Model{
		opts:   o,
		phone:  o.Phone,
		theme:  theme.New(os.Stdout, o.Theme),
		pump:   newPump(o.Phone, o.Log),
		now:    o.Now(),
		dial:   pane.NewDial(o.Dialled),
		log:    pane.NewLog(),
		focus:  keys.InDial,
		failed: map[string]ua.Registration{},

		policy:   o.Phone.Policy(),
		refused:  map[string]uint64{},
		unproved: map[string]string{},
		consults: map[ua.CallID]ua.CallID{},
	}
	m.chosen, m.before = o.Devices, o.Devices
	m.openDesk()
	// The subscription came first, so nothing falls between it and the snapshots.
	for _, r := range o.Phone.Registrations() {
		m.registrationChanged(r)
	}
	if len(m.registrations) > 0 {
		m.account = m.registrations[0].Account
	}
	for _, c := range o.Phone.Calls() {
		m.callChanged(c)
	}
	if o.Log != nil {
		records := o.Log.Snapshot()
		m.log.Messages(records)
		m.snapshot = make(map[*byte]bool, len(records))
		for _, r := range records {
			if len(r.Raw) > 0 {
				m.snapshot[&r.Raw[0]] = true
			}
		}
	}
	if o.FirstRun && o.SaveAccount != nil {
		m.form = overlay.NewForm(m.theme, true)
	}
	return m
}

// Close ends the subscription and joins what waits for it. The Phone stays open.
func (m *Model) Close() { m.pump.close() }

// Init implements tea.Model.
func (m *Model) Init() tea.Cmd {
	cmds := []tea.Cmd{m.pump.event, m.pump.log, m.schedule(), m.windowTitle(), m.initDesk()}
	if m.ringing != 0 {
		cmds = append(cmds, m.wakeAfterGrace())
	}
	if m.asking != 0 {
		cmds = append(cmds, m.pump.after(m.askGrace.Remaining(m.now)+graceSlack, graceMsg{}))
	}
	return tea.Batch(cmds...)
}

// call finds a call that is up by its ID.
func (m *Model) call(id ua.CallID) *pane.Call {
	for _, c := range m.calls {
		if c.Info.ID == id {
			return c
		}
	}
	return nil
}

// current is the selected call, or nil.
func (m *Model) current() *pane.Call { return m.call(m.selected) }

// say puts a line above the footer; note puts it in the log as well.
func (m *Model) say(level pane.NoticeLevel, text string) {
	m.status = status{text: text, level: level}
}

func (m *Model) note(level pane.NoticeLevel, text string) {
	m.say(level, text)
	m.log.Notice(m.now, level, text)
}

// hint says something that the next key takes away.
func (m *Model) hint(text string) { m.status = status{text: text, brief: true} }
