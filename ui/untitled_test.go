package ui

import (
	"fmt"
	"reflect"

	tea "github.com/charmbracelet/bubbletea"
)

// untitled is a Model that leaves the terminal's title alone: Bubble Tea writes it past its
// renderer's lock, into the same compressor that teatest puts there, which a terminal hasn't.
type untitled struct{ tea.Model }

func (u untitled) Init() tea.Cmd { return unnamed(u.Model.Init()) }

func (u untitled) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	_, cmd := u.Model.Update(msg)
	return u, unnamed(cmd)
}

// unnamed is cmd, and all that it is made of, without titles.
func unnamed(cmd tea.Cmd) tea.Cmd {
	if cmd == nil {
		return nil
	}
	return func() tea.Msg {
		msg := cmd()
		if fmt.Sprintf("%T", msg) == "tea.setWindowTitleMsg" {
			return nil
		}
		if v := reflect.ValueOf(msg); v.IsValid() && v.Kind() == reflect.Slice && v.CanConvert(commands) {
			parts := v.Convert(commands).Interface().([]tea.Cmd)
			for i, part := range parts {
				parts[i] = unnamed(part)
			}
		}
		return msg
	}
}
