package ui

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/exp/teatest"

	"offhook/ua"
	"offhook/ua/call"
	"offhook/ui/theme"
	"offhook/ui/uitest"
)

// counter counts the messages that reach a model.
type counter struct {
	*Model
	n *atomic.Int64
}

func (c *counter) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	c.n.Add(1)
	_, cmd := c.Model.Update(msg)
	return c, cmd
}

// A screen with nothing to tell sleeps: an hour passes without one message.
func TestIdleScreenCostsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := uitest.New(time.Now, nil, alice(ua.Registered))
		m := &counter{Model: New(Options{Phone: p, Theme: theme.Options{Color: theme.Plain}}), n: new(atomic.Int64)}
		r, w := io.Pipe()
		program := tea.NewProgram(m, tea.WithInput(r), tea.WithOutput(io.Discard), tea.WithoutRenderer(), tea.WithoutSignalHandler())
		done := make(chan error, 1)
		go func() { _, err := program.Run(); done <- err }()
		program.Send(tea.WindowSizeMsg{Width: 80, Height: 24})
		synctest.Wait()
		before := m.n.Load()
		time.Sleep(time.Hour)
		synctest.Wait()
		if n := m.n.Load() - before; n != 0 {
			t.Errorf("%d messages in an idle hour", n)
		}

		// In a call it wakes for the meters, and sleeps again after.
		p.Set(talking(1, "Bob", "sip:bob@example.net"))
		time.Sleep(10 * time.Second)
		if n := m.n.Load() - before; n < 90 || n > 110 {
			t.Errorf("%d messages in 10 s of a call, want about 100", n)
		}
		p.Change(1, func(c *ua.CallInfo) { c.State, c.Cause = call.Ended, call.RemoteHangup })
		time.Sleep(time.Second)
		before = m.n.Load()
		time.Sleep(time.Hour)
		if n := m.n.Load() - before; n != 0 {
			t.Errorf("%d messages in an idle hour after a call", n)
		}
		_, _ = w.Write([]byte{3}) // ctrl+c
		if err := <-done; err != nil {
			t.Error(err)
		}
		w.Close()
		m.Close()
	})
}

func TestRunEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := uitest.New(time.Now, nil, alice(ua.Registered))
		ctx, cancel := context.WithCancelCause(context.Background())
		terminated := errors.New("terminated")
		r, w := io.Pipe()
		var out bytes.Buffer
		done := make(chan error, 1)
		go func() {
			done <- Run(ctx, Options{Phone: p, Theme: theme.Options{Color: theme.Plain}}, tea.WithInput(r), tea.WithOutput(&out))
		}()
		time.Sleep(time.Second)
		cancel(terminated)
		if err := <-done; !errors.Is(err, terminated) {
			t.Errorf("got %v", err)
		}
		w.Close()
	})
}

// A caller's first minute, on a terminal: dial, talk, send digits, hold, resume,
// hang up, take a call, quit.
func TestCallFromEndToEnd(t *testing.T) {
	confirm := func(p *uitest.Phone, id ua.CallID) {
		c := p.Call(id)
		c.State, c.Answered, c.Codec, c.Focus = call.Confirmed, time.Now(), "opus/48000", true
		p.Set(c)
	}
	phone := uitest.New(time.Now, func(p *uitest.Phone, command string, id ua.CallID) {
		switch command {
		case "dial":
			p.Set(ua.CallInfo{ID: id, State: call.Early, RemoteURI: "sip:echo@example.com", Created: time.Now()})
			confirm(p, id)
		case "answer":
			confirm(p, id)
		case "dtmf":
			p.Post(ua.DigitSent{Meta: p.Meta(), Call: p.Call(id), Digit: '7'})
		case "hold":
			p.Change(id, func(c *ua.CallInfo) { c.Hold = ua.Hold{Desired: true, Local: true} })
		case "resume":
			p.Change(id, func(c *ua.CallInfo) { c.Hold = ua.Hold{} })
		case "hangup":
			p.Change(id, func(c *ua.CallInfo) { c.State, c.Cause, c.Ended = call.Ended, call.LocalHangup, time.Now() })
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
	tm.Type("echo")
	tm.Send(enter)
	see("talking")
	tm.Type("7")
	see("sent 7")
	tm.Type("h")
	see("on hold")
	tm.Type("h")
	see("talking")
	tm.Type("x")
	see("You hung up on echo@example.com")
	phone.Set(incoming(9, "Bob", "sip:bob@example.net"))
	see("a answer")
	ahead.Store(int64(time.Minute))
	tm.Type("a")
	see("talking")
	tm.Send(tea.KeyMsg{Type: tea.KeyCtrlC})
	see("Hang up on Bob and quit?")
	tm.Type("y")
	tm.WaitFinished(t, teatest.WithFinalTimeout(10*time.Second))
	got := strings.Join(phone.Commands(), "; ")
	if want := "dial 1 echo from alice; dtmf 1 7; hold 1; resume 1; hangup 1; answer 9"; got != want {
		t.Errorf("commands\n got %s\nwant %s", got, want)
	}
}

// The first screen must come at once: New and the first View are all of ours in it.
func BenchmarkFirstScreen(b *testing.B) {
	p := uitest.New(time.Now, nil, alice(ua.Registered))
	for b.Loop() {
		m := New(Options{Phone: p, Theme: theme.Options{Color: theme.Plain}})
		m.Init()
		m.Update(tea.WindowSizeMsg{Width: 120, Height: 40})
		if m.View() == "" {
			b.Fatal("nothing to see")
		}
		m.Close()
	}
}

// BenchmarkMeterTick is what a call costs the screen ten times a second.
func BenchmarkMeterTick(b *testing.B) {
	m := oneCall(b, Options{})
	m.size(120, 40)
	for b.Loop() {
		m.tickNow()
		m.View()
	}
}
