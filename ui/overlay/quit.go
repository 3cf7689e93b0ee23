package overlay

import (
	"fmt"

	"offhook/ui/cell"
	"offhook/ui/keys"
	"offhook/ui/theme"
)

// Quit asks before calls are cut off.
type Quit struct {
	Theme *theme.Theme
	// Party is the other side of the call, when there is one call.
	Party string
	Calls int
}

// Render draws the box in at most width by height cells.
func (o Quit) Render(width, height int) string {
	w := min(width, 52)
	q := fmt.Sprintf("%d calls are up. Hang up and quit?", o.Calls)
	if o.Calls == 1 {
		q = fmt.Sprintf("Hang up on %s and quit?", o.Theme.Say(o.Party))
	}
	lines := cell.Wrap(q, w-4)
	lines = append(lines, "")
	lines = append(lines, hints(o.Theme, keys.InQuit, keys.Facts{}, w-4, true)...)
	return boxed(o.Theme, "Quit", lines, w, height)
}
