package ui

import (
	"bytes"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/exp/teatest"

	"offhook/ua"
	"offhook/ua/call"
	"offhook/ui/theme"
	"offhook/ui/uitest"
)

// An operator's minute, on a terminal: two calls, a conference, one taken out, a
// transfer to the other, and a caller sent on while nothing may disturb.
func TestCallsOnCallsFromEndToEnd(t *testing.T) {
	end := func(p *uitest.Phone, id ua.CallID) {
		p.Change(id, func(c *ua.CallInfo) { c.State, c.Cause, c.Ended = call.Ended, call.LocalHangup, time.Now() })
	}
	phone := uitest.New(time.Now, func(p *uitest.Phone, command string, id ua.CallID) {
		switch command {
		case "dial":
			c := talking(id, []string{"Bob", "Carol"}[id-1], "sip:someone@example.com")
			c.Answered = time.Now()
			p.Set(c)
		case "conference":
			for id := range ua.CallID(2) {
				p.Change(id+1, func(c *ua.CallInfo) { c.Conference = true })
			}
		case "split":
			for id := range ua.CallID(2) {
				p.Change(id+1, func(c *ua.CallInfo) { c.Conference = false })
			}
			p.Change(id, func(c *ua.CallInfo) { c.Hold = ua.Hold{Desired: true, Local: true} })
		case "transfer-to":
			c := p.Call(id)
			c.Transfer = ua.TransferInfo{State: call.TransferDone, Target: "sip:bob@example.com", Call: 1}
			p.Post(ua.TransferChanged{Meta: p.Meta(), Call: c})
			p.Set(c)
			end(p, id)
			end(p, 1)
		case "redirect":
			p.Change(id, func(c *ua.CallInfo) {
				c.State, c.Cause, c.Ended, c.ForwardedTo = call.Ended, call.Declined, time.Now(), "sip:dave@example.com"
			})
		}
	}, alice(ua.Registered))
	var ahead atomic.Int64 // moves the screen's clock past the grace, without waiting
	m := New(Options{
		Phone: phone, Theme: theme.Options{Color: theme.Plain},
		Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) },
	})
	defer m.Close()
	tm := teatest.NewTestModel(t, untitled{m}, teatest.WithInitialTermSize(80, 24))
	see := func(text string) {
		t.Helper()
		teatest.WaitFor(t, tm.Output(), func(b []byte) bool { return bytes.Contains(b, []byte(text)) },
			teatest.WithDuration(10*time.Second), teatest.WithCheckInterval(5*time.Millisecond))
	}
	enter := tea.KeyMsg{Type: tea.KeyEnter}
	see("registered")
	tm.Type("bob")
	tm.Send(enter)
	see("talking")
	tm.Type("ncarol")
	tm.Send(enter)
	see("Carol")
	tm.Type("c")
	see("In the conference: you, Bob, Carol")
	tm.Type("o")
	see("The conference is over")
	tm.Type("t")
	see("Transfer Carol to")
	tm.Send(enter)
	see("Carol is connected to bob@example.com")
	ahead.Store(int64(time.Minute))
	tm.Send(tea.KeyMsg{Type: tea.KeyCtrlO})
	see("do not disturb")
	phone.Set(incoming(9, "Erin", "sip:erin@example.net")) // a rule lets her ring
	see("f send on")
	ahead.Store(int64(2 * time.Minute))
	tm.Type("f")
	see("Send Erin on to")
	tm.Type("dave")
	tm.Send(enter)
	see("was sent on to dave@example.com")
	ahead.Store(int64(3 * time.Minute))
	tm.Send(tea.KeyMsg{Type: tea.KeyCtrlC})
	tm.WaitFinished(t, teatest.WithFinalTimeout(10*time.Second))
	got := strings.Join(phone.Commands(), "; ")
	if want := "dial 1 bob from alice; dial 2 carol from alice; conference []; split 2; transfer-to 2 1; policy; redirect 9 dave"; got != want {
		t.Errorf("commands\n got %s\nwant %s", got, want)
	}
}
