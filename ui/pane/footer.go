package pane

import (
	"offhook/ui/cell"
	"offhook/ui/keys"
	"offhook/ui/theme"
)

// Footer draws the hints for the keys that do something now.
type Footer struct {
	Theme   *theme.Theme
	Context keys.Context
	Facts   keys.Facts
}

// Render draws the hints of the highest rank that fit in width. When the line is
// short help is kept, and so is quit, the way out, except in a call: there holding
// and hanging up are.
func (p Footer) Render(width int) string {
	hints := keys.Hints(p.Context, p.Facts)
	const gap = 2
	cost := func(b keys.Binding) int {
		return cell.Width(p.shown(b)) + 1 + cell.Width(b.Label(p.Facts)) + gap
	}
	room := width - 1 + gap // none after the last hint
	kept := make([]bool, len(hints))
	for i, b := range hints {
		way := b.Action == keys.Help || b.Action == keys.Quit && p.Context != keys.InCalls
		if way && cost(b) <= room {
			kept[i] = true
			room -= cost(b)
		}
	}
	for i, b := range hints {
		if !kept[i] && cost(b) <= room {
			kept[i] = true
			room -= cost(b)
		}
	}
	line := " "
	for i, b := range hints {
		if kept[i] {
			line += p.Theme.Key.Render(p.shown(b)) + " " + p.Theme.Dim.Render(b.Label(p.Facts)) + "  "
		}
	}
	return cell.Fit(line, width, "")
}

func (p Footer) shown(b keys.Binding) string { return Shown(p.Theme, b) }

// Shown is a binding's key as the terminal can show it.
func Shown(th *theme.Theme, b keys.Binding) string {
	if th.ASCII() {
		switch b.Shown {
		case "↑":
			return th.Glyphs.Up
		case "↓":
			return th.Glyphs.Down
		case "←":
			return "left"
		case "→":
			return "right"
		}
	}
	return b.Shown
}
