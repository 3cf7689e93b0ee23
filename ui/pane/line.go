package pane

import (
	"strings"

	"offhook/ui/cell"
	"offhook/ui/theme"
)

// maxLine is the most characters a line takes; more is dropped.
const maxLine = 255

// Line is a one-line editor. It works in characters as people see them: a letter
// and its marks move and go together.
type Line struct {
	chars  []string
	cursor int // 0 to len(chars)
	offset int // first character shown
}

// Text is the content.
func (l *Line) Text() string { return strings.Join(l.chars, "") }

// Empty reports whether there is no text.
func (l *Line) Empty() bool { return len(l.chars) == 0 }

// Set replaces the text and puts the cursor at its end.
func (l *Line) Set(s string) {
	l.chars, l.cursor, l.offset = nil, 0, 0
	l.Insert(s)
}

// Insert puts text at the cursor: what is typed, or pasted with line ends and
// worse in it.
func (l *Line) Insert(s string) {
	add := split(s)
	if room := maxLine - len(l.chars); len(add) > room {
		add = add[:max(room, 0)]
	}
	chars := make([]string, 0, len(l.chars)+len(add))
	chars = append(chars, l.chars[:l.cursor]...)
	chars = append(chars, add...)
	l.chars = append(chars, l.chars[l.cursor:]...)
	l.cursor += len(add)
}

// split cleans s and cuts it into characters. A space typed alone stays.
func split(s string) []string {
	clean := cell.Clean(s)
	if clean == "" && s == " " {
		return []string{" "}
	}
	var out []string
	for _, r := range clean {
		if cell.Width(string(r)) == 0 && len(out) > 0 {
			out[len(out)-1] += string(r)
			continue
		}
		out = append(out, string(r))
	}
	return out
}

// Move moves the cursor by n characters.
func (l *Line) Move(n int) { l.cursor = min(max(l.cursor+n, 0), len(l.chars)) }

// Start and End move the cursor to the ends.
func (l *Line) Start() { l.cursor = 0 }
func (l *Line) End()   { l.cursor = len(l.chars) }

// DeleteLeft and DeleteRight delete one character beside the cursor.
func (l *Line) DeleteLeft() {
	if l.cursor > 0 {
		l.cut(l.cursor-1, l.cursor)
	}
}

func (l *Line) DeleteRight() {
	if l.cursor < len(l.chars) {
		l.cut(l.cursor, l.cursor+1)
	}
}

// DeleteWord deletes back to the start of a word; @ . : / end words, as in addresses.
func (l *Line) DeleteWord() {
	isBreak := func(c string) bool { return strings.Contains(" @.:/;", c) }
	i := l.cursor
	for i > 0 && isBreak(l.chars[i-1]) {
		i--
	}
	for i > 0 && !isBreak(l.chars[i-1]) {
		i--
	}
	l.cut(i, l.cursor)
}

// DeleteToStart and DeleteToEnd delete from the cursor to an end of the line.
func (l *Line) DeleteToStart() { l.cut(0, l.cursor) }
func (l *Line) DeleteToEnd()   { l.cut(l.cursor, len(l.chars)) }

func (l *Line) cut(from, to int) {
	l.chars = append(l.chars[:from:from], l.chars[to:]...)
	l.cursor = from
}

// Render draws the part of the line around the cursor in exactly width cells.
func (l *Line) Render(th *theme.Theme, width int, focused bool, placeholder string) string {
	if width <= 0 {
		return ""
	}
	if !focused {
		if l.Empty() {
			return th.Dim.Render(cell.Fit(placeholder, width, th.Glyphs.Ellipsis))
		}
		return th.Text.Render(cell.Fit(th.Say(l.Text()), width, th.Glyphs.Ellipsis))
	}
	l.scroll(width)
	var b strings.Builder
	used := 0
	for i := l.offset; i <= len(l.chars); i++ {
		c := " "
		if i < len(l.chars) {
			c = l.show(th, i)
		}
		w := cell.Width(c)
		if i == l.cursor && th.ShowCursor {
			if used+1 > width {
				break
			}
			b.WriteString(th.Glyphs.Cursor)
			used++
			if i == len(l.chars) {
				break
			}
		}
		if used+w > width {
			break
		}
		if i == l.cursor && !th.ShowCursor {
			c = th.Cursor.Render(c)
		}
		b.WriteString(c)
		used += w
	}
	if l.Empty() {
		b.WriteString(th.Dim.Render(cell.Trunc(placeholder, width-used, th.Glyphs.Ellipsis)))
	}
	return cell.Fit(b.String(), width, "")
}

func (l *Line) show(th *theme.Theme, i int) string {
	if l.chars[i] == " " {
		return " "
	}
	return th.Say(l.chars[i])
}

// scroll moves the window so that the cursor and its cell are inside width.
func (l *Line) scroll(width int) {
	if l.cursor < l.offset {
		l.offset = l.cursor
	}
	need := func() int { // cells from the offset to the end of the cursor's cell
		n := 2
		for _, c := range l.chars[l.offset:l.cursor] {
			n += cell.Width(c)
		}
		return n
	}
	for l.offset < l.cursor && need() > width {
		l.offset++
	}
}
