package overlay

import (
	"offhook/ua/event"
	"offhook/ui/cell"
	"offhook/ui/keys"
	"offhook/ui/pane"
	"offhook/ui/theme"
)

// Presence asks what to publish of oneself.
type Presence struct {
	Theme *theme.Theme
	// Account is whose presence it is.
	Account string
	note    pane.Line
	at      int
}

// presenceChoices are the states, in the order of the box.
var presenceChoices = [...]struct {
	status event.Basic
	label  string
}{
	{event.Open, "available"},
	{event.Closed, "unavailable"},
	{event.BasicUnknown, "say nothing"},
}

// NewPresence starts from what is published now.
func NewPresence(th *theme.Theme, account string, status event.Basic, note string) *Presence {
	o := &Presence{Theme: th, Account: account}
	o.note.Set(note)
	for i, c := range presenceChoices {
		if c.status == status && status != event.BasicUnknown {
			o.at = i
		}
	}
	return o
}

// Context says whose keys these are.
func (*Presence) Context() keys.Context { return keys.InPresence }

// Line is what is typed into.
func (o *Presence) Line() *pane.Line { return &o.note }

// Typed is called when the line has changed.
func (*Presence) Typed() {}

// Move chooses the n-th state from here; the last is followed by the first.
func (o *Presence) Move(n int) {
	o.at = ((o.at+n)%len(presenceChoices) + len(presenceChoices)) % len(presenceChoices)
}

// MovePage, First and Last are there for what scrolls.
func (o *Presence) MovePage(n int) { o.Move(n) }
func (o *Presence) First()         { o.at = 0 }
func (o *Presence) Last()          { o.at = len(presenceChoices) - 1 }

// Value is what was chosen.
func (o *Presence) Value() (event.Basic, string) {
	c := presenceChoices[o.at]
	if c.status == event.BasicUnknown {
		return c.status, ""
	}
	return c.status, o.note.Text()
}

// Render draws the box in at most width by height cells.
func (o *Presence) Render(width, height int) string {
	th := o.Theme
	w := min(width, 56)
	in := w - 4
	var lines []string
	for i, c := range presenceChoices {
		mark, label := "  ", c.label
		if i == o.at {
			mark, label = th.Key.Render(th.Glyphs.Selected)+" ", th.Strong.Render(label)
		}
		lines = append(lines, mark+label)
	}
	foot := hints(th, keys.InPresence, keys.Facts{}, in, true)
	if height >= len(lines)+len(foot)+6 {
		lines = append(lines, "")
		foot = append([]string{""}, foot...)
	}
	line := o.note.Render(th, in-6, true, "at lunch, until 3")
	if presenceChoices[o.at].status == event.BasicUnknown {
		line = th.Dim.Render(cell.Fit("watchers are told nothing", in-6, th.Glyphs.Ellipsis))
	}
	lines = append(lines, th.Dim.Render("Note  ")+line)
	return boxed(th, "Presence of "+o.Account, append(lines, foot...), w, height)
}
