package pane

import (
	"slices"
	"strings"

	"offhook/ui/theme"
)

// maxHistory is how many dialled targets are remembered.
const maxHistory = 200

// Dial is the dial line: an editor with a history.
type Dial struct {
	Line
	history []string // oldest first
	at      int      // 0: the draft; n: the n-th from the end
	draft   string
}

// NewDial returns a line that remembers history, oldest first.
func NewDial(history []string) *Dial {
	d := &Dial{}
	for _, h := range history {
		d.Remember(h)
	}
	return d
}

// HasHistory reports whether there is something to recall.
func (d *Dial) HasHistory() bool { return len(d.history) > 0 }

// Older recalls what was dialled before what is shown; Newer goes back, at last
// to what was being typed.
func (d *Dial) Older() {
	if d.at == len(d.history) {
		return
	}
	if d.at == 0 {
		d.draft = d.Text()
	}
	d.at++
	d.Set(d.history[len(d.history)-d.at])
}

func (d *Dial) Newer() {
	switch d.at {
	case 0:
		return
	case 1:
		d.at = 0
		d.Set(d.draft)
	default:
		d.at--
		d.Set(d.history[len(d.history)-d.at])
	}
}

// Clear empties the line and leaves the history.
func (d *Dial) Clear() { d.Set(""); d.at, d.draft = 0, "" }

// Take returns the target to dial, remembers it and empties the line.
func (d *Dial) Take() string {
	t := strings.TrimSpace(d.Text())
	if t != "" {
		d.Remember(t)
		d.Clear()
	}
	return t
}

// Remember appends a target; one that was there moves to the end. What is being
// recalled just now stays where it is.
func (d *Dial) Remember(t string) {
	shown := ""
	if d.at > 0 {
		shown = d.history[len(d.history)-d.at]
	}
	out := d.history[:0:0]
	for _, h := range d.history {
		if h != t {
			out = append(out, h)
		}
	}
	out = append(out, t)
	if len(out) > maxHistory {
		out = out[len(out)-maxHistory:]
	}
	d.history = out
	if d.at > 0 {
		d.at = len(out) - max(slices.Index(out, shown), 0)
	}
}

// DialBox draws the dial line in a frame, three lines high, or bare in one.
type DialBox struct {
	Theme   *theme.Theme
	Dial    *Dial
	Focused bool
	// From names the account that calls; empty when there is no choice.
	From string
	// Empty is the placeholder.
	Empty string
}

// Render draws three lines when height allows it, otherwise one.
func (b DialBox) Render(width, height int) string {
	g := b.Theme.Glyphs
	prompt := b.Theme.Key.Render(g.Prompt) + " "
	if !b.Focused {
		prompt = b.Theme.Dim.Render(g.Prompt) + " "
	}
	if height < 3 || width < 20 {
		return prompt + b.Dial.Render(b.Theme, width-2, b.Focused, b.Theme.Say(b.Empty))
	}
	title := "Call"
	if b.From != "" {
		title += " from " + b.Theme.Say(b.From)
	}
	line := prompt + b.Dial.Render(b.Theme, width-6, b.Focused, b.Theme.Say(b.Empty))
	return b.Theme.Box(title, []string{line}, width, b.Focused)
}
