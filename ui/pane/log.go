package pane

import (
	"time"

	"offhook/ua/trace"
	"offhook/ui/cell"
	"offhook/ui/theme"
)

// maxLog is how many lines the log keeps.
const maxLog = 2000

// NoticeLevel says how much a notice matters.
type NoticeLevel uint8

const (
	Info NoticeLevel = iota
	Warning
	Failure
)

type entry struct {
	time  time.Time
	text  string
	level NoticeLevel
	// record is the message behind the line; nil for a notice.
	record *trace.Record
}

// Log is the list of SIP messages and notices, with a selected line. It follows
// the newest line until the selection is moved away from it.
type Log struct {
	entries  []entry
	selected int
	follow   bool
	page     int // lines of the last Render
}

// NewLog returns an empty log that follows its end.
func NewLog() *Log { return &Log{follow: true} }

// Notice adds a line of our own.
func (l *Log) Notice(at time.Time, level NoticeLevel, text string) {
	l.add(entry{time: at, text: text, level: level})
}

// Messages adds SIP messages; other kinds of record are left out.
func (l *Log) Messages(records []trace.Record) {
	for i := range records {
		r := records[i]
		switch r.Kind {
		case trace.SIP:
			l.add(entry{time: r.Time, text: Summary(r), record: &r})
		case trace.Malformed:
			l.add(entry{time: r.Time, text: Summary(r), level: Warning, record: &r})
		case trace.RTP, trace.RTCP:
		}
	}
}

// add keeps the log in order of time: a message may be read after a notice that
// it caused.
func (l *Log) add(e entry) {
	i := len(l.entries)
	for i > 0 && l.entries[i-1].time.After(e.time) {
		i--
	}
	l.entries = append(l.entries, entry{})
	copy(l.entries[i+1:], l.entries[i:])
	l.entries[i] = e
	if i <= l.selected && len(l.entries) > 1 {
		l.selected++
	}
	if drop := len(l.entries) - maxLog; drop > 0 {
		l.entries = append([]entry(nil), l.entries[drop:]...)
		l.selected -= drop
	}
	if l.follow {
		l.selected = len(l.entries) - 1
	}
	l.selected = max(l.selected, 0)
}

// Empty reports whether there is nothing to read.
func (l *Log) Empty() bool { return len(l.entries) == 0 }

// Move moves the selection by n lines; MovePage by n pages.
func (l *Log) Move(n int) {
	last := len(l.entries) - 1
	l.selected = max(min(l.selected+n, last), 0)
	l.follow = l.selected >= last
}

func (l *Log) MovePage(n int) { l.Move(n * max(l.page-1, 1)) }

// First and Last jump to the ends.
func (l *Log) First() { l.Move(-len(l.entries)) }
func (l *Log) Last()  { l.Move(len(l.entries)) }

// Selected returns the selected line's title and whole text.
func (l *Log) Selected() (title string, lines []string, ok bool) {
	if l.Empty() {
		return "", nil, false
	}
	e := l.entries[l.selected]
	if e.record == nil {
		return "Notice", []string{e.time.Format("15:04:05"), "", e.text}, true
	}
	return e.text, MessageLines(*e.record), true
}

// LogView draws a log.
type LogView struct {
	Theme   *theme.Theme
	Log     *Log
	Focused bool
}

// Render draws the lines around the selection; the last line is the newest while
// the log is followed.
func (v LogView) Render(width, height int) string {
	if width <= 0 || height <= 0 {
		return ""
	}
	l := v.Log
	l.page = height
	if l.Empty() {
		return cell.Block([]string{"   " + v.Theme.Dim.Render("Nothing was sent or received yet.")}, width, height)
	}
	first := max(len(l.entries)-height, 0)
	if !l.follow {
		first = max(min(l.selected-height/2, first), 0)
	}
	lines := make([]string, 0, height)
	for i := first; i < len(l.entries) && len(lines) < height; i++ {
		lines = append(lines, v.line(l.entries[i], v.Focused && i == l.selected, width))
	}
	return cell.Block(lines, width, height)
}

func (v LogView) line(e entry, selected bool, width int) string {
	g := v.Theme.Glyphs
	stamp := e.time.Format("15:04:05.000")
	if width < Narrow {
		stamp = e.time.Format("15:04:05")
	}
	mark, text := g.Dot, v.Theme.Text
	switch {
	case e.level == Failure:
		mark, text = v.Theme.Bad.Render(g.Err), v.Theme.Bad
	case e.level == Warning:
		mark, text = v.Theme.Warn.Render(g.Err), v.Theme.Warn
	case e.record == nil:
		text = v.Theme.Strong
	case e.record.Dir == trace.Out:
		mark = v.Theme.Accent.Render(g.MessageOut)
	default:
		mark = v.Theme.Good.Render(g.MessageIn)
	}
	pointer := "  "
	if selected {
		pointer = v.Theme.Key.Render(g.Selected) + " "
		text = v.Theme.Strong
	}
	said := cell.Trunc(v.Theme.Say(e.text), width-len(stamp)-6, g.Ellipsis)
	return " " + pointer + v.Theme.Dim.Render(stamp) + " " + mark + " " + text.Render(said)
}
