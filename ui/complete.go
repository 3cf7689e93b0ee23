package ui

import (
	"strings"

	"offhook/ui/cell"
	"offhook/ui/people"
	"offhook/ui/words"
)

// suggestions complete the dial line: what there is, and which one the arrows chose.
type suggestions struct {
	list []people.Suggestion
	at   int // none, or an index
}

const (
	none           = -1
	maxSuggestions = 6
)

// resuggest finds what completes the dial line, after something was typed.
func (m *Model) resuggest() {
	m.desk.suggest = suggestions{people.Suggest(m.dial.Text(), m.desk.book, m.desk.past, m.domain(), maxSuggestions), none}
}

// nothingToSuggest takes the suggestions away.
func (m *Model) nothingToSuggest() { m.desk.suggest = suggestions{nil, none} }

// choose moves among the suggestions; false says that the arrow means something else.
func (m *Model) choose(n int) bool {
	s := &m.desk.suggest
	if len(s.list) == 0 || n < 0 && s.at == none {
		return false
	}
	s.at = min(max(s.at+n, none), len(s.list)-1)
	return true
}

// complete puts the chosen suggestion, or the first, into the line.
func (m *Model) complete() {
	s := m.desk.suggest
	if len(s.list) == 0 {
		return
	}
	m.dial.Set(dialText(s.list[max(s.at, 0)].Target))
	m.nothingToSuggest()
}

// dialText is an address as it stands in the dial line: sips and tel mean something.
func dialText(uri string) string {
	if len(uri) > 4 && strings.EqualFold(uri[:4], "sip:") {
		return uri[4:]
	}
	return uri
}

// toDial is what the dial line asks to call, and why not.
func (m *Model) toDial() (string, error) {
	if s := m.desk.suggest; s.at != none && s.at < len(s.list) {
		return s.list[s.at].Target, nil
	}
	return m.desk.book.Target(strings.TrimSpace(m.dial.Text()))
}

// suggestionBox draws the suggestions in at most w by h cells; empty for none.
func (m *Model) suggestionBox(w, h int) string {
	s := m.desk.suggest
	if len(s.list) == 0 || h < 3 {
		return ""
	}
	th := m.theme
	w = min(w, 70)
	in := w - 4
	rows := min(len(s.list), h-2)
	first := max(s.at-rows+1, 0)
	var lines []string
	for i := first; i < first+rows; i++ {
		mark, name := "  ", th.Say(s.list[i].Name)
		addr := th.Say(words.Address(s.list[i].Target))
		if i == s.at {
			mark = th.Key.Render(th.Glyphs.Selected) + " "
		}
		if name == "" {
			name, addr = addr, ""
		}
		name = cell.Trunc(name, in-2, th.Glyphs.Ellipsis)
		if i == s.at {
			name = th.Strong.Render(name)
		}
		lines = append(lines, cell.Fit(mark+name+"  "+th.Dim.Render(addr), in, th.Glyphs.Ellipsis))
	}
	return th.Box("", lines, w, true)
}
