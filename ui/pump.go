package ui

import (
	"context"
	"sync"

	tea "github.com/charmbracelet/bubbletea"

	"offhook/ua"
)

// pump waits for the Phone's events, one command at a time, and can be closed so
// that no waiting goroutine is left behind.
//
//	Update ── wait ──> goroutine of Bubble Tea: Next ──> eventMsg ──> Update ──> wait …
type pump struct {
	sub    *ua.Subscription
	ctx    context.Context
	cancel context.CancelFunc

	mu      sync.Mutex
	closed  bool // guarded by mu
	waiters sync.WaitGroup
}

// eventMsg brings one event of the Phone.
type eventMsg struct{ event ua.Event }

// phoneGoneMsg tells that no more events will come.
type phoneGoneMsg struct{}

func newPump(p ua.Phone) *pump {
	ctx, cancel := context.WithCancel(context.Background())
	return &pump{sub: p.Subscribe(), ctx: ctx, cancel: cancel}
}

// wait is a tea.Cmd: it blocks until the next event.
func (p *pump) wait() tea.Msg {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil
	}
	p.waiters.Add(1)
	p.mu.Unlock()
	defer p.waiters.Done()
	e, err := p.sub.Next(p.ctx)
	if err != nil {
		return phoneGoneMsg{}
	}
	return eventMsg{e}
}

// close ends the subscription and joins the waiting command.
func (p *pump) close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.cancel()
	p.sub.Close()
	p.waiters.Wait()
}
