package overlay

import (
	"offhook/ui/cell"
	"offhook/ui/theme"
	"offhook/ui/words"
)

// Facts reads names and values as they are at each look.
func Facts(th *theme.Theme, title string, facts func() []words.Fact) *Reader {
	return &Reader{Theme: th, Title: title, Lines: func(w int) []string {
		const name = 12
		var out []string
		for _, f := range facts() {
			for i, l := range cell.Wrap(th.Say(f.Value), max(w-name, 1)) {
				head := cell.Fit("", name, "")
				if i == 0 {
					head = th.Dim.Render(cell.Fit(th.Say(f.Name), name, th.Glyphs.Ellipsis))
				}
				out = append(out, head+l)
			}
		}
		return out
	}}
}
