package overlay

import (
	"offhook/ua"
	"offhook/ui/cell"
	"offhook/ui/keys"
	"offhook/ui/theme"
	"offhook/ui/words"
)

// Consent shows what a call asks the person.
type Consent struct {
	Theme *theme.Theme
	Call  ua.CallInfo
	// Active says that the overlay has the keys (Grace).
	Active bool
}

// Render draws the box in at most width by height cells.
func (o Consent) Render(width, height int) string {
	th := o.Theme
	w := min(width, 60)
	in := w - 4
	asks, yes, no := words.Question(o.Call)
	lines := cell.Wrap(th.Say(asks), in)
	foot := hints(th, keys.InConsent, keys.Facts{}, in, o.Active)
	var meaning []string
	for _, m := range []string{"yes: " + yes, "no: " + no} {
		for _, l := range cell.Wrap(th.Say(m), in) {
			meaning = append(meaning, th.Dim.Render(l))
		}
	}
	room := height - 2 - len(foot)
	if len(lines) > room {
		lines = append(lines[:max(room-1, 0)], cell.Trunc(lines[max(room-1, 0)], in, ""))
	}
	if len(lines)+len(meaning) <= room {
		lines = append(lines, meaning...)
	}
	if len(lines)+1 <= room {
		lines = append(lines, "")
	}
	return boxed(th, cell.Trunc(words.Party(o.Call)+" asks", in, th.Glyphs.Ellipsis), append(lines, foot...), w, height)
}
