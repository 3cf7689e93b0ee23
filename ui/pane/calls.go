package pane

import (
	"strings"
	"time"

	"github.com/charmbracelet/lipgloss"

	"offhook/ua"
	"offhook/ua/call"
	"offhook/ui/cell"
	"offhook/ui/theme"
	"offhook/ui/words"
)

// Calls draws the calls that are up, the selected one marked.
type Calls struct {
	Theme    *theme.Theme
	Calls    []*Call
	Selected ua.CallID
	Focused  bool
	// Several says that there is more than one account, so that each call names its own.
	Several bool
	// Recording says that the conference is recorded.
	Recording bool
	Now       time.Time
}

// Rows is how many lines the calls would like.
func Rows(calls []*Call, selected ua.CallID) int {
	n := 2 * len(calls)
	for _, c := range calls {
		if c.Info.ID != selected {
			continue
		}
		if guarded(c) {
			n++
		}
		if rated(c) {
			n++
		}
	}
	return n
}

// Render draws one line for each call and a second one where there is room: first for
// the selected call, then for all. The selected one has more: how safe it is and by which way it goes, and its
// quality.
func (p Calls) Render(width, height int) string {
	rows := len(p.Calls)
	details := min(max(height-rows, 0), rows)
	spare := height - rows - details
	first := p.first(height)
	var lines []string
	for i, c := range p.Calls {
		if i < first {
			continue
		}
		selected := c.Info.ID == p.Selected
		lines = append(lines, p.row(c, selected, width))
		if selected && details > 0 || !selected && details > p.owed(i) {
			if d := p.detail(c, width); d != "" {
				lines = append(lines, d)
			}
			details--
		}
		if selected && spare > 0 && guarded(c) {
			lines = append(lines, p.guard(c, width))
			spare--
		}
		if selected && spare > 0 && rated(c) {
			lines = append(lines, p.opinion(c, width))
		}
	}
	return cell.Block(lines, width, height)
}

// owed is one while the selected call's second line is still to come.
func (p Calls) owed(i int) int {
	for _, c := range p.Calls[i:] {
		if c.Info.ID == p.Selected {
			return 1
		}
	}
	return 0
}

// first is the index of the first call to draw so that the selected one is seen.
func (p Calls) first(height int) int {
	for i, c := range p.Calls {
		if c.Info.ID == p.Selected && i >= height {
			return i - height + 1
		}
	}
	return 0
}

// Narrow is the width under which a call's line drops what can be done without.
const Narrow = 60

func (p Calls) row(c *Call, selected bool, width int) string {
	g := p.Theme.Glyphs
	mark, who := "  ", p.Theme.Text
	if selected {
		mark, who = g.Selected+" ", p.Theme.Strong
		if p.Focused {
			mark = p.Theme.Key.Render(g.Selected) + " "
		}
	}
	dir := g.Outgoing
	if c.Info.Direction == ua.Incoming {
		dir = g.Incoming
	}
	state := p.state(c)
	clock := words.Clock(words.Elapsed(c.Info, p.Now))
	tail := cell.Fit(state, 13, g.Ellipsis) + cell.FitLeft(clock, 8, "")
	if width >= Narrow {
		tail += "  " + cell.Fit(p.Theme.Say(words.Codec(c.Info.Codec)), 6, g.Ellipsis)
		if n := p.flagsWidth(); n > 0 {
			tail += " " + cell.Fit(p.flags(c), n, "")
		}
	}
	name := who.Render(p.party(c, width-8-cell.Width(tail)))
	return " " + mark + p.Theme.Dim.Render(dir) + " " + Padlock(p.Theme, c.Info.Security) + " " + name + " " + tail
}

// party names the other side in exactly w cells; with room, also its address:
// a display name can claim anything.
func (p Calls) party(c *Call, w int) string {
	name, addr := p.Theme.Say(words.Party(c.Info)), p.Theme.Say(words.Address(c.Info.RemoteURI))
	if name == "" {
		name = addr
	}
	if name != addr && cell.Width(name)+cell.Width(addr)+3 <= w {
		name += " (" + addr + ")"
	}
	return cell.Fit(name, w, p.Theme.Glyphs.Ellipsis)
}

func (p Calls) state(c *Call) string {
	s := p.Theme.Say(words.State(c.Info))
	return p.stateStyle(c.Info).Render(s)
}

func (p Calls) stateStyle(c ua.CallInfo) lipgloss.Style {
	switch c.State {
	case call.Confirmed:
		if c.Hold != (ua.Hold{}) || c.Transfer.State.Active() {
			return p.Theme.Warn
		}
		return p.Theme.Good
	case call.Incoming:
		return p.Theme.Key
	case call.Calling, call.Early, call.Answering:
		return p.Theme.Accent
	case call.Idle, call.Closing, call.Ended:
	}
	return p.Theme.Dim
}

