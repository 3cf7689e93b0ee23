package overlay

import (
	"fmt"
	"time"

	"github.com/charmbracelet/lipgloss"

	"offhook/ua"
	"offhook/ui/cell"
	"offhook/ui/keys"
	"offhook/ui/theme"
	"offhook/ui/words"
)

// Incoming shows who calls and what can be done about it.
type Incoming struct {
	Theme *theme.Theme
	Call  ua.CallInfo
	// Busy is the party of the call that is up and would go on hold; empty for none.
	Busy string
	// Other names a call of ours by its ID.
	Other func(ua.CallID) string
	// More counts further calls that ring.
	More int
	// Active says that the overlay has the keys (Grace).
	Active bool
	Facts  keys.Facts
	Now    time.Time
}

// Render draws the box in at most width by height cells.
func (o Incoming) Render(width, height int) string {
	w := min(width, 60)
	in := w - 4
	th := o.Theme
	name, addr := th.Say(words.Party(o.Call)), th.Say(words.Address(o.Call.RemoteURI))
	if name == "" {
		name = addr
	}
	who := []string{th.Strong.Render(cell.Trunc(name, in, th.Glyphs.Ellipsis))}
	if addr != name {
		who = append(who, cell.Trunc(addr, in, th.Glyphs.Ellipsis))
	}
	var about, whole []string // each cut to a line, and in full
	add := func(style lipgloss.Style, s string) {
		if s = th.Say(s); s != "" {
			about = append(about, style.Render(cell.Trunc(s, in, th.Glyphs.Ellipsis)))
			for _, l := range cell.Wrap(s, in) {
				whole = append(whole, style.Render(l))
			}
		}
	}
	said := words.Caller(o.Call, o.Other)
	emergency := words.Emergency(o.Call)
	for i, s := range said {
		style := th.Text
		if i == 0 && emergency {
			style = th.Bad.Reverse(true)
		}
		add(style, s)
	}
	add(th.Dim, o.called())
	add(th.Dim, o.busy())
	add(th.Dim, o.more())
	keysLines := hints(th, keys.InIncoming, o.Facts, in, o.Active)
	title := "Incoming call"
	if emergency {
		title = "EMERGENCY, incoming call"
	}
	title = fmt.Sprintf("%s  %s", title, words.Clock(words.Elapsed(o.Call, o.Now)))

	// What must be seen is the caller and the keys; the rest as there is room.
	lines := append([]string{}, who...)
	room := height - 2 - len(lines) - len(keysLines)
	if len(whole) <= room {
		about = whole
	}
	for i, s := range about {
		if i < room {
			lines = append(lines, s)
		}
	}
	if height-2-len(lines)-len(keysLines) >= 2 {
		lines = append([]string{""}, lines...)
	}
	if height-2-len(lines)-len(keysLines) >= 1 {
		lines = append(lines, "")
	}
	return boxed(th, title, append(lines, keysLines...), w, height)
}

// called says which of our addresses was called, and as what when that isn't the same.
func (o Incoming) called() string {
	s := "for " + words.Address(o.Call.LocalURI)
	if d := words.Address(o.Call.DialedURI); o.Call.DialedURI != "" && d != words.Address(o.Call.LocalURI) {
		s += ", dialled " + d
	}
	return s
}

func (o Incoming) busy() string {
	if o.Busy == "" {
		return ""
	}
	return "answering holds the call with " + o.Busy
}

func (o Incoming) more() string {
	switch o.More {
	case 0:
		return ""
	case 1:
		return "and one more call rings"
	}
	return fmt.Sprintf("and %d more calls ring", o.More)
}
