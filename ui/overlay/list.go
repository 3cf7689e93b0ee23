package overlay

import (
	"fmt"

	"offhook/ui/cell"
	"offhook/ui/keys"
	"offhook/ui/pane"
	"offhook/ui/theme"
)

// List is a box with a line to search in and what was found, one of which is selected.
type List struct {
	Theme *theme.Theme
	Query pane.Line
	// Note is a question or an error, above the hints; the next key takes it away.
	Note string

	selected, offset, page int
}

// Selected is the index of the selected row of n; -1 when there is none.
func (l *List) Selected(n int) int {
	l.selected = min(max(l.selected, 0), n-1)
	return l.selected
}

// Move moves the selection by n rows, MovePage by n pages; First and Last go to the ends.
// Selected corrects what goes too far.
func (l *List) Move(n int)     { l.selected = max(l.selected+n, 0) }
func (l *List) MovePage(n int) { l.Move(n * max(l.page-1, 1)) }
func (l *List) First()         { l.selected = 0 }
func (l *List) Last()          { l.selected = 1 << 30 }

// Typed is called when the search has changed.
func (l *List) Typed() { l.selected, l.offset, l.Note = 0, 0, "" }

// listView is what a List draws this time.
type listView struct {
	title, placeholder string
	n                  int
	row                func(i int, selected bool, w int) string
	empty              string // instead of rows
	ctx                keys.Context
	facts              keys.Facts
}

// listWidth is what a list takes where there is room for more.
const listWidth = 92

// render draws the box in at most width by height cells: search, rows, note, hints.
func (l *List) render(v listView, width, height int) string {
	th := l.Theme
	w := min(width, listWidth)
	in := w - 4
	foot := hints(th, v.ctx, v.facts, in, true)
	if l.Note != "" {
		var note []string
		for _, s := range cell.Wrap(th.Say(l.Note), in) {
			note = append(note, th.Warn.Render(s))
		}
		foot = append(note[:min(len(note), 2)], foot...)
	}
	room := height - 3 - len(foot)
	airy := height >= 16
	if airy {
		room -= 2 // a blank line above the rows and one below
	}
	if room < 1 { // the rows before the hints
		foot = foot[:max(min(len(foot), height-4), 0)]
		room = max(height-3-len(foot), 0)
	}
	room = min(room, max(v.n, 10)) // no taller than what is in it, but steady while searching
	l.page = max(room, 1)
	sel := l.Selected(v.n)
	l.offset = min(max(l.offset, sel-room+1), max(v.n-room, 0))
	l.offset = max(min(l.offset, sel), 0)

	lines := []string{th.Key.Render(th.Glyphs.Prompt) + " " + l.Query.Render(th, in-2, true, th.Say(v.placeholder))}
	if airy {
		lines = append(lines, "")
	}
	var rows []string
	for i := l.offset; i < v.n && len(rows) < room; i++ {
		mark := "  "
		if i == sel {
			mark = th.Key.Render(th.Glyphs.Selected) + " "
		}
		rows = append(rows, mark+v.row(i, i == sel, in-2))
	}
	if v.n == 0 {
		for _, s := range cell.Wrap(th.Say(v.empty), in-2) {
			rows = append(rows, "  "+th.Dim.Render(s))
		}
		rows = rows[:min(len(rows), room)]
	}
	for len(rows) < room {
		rows = append(rows, "")
	}
	lines = append(lines, rows...)
	if airy {
		lines = append(lines, "")
	}
	title := v.title
	if v.n > room {
		title = fmt.Sprintf("%s  %d of %d", title, sel+1, v.n)
	}
	return boxed(th, title, append(lines, foot...), w, height)
}

// who is the style of a row's name.
func (l *List) who(selected bool, s string) string {
	if selected {
		return l.Theme.Strong.Render(s)
	}
	return s
}
