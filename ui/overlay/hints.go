package overlay

import (
	"strings"

	"offhook/ui/cell"
	"offhook/ui/keys"
	"offhook/ui/pane"
	"offhook/ui/theme"
)

// hints draws the context's keys in lines of at most w cells.
func hints(th *theme.Theme, ctx keys.Context, f keys.Facts, w int, active bool) []string {
	var lines []string
	line, used := "", 0
	for _, b := range keys.Hints(ctx, f) {
		label := b.Label(f)
		shown := pane.Shown(th, b)
		n := cell.Width(shown) + 1 + cell.Width(label)
		if used > 0 && used+3+n > w {
			lines = append(lines, line)
			line, used = "", 0
		}
		if used > 0 {
			line += "   "
			used += 3
		}
		used += n
		if active {
			line += th.Key.Render(shown) + " " + label
		} else {
			line += th.Dim.Render(shown + " " + label)
		}
	}
	if used > 0 {
		lines = append(lines, line)
	}
	return lines
}

// boxed frames lines in at most w by h cells; the frame takes two lines.
func boxed(th *theme.Theme, title string, lines []string, w, h int) string {
	if h < 3 || w < 8 {
		return strings.Join(lines[:min(len(lines), max(h, 0))], "\n")
	}
	if len(lines) > h-2 {
		lines = lines[:h-2]
	}
	return th.Box(th.Say(title), lines, w, true)
}
