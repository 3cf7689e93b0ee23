package overlay

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"offhook/ua"
	"offhook/ui/cell"
	"offhook/ui/keys"
	"offhook/ui/pane"
	"offhook/ui/theme"
)

// Policy is the form for do-not-disturb and forwarding. What else a policy holds
// stays as it is.
type Policy struct {
	Theme *theme.Theme

	policy ua.Policy
	fields []policyField
	at     int
	failed string
}

// policyField is a line of the form; without a line it is a switch.
type policyField struct {
	label, hint string
	line        *pane.Line
}

// The form's lines.
const (
	fieldDND = iota
	fieldAlways
	fieldBusy
	fieldNoAnswer
	fieldAfter
)

// NewPolicy makes a form that shows p.
func NewPolicy(th *theme.Theme, p ua.Policy) *Policy {
	line := func(s string) *pane.Line {
		l := &pane.Line{}
		l.Set(s)
		return l
	}
	after := ""
	if p.Forward.After > 0 {
		after = strconv.Itoa(int(p.Forward.After / time.Second))
	}
	return &Policy{Theme: th, policy: p, fields: []policyField{
		{"Do not disturb", "Callers are told that you aren’t available.", nil},
		{"All calls to", "A number or an address. Empty: calls ring here.", line(p.Forward.Always)},
		{"When busy to", "While a call is up. Empty: a second call rings.", line(p.Forward.Busy)},
		{"No answer to", "Empty: it rings until the caller gives up.", line(p.Forward.NoAnswer)},
		{"  after", "How many seconds it rings before. Empty: 20.", line(after)},
	}}
}

// Line is the line that has the cursor; nil on the switch.
func (p *Policy) Line() *pane.Line { return p.fields[p.at].line }

// Move goes to another line, round at the ends.
func (p *Policy) Move(n int) { p.at = (p.at + n + len(p.fields)) % len(p.fields) }

// Toggle turns do-not-disturb on or off.
func (p *Policy) Toggle() { p.policy.DND = !p.policy.DND }

// Edited says that something was typed: a complaint about it is old.
func (p *Policy) Edited() { p.failed = "" }

// Value is the policy as the form has it. An error is shown on the form as well.
func (p *Policy) Value() (ua.Policy, error) {
	text := func(i int) string { return strings.TrimSpace(p.fields[i].line.Text()) }
	out := p.policy
	out.Forward = ua.Forward{Always: text(fieldAlways), Busy: text(fieldBusy), NoAnswer: text(fieldNoAnswer)}
	var err error
	if s := text(fieldAfter); s != "" {
		n, bad := strconv.Atoi(s)
		if bad != nil || n < 1 || n > maxRing {
			err = errors.New("a call rings for 1 to 600 seconds before it is sent on")
		}
		out.Forward.After = time.Duration(n) * time.Second
	}
	if err == nil {
		err = out.Check()
	}
	if err != nil {
		p.failed = err.Error()
	}
	return out, err
}

// maxRing is the most seconds that a call rings before it is sent on.
const maxRing = 600

// Render draws the box in at most width by height cells.
func (p *Policy) Render(width, height int) string {
	th := p.Theme
	w := min(width, 64)
	in := w - 4
	const label = 15
	rows := make([]string, len(p.fields))
	for i, f := range p.fields {
		name, mark := th.Dim, "  "
		if i == p.at {
			name, mark = th.Key, th.Key.Render(th.Glyphs.Prompt)+" "
		}
		value := p.state(i == p.at)
		if f.line != nil {
			value = f.line.Render(th, in-label-2, i == p.at, "")
		}
		rows[i] = name.Render(cell.Fit(f.label, label, "")) + mark + value
	}
	foot := []string{th.Dim.Render(cell.Trunc(th.Say(p.fields[p.at].hint), in, th.Glyphs.Ellipsis))}
	if p.failed != "" {
		foot = wrapped(th, p.failed, in)
	}
	hint := hints(th, keys.InPolicy, keys.Facts{}, in, true)
	note := cell.Wrap(th.Say("It holds until the phone quits; the configuration file keeps it for longer."), in)

	// From most to least dispensable: the note, air, the other fields.
	if room := height - 2 - len(foot) - len(hint); room < len(rows) {
		from := max(min(p.at-room/2, len(rows)-room), 0)
		rows = rows[from:min(from+max(room, 1), len(rows))]
	}
	lines := rows
	spare := height - 2 - len(lines) - len(foot) - len(hint)
	if spare >= len(note)+2 {
		lines = append(lines, "")
		for _, l := range note {
			foot = append(foot, th.Dim.Render(l))
		}
		spare -= len(note) + 1
	}
	lines = append(lines, foot...)
	if spare >= 1 {
		lines = append(lines, "")
	}
	return boxed(th, "Do not disturb and forwarding", append(lines, hint...), w, height)
}

func (p *Policy) state(focused bool) string {
	th, s := p.Theme, "off"
	style := th.Text
	if p.policy.DND {
		s, style = "on", th.Warn
	}
	if focused {
		return style.Render(s) + th.Dim.Render("  space changes it")
	}
	return style.Render(s)
}
