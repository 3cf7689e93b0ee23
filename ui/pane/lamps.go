package pane

import (
	"fmt"

	"offhook/ui/cell"
	"offhook/ui/people"
	"offhook/ui/theme"
	"offhook/ui/words"
)

// LampText is a lamp in words and a glyph, with what the person says.
func LampText(th *theme.Theme, w people.Watched) string {
	text := words.Lamp(w.Lamp)
	if w.Note != "" && w.Lamp <= people.LampFree {
		text += ": " + w.Note
	}
	return lampGlyph(th, w.Lamp) + " " + lampStyle(th, w.Lamp)(th.Say(text))
}

func lampGlyph(th *theme.Theme, l people.Lamp) string {
	g := th.Glyphs
	glyph := g.LampUnknown
	switch l {
	case people.LampFree:
		glyph = g.Off
	case people.LampRinging:
		glyph = g.Ring
	case people.LampTalking, people.LampCalling:
		glyph = g.On
	case people.LampHeld, people.LampAway:
		glyph = g.Busy
	case people.LampOffline:
		glyph = g.Dot
	case people.LampUnknown:
	}
	return lampStyle(th, l)(glyph)
}

func lampStyle(th *theme.Theme, l people.Lamp) func(...string) string {
	switch l {
	case people.LampFree:
		return th.Good.Render
	case people.LampRinging:
		return th.Key.Render
	case people.LampTalking, people.LampCalling, people.LampHeld:
		return th.Bad.Render
	case people.LampAway:
		return th.Warn.Render
	case people.LampOffline, people.LampUnknown:
	}
	return th.Dim.Render
}

// Lamps draws everybody who is watched side by side in one line. When not all fit, what
// counts most is kept: who rings, then who talks.
type Lamps struct {
	Theme   *theme.Theme
	Watched []people.Watched
	// Name is the short name of an address.
	Name func(uri string) string
}

// Render draws exactly width cells.
func (p Lamps) Render(width int) string {
	th := p.Theme
	const gap = 3
	texts := make([]string, len(p.Watched))
	room := width - 2 - 6 // for how many more there are
	kept := make([]bool, len(p.Watched))
	for i, w := range p.Watched {
		name := cell.Trunc(th.Say(p.Name(w.URI)), 20, th.Glyphs.Ellipsis)
		texts[i] = lampGlyph(th, w.Lamp) + " " + name + " " + lampStyle(th, w.Lamp)(th.Say(words.Lamp(w.Lamp)))
	}
	more := len(p.Watched)
	for l := people.LampRinging; ; l-- {
		for i, w := range p.Watched {
			if w.Lamp == l && cell.Width(texts[i])+gap <= room {
				kept[i] = true
				more--
				room -= cell.Width(texts[i]) + gap
			}
		}
		if l == people.LampUnknown {
			break
		}
	}
	line := " "
	for i := range texts {
		if kept[i] {
			line += texts[i] + "   "
		}
	}
	if more > 0 {
		line += th.Dim.Render(fmt.Sprintf("+%d", more))
	}
	return cell.Fit(line, width, "")
}
