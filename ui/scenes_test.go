package ui

import (
	"errors"
	"slices"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"offhook/ua"
	"offhook/ua/call"
	"offhook/ua/trace"
	"offhook/ui/theme"
)

// scene brings a screen into a state worth looking at.
type scene struct {
	name string
	make func(t testing.TB, o Options) *bench
}

var scenes = slices.Concat(basicScenes, callScenes, deskScenes, soundScenes, safetyScenes)

var basicScenes = []scene{
	{"idle", func(t testing.TB, o Options) *bench { return newBench(t, o, alice(ua.Registered)) }},
	{"demo", func(t testing.TB, o Options) *bench {
		o.Notice = "demo: dial echo, milliwatt, clip, dtmf, busy, ring, delay, early or hold"
		return newBench(t, o, alice(ua.Registered))
	}},
	{"registration-failed", func(t testing.TB, o Options) *bench {
		return newBench(t, o, refused("alice", "sip:alice@example.com"), ua.Registration{Account: "work", AOR: "sip:bob@work.example", State: ua.Registering})
	}},
	{"calling", func(t testing.TB, o Options) *bench {
		b := newBench(t, o, alice(ua.Registered))
		b.press("echo@example.com", "enter")
		b.set(outgoing(1, call.Calling))
		b.after(4 * time.Second)
		b.tickNow()
		return b
	}},
	{"ringing-in", func(t testing.TB, o Options) *bench {
		b := newBench(t, o, alice(ua.Registered))
		b.set(incoming(1, "Bob Builder", "sip:bob@example.net"))
		b.after(3 * time.Second)
		b.tickNow()
		return b
	}},
	{"two-calls", twoCalls},
	{"held-by-both", func(t testing.TB, o Options) *bench {
		b := twoCalls(t, o)
		b.change(1, func(c *ua.CallInfo) { c.Hold = ua.Hold{Desired: true, Local: true, Remote: true} })
		b.change(2, func(c *ua.CallInfo) { c.Hold = ua.Hold{Desired: true} })
		return b
	}},
	{"keypad", func(t testing.TB, o Options) *bench {
		b := oneCall(t, o)
		b.press("k", "42", "#")
		b.phone.Post(ua.DigitSent{Meta: b.phone.Meta(), Call: b.phone.Call(1), Digit: '4'})
		b.drain()
		return b
	}},
	{"help", func(t testing.TB, o Options) *bench {
		b := oneCall(t, o)
		b.press("?")
		return b
	}},
	{"log", func(t testing.TB, o Options) *bench {
		b := oneCall(t, o)
		b.trace(100*time.Millisecond, trace.Out, invite)
		b.trace(200*time.Millisecond, trace.In, ringing)
		b.trace(1900*time.Millisecond, trace.In, ok200)
		b.log.Trace(trace.Record{Time: start.Add(40 * time.Second), Kind: trace.Malformed, Raw: []byte("\x00\x01"), Note: "no request or status line"})
		b.drain()
		if !b.logVisible() {
			b.press("ctrl+l")
		}
		b.press("tab", "up")
		return b
	}},
	{"message", func(t testing.TB, o Options) *bench {
		b := oneCall(t, o)
		b.trace(100*time.Millisecond, trace.Out, invite)
		if !b.logVisible() {
			b.press("ctrl+l")
		}
		b.press("tab", "home", "down", "down", "enter")
		return b
	}},
	{"first-run", func(t testing.TB, o Options) *bench {
		o.FirstRun, o.SaveAccount = true, func(AccountForm) error { return nil }
		return newBench(t, o)
	}},
	{"form-error", func(t testing.TB, o Options) *bench {
		o.FirstRun, o.SaveAccount = true, func(AccountForm) error { return nil }
		b := newBench(t, o)
		b.press("alice@exa mple.com", "enter")
		return b
	}},
	{"ended", func(t testing.TB, o Options) *bench {
		b := newBench(t, o, alice(ua.Registered))
		for i, c := range []ua.CallInfo{
			{Cause: call.RemoteHangup, Answered: start.Add(time.Second), Ended: start.Add(84 * time.Second), RemoteName: "Bob Builder", RemoteURI: "sip:bob@example.net"},
			{Cause: call.RemoteCanceled, Direction: ua.Incoming, Ended: start.Add(12 * time.Second), RemoteURI: "sip:+15550100@example.net"},
			{Cause: call.Rejected, Code: 486, Reason: "Busy Here", Ended: start.Add(time.Second), RemoteURI: "sip:carol@example.com",
				Err: errors.New("the other side is busy (486 Busy Here)")},
		} {
			c.ID, c.State, c.Created = ua.CallID(i+1), call.Ended, start
			b.set(c)
		}
		return b
	}},
	{"quit", func(t testing.TB, o Options) *bench {
		b := oneCall(t, o)
		b.press("ctrl+c")
		return b
	}},
}

func oneCall(t testing.TB, o Options) *bench {
	b := newBench(t, o, alice(ua.Registered))
	b.press("echo@example.com", "enter")
	b.set(talking(1, "Echo test", "sip:echo@example.com"))
	b.phone.SetMeters(1, meters(-22, -9))
	b.after(43 * time.Second)
	b.tickNow()
	b.phone.Commands()
	return b
}

func twoCalls(t testing.TB, o Options) *bench {
	b := oneCall(t, o)
	b.change(1, func(c *ua.CallInfo) { c.Focus, c.Hold = false, ua.Hold{Desired: true, Local: true} })
	in := incoming(2, "Bob Builder", "sip:bob@example.net")
	in.Created = b.clock
	b.set(in)
	b.after(3 * time.Second)
	b.press("a")
	c := talking(2, "Bob Builder", "sip:bob@example.net")
	c.Direction, c.Answered, c.Codec = ua.Incoming, b.clock, "PCMU/8000"
	c.Muted, c.Recording = true, "offhook-20260314-092653-bob.wav"
	b.set(c)
	m := meters(-30, -12)
	b.phone.SetMeters(2, m)
	b.tickNow()
	b.after(10 * time.Second)
	m.PacketsReceived, m.Lost, m.Jitter = m.PacketsReceived+500, m.Lost+12, 41*time.Millisecond
	b.phone.SetMeters(2, m)
	b.tickNow()
	b.phone.Commands()
	return b
}

func (s scene) at(t testing.TB, w, h int, o theme.Options) *bench {
	b := s.make(t, Options{Theme: o})
	b.send(tea.WindowSizeMsg{Width: w, Height: h})
	return b
}
