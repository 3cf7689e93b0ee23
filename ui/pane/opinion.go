package pane

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/lipgloss"

	"offhook/audio"
	"offhook/ua/call"
	"offhook/ui/cell"
	"offhook/ui/words"
)

// rated reports that the call's third line has something to say.
func rated(c *Call) bool {
	return c.Info.State == call.Confirmed && (c.Stats.MOSIn.Known() || c.Stats.MOSOut.Known())
}

// opinion is the third line of a call: how each side hears the other, and what makes it so.
//
//	in good ▰▰▰▰▱ 4.1  out fair ▰▰▰▱▱ 3.7  delay 86 ms  jitter 4 ms
func (p Calls) opinion(c *Call, width int) string {
	s, narrow := c.Stats, width < Narrow
	var parts []string
	for _, way := range []struct {
		name string
		q    audio.Quality
	}{{"in", s.MOSIn}, {"out", s.MOSOut}} {
		if q := way.q; q.Known() {
			part := way.name + " " + p.grade(q).Render(words.GradeOf(q).String()) + " "
			if !narrow {
				part += p.Theme.Steps(int(words.GradeOf(q)), int(words.Excellent)) + " "
			}
			parts = append(parts, part+fmt.Sprintf("%.1f", q.CQ))
		}
	}
	if in := s.CodecIn; in != "" && !strings.EqualFold(in, words.Codec(c.Info.Codec)) && len(parts) > 0 {
		parts[0] += " " + p.Theme.Say(in)
	}
	dim := func(s string) { parts = append(parts, p.Theme.Dim.Render(s)) }
	if d := s.MOSIn.Delay; d > 0 {
		dim("delay " + words.Millis(d))
	}
	if c.Quality.Jitter < BadJitter { // else the line above says it
		dim("jitter " + words.Millis(s.Jitter))
	}
	if s.Playout > 0 {
		dim("buffer " + words.Millis(s.Playout))
	}
	line := "     " + parts[0]
	for _, part := range parts[1:] {
		if cell.Width(line)+2+cell.Width(part) <= width {
			line += "  " + part
		}
	}
	return cell.Fit(line, width, p.Theme.Glyphs.Ellipsis)
}

func (p Calls) grade(q audio.Quality) lipgloss.Style {
	switch words.GradeOf(q) {
	case words.Bad:
		return p.Theme.Bad
	case words.Poor:
		return p.Theme.Warn
	case words.Good, words.Excellent:
		return p.Theme.Good
	case words.Ungraded, words.Fair:
	}
	return p.Theme.Text
}
