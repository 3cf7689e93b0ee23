package cell

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// Width is how many cells s takes, escape sequences aside.
func Width(s string) int { return ansi.StringWidth(s) }

// Trunc cuts s to at most w cells; tail marks the cut and counts.
func Trunc(s string, w int, tail string) string {
	if w <= 0 {
		return ""
	}
	if ansi.StringWidth(s) <= w {
		return s
	}
	if ansi.StringWidth(tail) >= w {
		tail = ""
	}
	return ansi.Truncate(s, w, tail)
}

// Fit makes s exactly w cells: cut with tail, or padded on the right.
func Fit(s string, w int, tail string) string {
	if w <= 0 {
		return ""
	}
	s = Trunc(s, w, tail)
	return s + spaces(w-ansi.StringWidth(s))
}

// FitLeft is Fit with the padding on the left, for numbers.
func FitLeft(s string, w int, tail string) string {
	if w <= 0 {
		return ""
	}
	s = Trunc(s, w, tail)
	return spaces(w-ansi.StringWidth(s)) + s
}

// Center is Fit with the padding on both sides.
func Center(s string, w int, tail string) string {
	if w <= 0 {
		return ""
	}
	s = Trunc(s, w, tail)
	left := (w - ansi.StringWidth(s)) / 2
	return Fit(spaces(left)+s, w, tail)
}

// Ends puts left and right at the two ends of w cells. When both don't fit,
// right stays whole as long as left keeps a third of the line.
func Ends(left, right string, w int, tail string) string {
	if w <= 0 {
		return ""
	}
	r := ansi.StringWidth(right)
	if r == 0 {
		return Fit(left, w, tail)
	}
	if keep := min(ansi.StringWidth(left), w/3); r > w-keep-1 {
		right = Trunc(right, max(w-keep-1, 0), tail)
		r = ansi.StringWidth(right)
	}
	return Fit(left, w-r-1, tail) + " " + right
}

// Block makes lines exactly w by h: lines are cut or padded, and lines too many
// are dropped at the end.
func Block(lines []string, w, h int) string {
	if w <= 0 || h <= 0 {
		return ""
	}
	out := make([]string, h)
	for i := range out {
		if i < len(lines) {
			out[i] = Fit(lines[i], w, "")
		} else {
			out[i] = spaces(w)
		}
	}
	return strings.Join(out, "\n")
}

// Lines splits a rendered block; an empty block has no lines.
func Lines(block string) []string {
	if block == "" {
		return nil
	}
	return strings.Split(block, "\n")
}

// Over lays box on a background whose lines are w cells wide, its top left at x, y.
// What lies outside the background is dropped.
func Over(background, box string, x, y, w int) string {
	lines := Lines(background)
	for i, b := range Lines(box) {
		row := y + i
		if row < 0 || row >= len(lines) {
			continue
		}
		b = Trunc(b, w-x, "")
		end := x + ansi.StringWidth(b)
		lines[row] = Fit(lines[row], x, "") + b + rest(lines[row], end, w)
	}
	return strings.Join(lines, "\n")
}

// rest is what a line shows from cell from to cell w. A wide character cut in
// half becomes a space.
func rest(line string, from, w int) string {
	want := w - from
	if want <= 0 {
		return ""
	}
	s := ansi.TruncateLeft(line, from, "")
	if ansi.StringWidth(s) > want {
		s = ansi.TruncateLeft(line, from+1, "")
	}
	return spaces(want-ansi.StringWidth(s)) + s
}

// Wrap breaks plain text at spaces into lines of at most w cells.
func Wrap(s string, w int) []string {
	if w <= 0 {
		return nil
	}
	return strings.Split(ansi.Wrap(s, w, ""), "\n")
}

func spaces(n int) string {
	if n <= 0 {
		return ""
	}
	return strings.Repeat(" ", n)
}
