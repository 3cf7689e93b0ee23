package ui

import (
	"context"
	"reflect"
	"sync"

	tea "github.com/charmbracelet/bubbletea"

	"offhook/ua/trace"
)

// guard is the Model with a net under it. Bubble Tea recovers too, but it prints what panicked
// as it is, secrets and all, on a terminal that isn't restored yet. A panic ends the screen by
// its context; Run tells it when the terminal is as it was.
type guard struct {
	tea.Model
	end context.CancelFunc

	mu    sync.Mutex
	crash *trace.Panic // the first; guarded by mu: commands run beside the loop
}

// catch is deferred around all that is ours.
func (g *guard) catch() {
	if r := recover(); r != nil {
		p := trace.Panicked(r)
		g.mu.Lock()
		if g.crash == nil {
			g.crash = p
		}
		g.mu.Unlock()
		g.end()
	}
}

// crashed is the panic that has ended the screen, nil for none.
func (g *guard) crashed() *trace.Panic {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.crash
}

func (g *guard) Init() (cmd tea.Cmd) {
	defer g.catch()
	return g.guarded(g.Model.Init())
}

func (g *guard) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	return g, g.update(msg)
}

func (g *guard) update(msg tea.Msg) (cmd tea.Cmd) {
	defer g.catch()
	_, cmd = g.Model.Update(msg)
	return g.guarded(cmd)
}

func (g *guard) View() (view string) {
	defer g.catch()
	return g.Model.View()
}

var commands = reflect.TypeFor[[]tea.Cmd]()

// guarded is cmd, and all that it may be made of, with the net.
func (g *guard) guarded(cmd tea.Cmd) tea.Cmd {
	if cmd == nil {
		return nil
	}
	return func() (msg tea.Msg) {
		defer g.catch()
		msg = cmd()
		// tea.BatchMsg, and that of tea.Sequence, which has no name: slices of commands.
		if v := reflect.ValueOf(msg); v.IsValid() && v.Kind() == reflect.Slice && v.CanConvert(commands) {
			parts := v.Convert(commands).Interface().([]tea.Cmd) // the message's own
			for i, part := range parts {
				parts[i] = g.guarded(part)
			}
		}
		return msg
	}
}
