package overlay

import (
	"strings"
	"time"

	"offhook/ui/cell"
	"offhook/ui/keys"
	"offhook/ui/pane"
	"offhook/ui/people"
	"offhook/ui/theme"
	"offhook/ui/words"
)

// Chat is an open conversation with a line to write in. It lives as long as the screen, so
// that what was begun is there when it is opened again.
type Chat struct {
	// Key, Address and Account are of the conversation, which may not have begun yet.
	Key, Address, Account string
	compose               pane.Line
	back                  int // lines up from the newest
	page                  int
}

// Context says whose keys these are.
func (*Chat) Context() keys.Context { return keys.InChat }

// Line is what is typed into.
func (o *Chat) Line() *pane.Line { return &o.compose }

// Typed is called when the line has changed.
func (*Chat) Typed() {}

// Take returns the text to send and empties the line.
func (o *Chat) Take() string {
	text := strings.TrimSpace(o.compose.Text())
	o.compose.Set("")
	o.back = 0
	return text
}

// Move scrolls by n lines, MovePage by n pages; First and Last go to the ends. Render
// corrects what goes too far.
func (o *Chat) Move(n int)     { o.back = max(o.back-n, 0) }
func (o *Chat) MovePage(n int) { o.Move(n * max(o.page-1, 1)) }
func (o *Chat) First()         { o.back = 1 << 30 }
func (o *Chat) Last()          { o.back = 0 }

// ChatView draws a Chat.
type ChatView struct {
	*Chat
	Theme *theme.Theme
	Party string
	// Messages are those of the conversation, oldest first.
	Messages []people.Message
	Now      time.Time
	Facts    keys.Facts
}

// Render draws the box in at most width by height cells: texts, line, hints.
func (v ChatView) Render(width, height int) string {
	th := v.Theme
	w := min(width, listWidth)
	in := w - 4
	foot := hints(th, keys.InChat, v.Facts, in, true)
	room := height - 2 - 2 - len(foot) // the frame; a rule and the line
	if room < 1 {
		foot = nil
		room = max(height-4, 0)
	}
	lines := v.texts(in)
	room = min(room, max(len(lines), 8))
	v.page = max(room, 1)
	v.back = min(v.back, max(len(lines)-room, 0))
	end := len(lines) - v.back
	shown := lines[max(end-room, 0):end]
	out := append([]string{}, shown...)
	for len(out) < room {
		out = append(out, "")
	}
	rule := ""
	if v.back > 0 {
		rule = "later texts below"
	}
	out = append(out, th.Rule(rule, in))
	out = append(out, th.Key.Render(th.Glyphs.Prompt)+" "+v.compose.Render(th, in-2, true, "write here"))
	title := v.Party
	if a := address(v.Address); people.Key(v.Address, people.Domain(v.Party)) != v.Party {
		title += " (" + a + ")"
	}
	return boxed(th, cell.Trunc(th.Say(title), w-6, th.Glyphs.Ellipsis), append(out, foot...), w, height)
}

// texts lays the messages out: time, who, the text, and what became of ours.
func (v ChatView) texts(w int) []string {
	th := v.Theme
	if len(v.Messages) == 0 {
		return []string{th.Dim.Render("Nothing was written yet.")}
	}
	var out []string
	for _, m := range v.Messages {
		stamp, who, style := words.Day(m.At, v.Now), th.Glyphs.MessageIn, th.Good
		if m.Delivery != people.Received {
			who, style = th.Glyphs.MessageOut, th.Accent
		}
		head := th.Dim.Render(cell.FitLeft(stamp, 6, "")) + " " + style.Render(who) + " "
		const indent = 9
		for i, l := range paragraphs(th, m.Text, w-indent) {
			if i > 0 {
				head = strings.Repeat(" ", indent)
			}
			out = append(out, head+l)
		}
		if s := delivery(m); s != "" {
			style := th.Dim
			if m.Delivery == people.Undelivered {
				style = th.Bad
			}
			for i, l := range cell.Wrap(th.Say(s), w-indent) {
				if i < 3 {
					out = append(out, strings.Repeat(" ", indent)+style.Render(l))
				}
			}
		}
	}
	return out
}

// maxParagraphs bounds the lines of one text on the screen.
const maxParagraphs = 200

// paragraphs wraps a text and keeps its line ends.
func paragraphs(th *theme.Theme, text string, w int) []string {
	var out []string
	for _, p := range strings.Split(text, "\n") {
		lines := cell.Wrap(th.Say(p), w)
		if len(lines) == 0 {
			lines = []string{""}
		}
		if out = append(out, lines...); len(out) > maxParagraphs {
			return append(out[:maxParagraphs], th.Glyphs.Ellipsis)
		}
	}
	return out
}

// delivery says what became of a text of ours.
func delivery(m people.Message) string {
	switch m.Delivery {
	case people.Sending:
		return "sending…"
	case people.Delivered:
		return "delivered"
	case people.Stored:
		return "will be delivered later"
	case people.Undelivered:
		return "not delivered: " + m.Why
	case people.Received:
	}
	return ""
}
