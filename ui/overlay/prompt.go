package overlay

import (
	"offhook/ui/cell"
	"offhook/ui/keys"
	"offhook/ui/pane"
	"offhook/ui/theme"
)

// Prompt asks for one line, or for one of a few choices.
type Prompt struct {
	// Title says what for; Hint is the line's placeholder.
	Title, Hint string
	// Choices are offered under the line; Chosen is one of them, -1 for none.
	Choices []string
	Chosen  int
	// Failed says why the line wasn't taken.
	Failed string
	pane.Line
}

// Choose moves to another choice.
func (p *Prompt) Choose(n int) {
	if len(p.Choices) > 0 {
		p.Chosen = min(max(p.Chosen+n, 0), len(p.Choices)-1)
	}
}

// Render draws the box in at most width by height cells.
func (p *Prompt) Render(th *theme.Theme, f keys.Facts, width, height int) string {
	w := min(width, 60)
	in := w - 4
	g := th.Glyphs
	lines := []string{th.Key.Render(g.Prompt) + " " + p.Line.Render(th, in-2, true, th.Say(p.Hint))}
	foot := hints(th, keys.InPrompt, f, in, true)
	if p.Failed != "" {
		foot = append(wrapped(th, p.Failed, in), foot...)
	}
	room := height - 2 - len(lines) - len(foot)
	from := 0
	if len(p.Choices) > room {
		from = max(min(p.Chosen-room/2, len(p.Choices)-room), 0)
	}
	for i := from; i < len(p.Choices) && i-from < room; i++ {
		mark, style := "  ", th.Text
		if i == p.Chosen {
			mark, style = th.Key.Render(g.Selected)+" ", th.Strong
		}
		lines = append(lines, mark+style.Render(cell.Trunc(th.Say(p.Choices[i]), in-2, g.Ellipsis)))
	}
	if height-2-len(lines)-len(foot) >= 1 {
		lines = append(lines, "")
	}
	return boxed(th, cell.Trunc(th.Say(p.Title), in, g.Ellipsis), append(lines, foot...), w, height)
}
