package pane

import (
	"time"

	"offhook/ui/cell"
	"offhook/ui/people"
	"offhook/ui/theme"
	"offhook/ui/words"
)

// PastLine is a call that was, in exactly width cells: who, how it ended, when.
func PastLine(th *theme.Theme, c people.Call, book people.Book, now time.Time, selected bool, width int) string {
	g := th.Glyphs
	dir := g.Outgoing
	if c.Incoming {
		dir = g.Incoming
	}
	style := th.Dim
	switch c.Outcome {
	case people.Missed:
		style = th.Warn
		dir = th.Warn.Render(dir)
	case people.Failed:
		style, dir = th.Bad, th.Dim.Render(dir)
	case people.Talked, people.Elsewhere, people.Declined, people.NoAnswer, people.Refused:
		dir = th.Dim.Render(dir)
	}
	name := book.Name(c.Remote)
	if name == "" {
		name = c.Name
	}
	addr := th.Say(words.Address(c.Remote))
	who := th.Say(name)
	if who == "" {
		who = addr
	}
	when, outcome, clock := 6, 14, words.Day(c.Started, now)
	if width >= Narrow {
		when, clock = 13, words.Moment(c.Started, now)
	}
	room := width - 2 - outcome - 2 - when
	if width >= Narrow && who != addr && cell.Width(who)+cell.Width(addr)+3 <= room {
		who += " (" + addr + ")" // a display name can claim anything
	}
	who = cell.Fit(who, room, g.Ellipsis)
	if selected {
		who = th.Strong.Render(who)
	}
	return dir + " " + who + "  " + style.Render(cell.Fit(th.Say(words.Past(c)), outcome, g.Ellipsis)) +
		th.Dim.Render(cell.FitLeft(clock, when, ""))
}

// Recent lists the calls that were, newest first.
type Recent struct {
	Theme *theme.Theme
	Calls []people.Call
	Book  people.Book
	Now   time.Time
}

// Render draws one line for each call that fits.
func (p Recent) Render(width, height int) string {
	lines := make([]string, 0, max(height, 0))
	for _, c := range p.Calls {
		if len(lines) >= height {
			break
		}
		lines = append(lines, "   "+PastLine(p.Theme, c, p.Book, p.Now, false, width-5))
	}
	return cell.Block(lines, width, height)
}
