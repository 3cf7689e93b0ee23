package ui

import (
	"context"
	"sync"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"offhook/ua"
	"offhook/ua/trace"
)

// pump waits for the Phone's events, the log's records and the next tick, each by a
// command of its own, and can be closed so that no waiting goroutine is left behind.
//
//	Update ── event, log, after ──> goroutine of Bubble Tea: waits ──> message ──> Update ──> …
type pump struct {
	sub     *ua.Subscription
	records <-chan trace.Record // nil without a log
	cancels []func()
	ctx     context.Context

	mu      sync.Mutex
	closed  bool // guarded by mu
	waiters sync.WaitGroup
}

// eventMsg brings one event of the Phone.
type eventMsg struct{ event ua.Event }

// phoneGoneMsg tells that no more events will come.
type phoneGoneMsg struct{}

// recordsMsg brings what was recorded since the last one.
type recordsMsg struct{ records []trace.Record }

// logDepth is how many records may wait for the screen.
const logDepth = 1024

func newPump(p ua.Phone, l Log) *pump {
	ctx, cancel := context.WithCancel(context.Background())
	q := &pump{sub: p.Subscribe(), ctx: ctx, cancels: []func(){cancel}}
	if l != nil {
		records, stop := l.Subscribe(logDepth)
		q.records = records
		q.cancels = append(q.cancels, stop)
	}
	return q
}

// enter counts a command as waiting, unless the pump is closed.
func (p *pump) enter() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	p.waiters.Add(1)
	return true
}

// event is a tea.Cmd: it waits for the next event.
func (p *pump) event() tea.Msg {
	if !p.enter() {
		return nil
	}
	defer p.waiters.Done()
	e, err := p.sub.Next(p.ctx)
	if err != nil {
		return phoneGoneMsg{}
	}
	return eventMsg{e}
}

// log is a tea.Cmd: it waits for a record, and takes those behind it along.
func (p *pump) log() tea.Msg {
	if p.records == nil || !p.enter() {
		return nil
	}
	defer p.waiters.Done()
	var msg recordsMsg
	select {
	case <-p.ctx.Done():
		return nil
	case r, ok := <-p.records:
		if !ok {
			return nil
		}
		msg.records = append(msg.records, r)
	}
	for len(msg.records) < logDepth {
		select {
		case r, ok := <-p.records:
			if !ok {
				return msg
			}
			msg.records = append(msg.records, r)
		default:
			return msg
		}
	}
	return msg
}

// after is a tea.Cmd that waits; tea.Tick would go on when the screen has closed.
func (p *pump) after(d time.Duration, msg tea.Msg) tea.Cmd {
	return func() tea.Msg {
		if !p.enter() {
			return nil
		}
		defer p.waiters.Done()
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-p.ctx.Done():
			return nil
		case <-timer.C:
			return msg
		}
	}
}

// when is a tea.Cmd that waits for a sign, and ends without a message when none can come.
func (p *pump) when(sign <-chan struct{}, msg tea.Msg) tea.Cmd {
	return func() tea.Msg {
		if !p.enter() {
			return nil
		}
		defer p.waiters.Done()
		select {
		case <-p.ctx.Done():
		case _, ok := <-sign:
			if ok {
				return msg
			}
		}
		return nil
	}
}

// close ends both subscriptions and joins the waiting commands.
func (p *pump) close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	for _, cancel := range p.cancels {
		cancel()
	}
	p.sub.Close()
	p.waiters.Wait()
}
