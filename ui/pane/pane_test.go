package pane

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"offhook/audio"
	"offhook/ua/trace"
	"offhook/ui/cell"
	"offhook/ui/theme"
)

func plain() *theme.Theme { return theme.New(io.Discard, theme.Options{Color: theme.Plain}) }

func TestLineEditing(t *testing.T) {
	for _, tt := range []struct {
		name string
		do   func(*Line)
		want string
	}{
		{"insert in the middle", func(l *Line) { l.Insert("ac"); l.Move(-1); l.Insert("b") }, "abc"},
		{"marks stay with their letter", func(l *Line) { l.Insert("xe\u0301y"); l.Move(-1); l.DeleteLeft() }, "xy"},
		{"delete right", func(l *Line) { l.Insert("abc"); l.Start(); l.DeleteRight() }, "bc"},
		{"nothing left of the start", func(l *Line) { l.Insert("a"); l.Start(); l.DeleteLeft(); l.Move(-5) }, "a"},
		{"words end at the parts of an address", func(l *Line) { l.Insert("sip:bob@example.com"); l.DeleteWord(); l.DeleteWord() }, "sip:bob@"},
		{"to the start", func(l *Line) { l.Insert("abcd"); l.Move(-1); l.DeleteToStart() }, "d"},
		{"to the end", func(l *Line) { l.Insert("abcd"); l.Start(); l.Move(1); l.DeleteToEnd() }, "a"},
		{"a space can be typed", func(l *Line) { l.Insert("a"); l.Insert(" "); l.Insert("b") }, "a b"},
		{"controls can't", func(l *Line) { l.Insert("a\x1b[31mb\r\nc") }, "ab c"},
		{"bounded", func(l *Line) { l.Insert(strings.Repeat("x", 1000)) }, strings.Repeat("x", maxLine)},
	} {
		var l Line
		tt.do(&l)
		if got := l.Text(); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func FuzzLine(f *testing.F) {
	f.Add("bob@example.com", []byte{0, 1, 2, 3, 4, 5, 6, 7}, 20)
	f.Add("漢字👩‍👧e\u0301", []byte{1, 1, 1, 0, 3, 9}, 5)
	th := plain()
	f.Fuzz(func(t *testing.T, s string, ops []byte, w int) {
		w = max(w%80, 0)
		var l Line
		for _, op := range ops {
			switch op % 10 {
			case 0:
				l.Insert(s)
			case 1:
				l.Move(-1)
			case 2:
				l.Move(1)
			case 3:
				l.DeleteLeft()
			case 4:
				l.DeleteRight()
			case 5:
				l.DeleteWord()
			case 6:
				l.Start()
			case 7:
				l.End()
			case 8:
				l.DeleteToEnd()
			case 9:
				l.DeleteToStart()
			}
			if l.cursor < 0 || l.cursor > len(l.chars) || len(l.chars) > maxLine {
				t.Fatalf("cursor %d of %d", l.cursor, len(l.chars))
			}
			for _, focused := range []bool{true, false} {
				if got := cell.Width(l.Render(th, w, focused, "placeholder")); got != w {
					t.Fatalf("%d cells, want %d: %q", got, w, l.Text())
				}
			}
		}
	})
}

// The cursor is always on the screen, however long the line.
func TestLineShowsItsCursor(t *testing.T) {
	var l Line
	l.Insert("0123456789漢字漢字abcdefghij")
	th := plain()
	for i := len(l.chars); i >= 0; i-- {
		for _, w := range []int{4, 7, 12} {
			if got := l.Render(th, w, true, ""); !strings.Contains(got, th.Glyphs.Cursor) {
				t.Errorf("cursor at %d isn't in %q", l.cursor, got)
			}
		}
		l.Move(-1)
	}
}

func TestHistoryForgetsDoubles(t *testing.T) {
	d := NewDial([]string{"1", "2", "1"})
	d.Older()
	d.Older()
	d.Older()
	if d.Text() != "2" {
		t.Errorf("oldest is %q", d.Text())
	}
	if d.Take() != "2" || !d.Empty() {
		t.Error("taking empties the line")
	}
	d.Older()
	if d.Text() != "2" {
		t.Errorf("latest is %q", d.Text())
	}
}

// A call that comes while the history is being walked doesn't move the walk.
func TestRememberWhileRecalling(t *testing.T) {
	d := NewDial([]string{"1", "2", "3"})
	d.Older()
	d.Older() // 2
	d.Remember("4")
	d.Remember("1")
	d.Newer()
	if d.Text() != "3" {
		t.Errorf("newer than 2 is %q", d.Text())
	}
	d.Older()
	d.Older()
	if d.Text() != "2" {
		t.Errorf("the oldest is %q", d.Text())
	}
}

func TestQualityIsOfNow(t *testing.T) {
	var q Quality
	at := time.Unix(1000, 0)
	s := audio.Stats{}
	step := func(got uint64, lost int64) {
		at = at.Add(time.Second)
		s.PacketsReceived += got
		s.Lost += lost
		q.Update(s, at)
	}
	step(0, 0)
	for range 5 {
		step(45, 5)
	}
	if q.Loss < 0.09 || q.Loss > 0.11 || !q.Bad() {
		t.Errorf("loss %.3f, want 0.1", q.Loss)
	}
	for range 12 {
		step(50, 0)
	}
	if q.Loss != 0 || q.Bad() {
		t.Errorf("loss %.3f after 12 good seconds", q.Loss)
	}
	s = audio.Stats{PacketsReceived: 10, Lost: -2} // a new stream; duplicates made the count negative
	q.Update(s, at.Add(time.Second))
	if q.Loss != 0 {
		t.Errorf("loss %.3f on a new stream", q.Loss)
	}
	s.Jitter = 35 * time.Millisecond
	q.Update(s, at.Add(2*time.Second))
	if !q.Bad() {
		t.Error("jitter of 35 ms is bad")
	}
}

func TestDigits(t *testing.T) {
	var d Digits
	th := plain()
	d.Add("12")
	d.Confirm('1')
	if got := DigitsText(th, d, 16); got != "sent 1 sending 2" {
		t.Errorf("%q", got)
	}
	d.Confirm('2')
	d.Confirm('3') // by somebody else
	if got := DigitsText(th, d, 2); got != "sent 23" {
		t.Errorf("%q", got)
	}
}

func TestLevel(t *testing.T) {
	for db, want := range map[float64]float64{0: 1, 6: 1, -27: 0.5, -54: 0, -96: 0} {
		if got := Level(db); got != want {
			t.Errorf("Level(%v) = %v, want %v", db, got, want)
		}
	}
}

func TestSummary(t *testing.T) {
	for _, tt := range []struct {
		raw, want string
	}{
		{"INVITE sip:a@b SIP/2.0\r\nCSeq: 1 INVITE\r\n\r\n", "INVITE sip:a@b"},
		{"SIP/2.0 200 OK\r\nVia: x\r\ncseq :  2  BYE \r\n\r\nCSeq: 3 NO", "200 OK  (BYE)"},
		{"SIP/2.0 486 Busy Here\n\n", "486 Busy Here"},
		{"SIP/2.0 200 OK\r\n\r\nCSeq: 3 BODY", "200 OK"},
		{"\r\n\r\n", "keep-alive"},
		{"", "keep-alive"},
		{"garbage", "garbage"},
	} {
		if got := Summary(trace.Record{Raw: []byte(tt.raw)}); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.raw, got, tt.want)
		}
	}
}

