package pane

import (
	"github.com/charmbracelet/lipgloss"

	"offhook/ua"
	"offhook/ui/cell"
	"offhook/ui/theme"
	"offhook/ui/words"
)

// Padlock is a call's padlock, one cell.
func Padlock(th *theme.Theme, s ua.SecurityInfo) string {
	glyph, style := padlock(th, words.LockOf(s))
	return style.Render(glyph)
}

// Locks explains the padlock, a glyph and a text each.
func Locks(th *theme.Theme) [][2]string {
	var out [][2]string
	for _, l := range words.Locks() {
		glyph, style := padlock(th, l.Lock)
		out = append(out, [2]string{style.Render(glyph), l.Text})
	}
	return out
}

func padlock(th *theme.Theme, l words.Lock) (string, lipgloss.Style) {
	g := th.Glyphs
	switch l {
	case words.LockNone:
	case words.LockOpen:
		return g.Unlocked, th.Dim
	case words.LockWaiting:
		return g.Busy, th.Dim
	case words.LockFailed:
		return g.Failed, th.Bad
	case words.LockDoubtful:
		return g.HalfLocked, th.Warn
	case words.LockClosed:
		return g.Locked, th.Good
	}
	return " ", th.Text
}

// guarded reports that the call's line about its safety and its way has something to say.
func guarded(c *Call) bool {
	return words.LockOf(c.Info.Security) != words.LockNone || words.WayWord(c.Info.ICE, false) != ""
}

// guard is the line that tells what the padlock stands for, and by which way the sound goes; of
// both the longest that fits.
//
//	◆ encrypted (DTLS, TLS); the servers vouch for the keys   through our relay
func (p Calls) guard(c *Call, width int) string {
	s, i := c.Info.Security, c.Info.ICE
	glyph, style := padlock(p.Theme, words.LockOf(s))
	lock := func(brief bool) string {
		if words.LockOf(s) == words.LockNone {
			return ""
		}
		return style.Render(glyph + " " + p.Theme.Say(words.Padlock(s, brief)))
	}
	way := func(brief bool) string {
		at := p.Theme.Dim
		if words.WayBroken(i) {
			at = p.Theme.Warn
		}
		return at.Render(p.Theme.Say(words.WayWord(i, brief)))
	}
	const indent = "     "
	gap := "   "
	if width < Narrow {
		gap = "  "
	}
	line := func(lock, way string) string {
		switch {
		case lock == "":
			return indent + way
		case way == "":
			return indent + lock
		case words.WayBroken(i): // trouble first
			return indent + way + gap + lock
		}
		return indent + lock + gap + way
	}
	for _, l := range []string{line(lock(false), way(false)), line(lock(false), way(true)), line(lock(true), way(false)), line(lock(true), way(true))} {
		if cell.Width(l) <= width {
			return cell.Fit(l, width, "")
		}
	}
	only := lock(true)
	if words.WayBroken(i) {
		only = way(true)
	}
	return cell.Fit(indent+only, width, p.Theme.Glyphs.Ellipsis)
}
