package overlay

import (
	"fmt"

	"offhook/ui/cell"
	"offhook/ui/theme"
)

// Reader shows lines that may be more than fit, and scrolls.
type Reader struct {
	Theme *theme.Theme
	Title string
	// Lines lays the content out for a width; lines too long are cut.
	Lines func(width int) []string

	offset, page int
}

// Move scrolls by n lines; MovePage by n pages; First and Last jump to the ends.
// Render corrects what goes too far.
func (r *Reader) Move(n int)     { r.offset = max(r.offset+n, 0) }
func (r *Reader) MovePage(n int) { r.Move(n * max(r.page-1, 1)) }
func (r *Reader) First()         { r.offset = 0 }
func (r *Reader) Last()          { r.offset = 1 << 30 }

// Render draws the box in at most width by height cells.
func (r *Reader) Render(width, height int) string {
	w := min(width, 100)
	r.page = max(height-2, 1)
	lines := r.Lines(w - 4)
	r.offset = max(min(r.offset, len(lines)-r.page), 0)
	title := r.Title
	if len(lines) > r.page {
		title = fmt.Sprintf("%s  %d-%d of %d", cell.Trunc(r.Theme.Say(r.Title), w-24, r.Theme.Glyphs.Ellipsis),
			r.offset+1, min(r.offset+r.page, len(lines)), len(lines))
	}
	shown := lines[r.offset:min(r.offset+r.page, len(lines))]
	fitted := make([]string, len(shown))
	for i, l := range shown {
		fitted[i] = cell.Trunc(l, w-4, r.Theme.Glyphs.Ellipsis)
	}
	return boxed(r.Theme, title, fitted, w, height)
}

// Message reads a text that came from elsewhere, line by line.
func Message(th *theme.Theme, title string, text []string) *Reader {
	return &Reader{Theme: th, Title: title, Lines: func(w int) []string {
		var out []string
		for _, l := range text {
			wrapped := cell.Wrap(th.Say(l), w)
			if len(wrapped) == 0 {
				wrapped = []string{""}
			}
			out = append(out, wrapped...)
		}
		return out
	}}
}