func FuzzMessage(f *testing.F) {
	f.Add([]byte("SIP/2.0 200 OK\r\nCSeq: 1 INVITE\r\n\r\n"), byte(0))
	f.Add([]byte("INVITE sip:a SIP/2.0\r\n"), byte(3))
	f.Fuzz(func(t *testing.T, raw []byte, kind byte) {
		r := trace.Record{Raw: raw, Kind: trace.Kind(kind % 4)}
		if s := Summary(r); len(s) > len(raw)*2+100 {
			t.Fatalf("%d bytes from %d", len(s), len(raw))
		}
		if lines := MessageLines(r); len(lines) < 3 {
			t.Fatalf("%q", lines)
		}
		l := NewLog()
		l.Messages([]trace.Record{r, r})
		block := LogView{Theme: plain(), Log: l, Focused: true}.Render(40, 3)
		for _, line := range cell.Lines(block) {
			if cell.Width(line) != 40 {
				t.Fatalf("%q", line)
			}
		}
	})
}

func TestLogFollowsUntilMoved(t *testing.T) {
	l := NewLog()
	at := time.Unix(1000, 0)
	add := func(n int) {
		for range n {
			at = at.Add(time.Second)
			l.Notice(at, Info, fmt.Sprint(len(l.entries)))
		}
	}
	selected := func() string { _, lines, _ := l.Selected(); return lines[2] }
	add(10)
	if selected() != "9" {
		t.Errorf("follows: %s", selected())
	}
	l.Move(-3)
	add(5)
	if selected() != "6" {
		t.Errorf("stays: %s", selected())
	}
	l.Last()
	add(maxLog)
	if len(l.entries) != maxLog || l.selected != maxLog-1 {
		t.Errorf("%d entries, selected %d", len(l.entries), l.selected)
	}
	l.First()
	first := selected()
	add(1)
	if l.selected != 0 || first == "" {
		t.Errorf("the oldest line may go: selected %d", l.selected)
	}
}

// A message that is read after a notice that it caused still stands before it.
func TestLogIsInOrderOfTime(t *testing.T) {
	l := NewLog()
	at := time.Unix(1000, 0)
	l.Notice(at.Add(time.Second), Info, "later")
	l.Messages([]trace.Record{{Time: at, Raw: []byte("BYE sip:a SIP/2.0\r\n")}})
	if l.entries[0].text != "BYE sip:a" || l.selected != 1 {
		t.Errorf("%+v, selected %d", l.entries, l.selected)
	}
}