// flags are the words for what must never be forgotten in a call.
func (p Calls) flags(c *Call) string {
	var f []string
	if c.Info.Conference {
		f = append(f, p.Theme.Accent.Render("conf"))
	}
	if c.Info.Muted {
		f = append(f, p.Theme.Warn.Render("muted"))
	}
	if c.Info.Recording != "" || c.Info.Conference && p.Recording {
		f = append(f, p.Theme.Bad.Render(p.Theme.Glyphs.Record+" rec"))
	}
	return strings.Join(f, " ")
}

// flagsWidth is the column that the longest flags need.
func (p Calls) flagsWidth() int {
	n := 0
	for _, c := range p.Calls {
		n = max(n, cell.Width(p.flags(c)))
	}
	return n
}

// detail is the second line: levels, quality when it is bad, digits.
func (p Calls) detail(c *Call, width int) string {
	narrow := width < Narrow
	var parts []string
	add := func(s string) {
		if s != "" {
			parts = append(parts, s)
		}
	}
	if narrow {
		add(p.flags(c))
	}
	if t := words.Progress(c.Info.Transfer); t != "" {
		add(p.Theme.Accent.Render(p.Theme.Say(t)))
	}
	if c.Purpose != "" {
		add(p.Theme.Dim.Render(p.Theme.Say(c.Purpose)))
	}
	if c.Info.MediaErr != nil { // in full it stands above the hints and in the log
		add(p.Theme.Bad.Render("sound trouble"))
	}
	if g := words.Goodbye(c.Closing, p.Now, narrow); g != "" {
		add(p.Theme.Warn.Render(p.Theme.Say(g)))
	}
	if c.Info.Muted && p.Now.Sub(c.SpeaksMuted) < speaksFor {
		add(p.Theme.Warn.Render("you speak, but are muted"))
	}
	if narrow { // where not all fits, trouble goes first, and what was just done
		parts = append(parts, p.quality(c)...)
		add(p.digits(c))
		add(p.levels(c, narrow))
	} else {
		add(p.levels(c, narrow))
		add(strings.Join(p.quality(c), ", "))
		add(p.digits(c))
	}
	if c.Info.State == call.Incoming && c.Choice == Ignored {
		said := "ignored, still ringing"
		if !p.Focused && !narrow { // the hints are of what has the keys
			said += "; a in this list answers"
		}
		parts = append(parts, p.Theme.Dim.Render(said))
	}
	if p.Several {
		parts = append(parts, p.Theme.Dim.Render("on "+p.Theme.Say(c.Info.Account)))
	}
	if narrow && c.Info.Codec != "" {
		parts = append(parts, p.Theme.Dim.Render(p.Theme.Say(words.Codec(c.Info.Codec))))
	}
	if len(parts) == 0 {
		return ""
	}
	gap := "   "
	if narrow {
		gap = "  "
	}
	line := "     " + parts[0]
	for _, s := range parts[1:] {
		if cell.Width(line)+len(gap)+cell.Width(s) <= width { // half a meter says nothing
			line += gap + s
		}
	}
	return cell.Fit(line, width, p.Theme.Glyphs.Ellipsis)
}

func (p Calls) levels(c *Call, narrow bool) string {
	if !live(c.Info) {
		return ""
	}
	n := 8
	if narrow {
		n = 5
	}
	clips := ""
	if c.Levels.Clipped && !c.Info.Muted {
		clips = " " + p.Theme.Bad.Render("clips")
	}
	return "you " + p.Theme.Meter(Level(c.Levels.Mic), n) + clips + "  " +
		"them " + p.Theme.Meter(Level(c.Levels.Ear), n)
}

// speaksFor is how long the word stays that somebody speaks into a muted microphone: it is
// told again every 5 s while they go on.
const speaksFor = 6 * time.Second

// quality tells what makes the call sound bad.
func (p Calls) quality(c *Call) []string {
	if c.Info.State != call.Confirmed || !c.Quality.Bad() {
		return nil
	}
	var parts []string
	if c.Quality.Loss >= BadLoss {
		parts = append(parts, p.Theme.Warn.Render("loss "+words.Percent(c.Quality.Loss)))
	}
	if c.Quality.RemoteLoss >= BadLoss {
		parts = append(parts, p.Theme.Warn.Render("they lose "+words.Percent(c.Quality.RemoteLoss)))
	}
	if c.Quality.Jitter >= BadJitter {
		parts = append(parts, p.Theme.Warn.Render("jitter "+words.Millis(c.Quality.Jitter)))
	}
	return parts
}

func (p Calls) digits(c *Call) string {
	s := DigitsText(p.Theme, c.Digits, 16)
	if c.Heard != "" {
		if s != "" {
			s += "  "
		}
		s += "they sent " + tail(p.Theme.Say(c.Heard), 8)
	}
	return s
}
