package theme

import (
	"strings"

	"offhook/ui/cell"
)

// Say makes a string fit to print: cleaned of what a stranger may have put in it
// (cell.Clean), and in ASCII when the terminal shows nothing else.
func (t *Theme) Say(s string) string {
	s = cell.Clean(s)
	if t.Glyphs.Ellipsis == unicodeGlyphs.Ellipsis {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case r < 0x7F:
			b.WriteRune(r)
		case r == '…':
			b.WriteString("...")
		case r == '’':
			b.WriteByte('\'')
		case r == '–' || r == '—':
			b.WriteByte('-')
		case r == '·':
			b.WriteByte('|')
		case cell.Width(string(r)) > 0:
			b.WriteByte('?')
		}
	}
	return b.String()
}

// ASCII reports whether only ASCII may be printed.
func (t *Theme) ASCII() bool { return t.Glyphs.Ellipsis == asciiGlyphs.Ellipsis }

// Meter draws a level of 0 to 1 in n cells. Its end turns to the warning colour
// where speech would clip.
func (t *Theme) Meter(level float64, n int) string {
	on := min(max(int(level*float64(n)+0.5), 0), n)
	hot := n - max(n/8, 1)
	good := min(on, hot)
	return t.Good.Render(strings.Repeat(t.Glyphs.MeterOn, good)) +
		t.Warn.Render(strings.Repeat(t.Glyphs.MeterOn, on-good)) +
		t.Dim.Render(strings.Repeat(t.Glyphs.MeterOff, n-on))
}

// Steps draws the on-th of n steps, more being better.
func (t *Theme) Steps(on, n int) string {
	on = min(max(on, 0), n)
	return strings.Repeat(t.Glyphs.MeterOn, on) + t.Dim.Render(strings.Repeat(t.Glyphs.MeterOff, n-on))
}

// Rule is a section title on a line of w cells.
func (t *Theme) Rule(title string, w int) string {
	if w <= 0 {
		return ""
	}
	g := t.Glyphs
	if title == "" {
		return t.Dim.Render(strings.Repeat(g.Horizontal, w))
	}
	head := cell.Trunc(g.Horizontal+" "+title+" ", w, "")
	return t.Dim.Render(head + strings.Repeat(g.Horizontal, w-cell.Width(head)))
}

// Box frames lines in w cells, with a title in the upper edge. Lines are cut or
// padded to the inside, which is four cells narrower than w.
func (t *Theme) Box(title string, lines []string, w int, focused bool) string {
	if w < 5 {
		return ""
	}
	g, edge, name := t.Glyphs, t.Dim, t.Dim
	if focused {
		edge, name = t.Accent, t.Key
	}
	if title != "" {
		title = cell.Trunc(" "+title+" ", w-4, "")
	}
	var b strings.Builder
	b.WriteString(edge.Render(g.TopLeft+g.Horizontal) + name.Render(title) +
		edge.Render(strings.Repeat(g.Horizontal, w-3-cell.Width(title))+g.TopRight))
	for _, l := range lines {
		b.WriteString("\n" + edge.Render(g.Vertical) + " " + cell.Fit(l, w-4, "") + " " + edge.Render(g.Vertical))
	}
	b.WriteString("\n" + edge.Render(g.BottomLeft+strings.Repeat(g.Horizontal, w-2)+g.BottomRight))
	return b.String()
}
