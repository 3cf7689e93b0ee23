package event

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

var t0 = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)

// at is an input and when it comes.
type at struct {
	s  float64 // seconds after t0
	in Input
	// want are the effects without timers and changes, as text; phase is what follows.
	want  string
	phase Phase
}

// texts writes effects that go to the network.
func texts(effects []Effect) string {
	var all []string
	for _, e := range effects {
		switch e := e.(type) {
		case SendSubscribe:
			where := "in dialog"
			if e.Fresh {
				where = "new"
			}
			all = append(all, fmt.Sprintf("SUBSCRIBE %s %s", where, Seconds(e.Expires)))
		case SendPublish:
			all = append(all, strings.TrimSpace(fmt.Sprintf("PUBLISH %s body=%t %s", Seconds(e.Expires), e.Body, e.Match)))
		case SendNotify:
			all = append(all, fmt.Sprintf("NOTIFY %s full=%t", e.State, e.Full))
		case Answer:
			text := fmt.Sprint(e.Code)
			if e.Expires > 0 {
				text += " " + Seconds(e.Expires)
			}
			if e.MinExpires > 0 {
				text += " min " + Seconds(e.MinExpires)
			}
			all = append(all, text)
		case SetTimer, StopTimer, Changed:
		}
	}
	return strings.Join(all, ", ")
}

type stepper interface {
	Step(time.Time, Input, []Effect) []Effect
	Snapshot() Snapshot
}

// play runs a script, with the machine's own timers firing in between.
func play(t *testing.T, m stepper, script []at) {
	t.Helper()
	var timer time.Time
	take := func(effects []Effect) {
		for _, e := range effects {
			switch e := e.(type) {
			case SetTimer:
				timer = e.At
			case StopTimer:
				timer = time.Time{}
			}
		}
	}
	for i, step := range script {
		now := t0.Add(time.Duration(math.Round(step.s*1000)) * time.Millisecond)
		if _, tick := step.in.(Tick); tick {
			if timer.IsZero() || timer.After(now) {
				t.Fatalf("step %d: no timer is due at %v s: %v", i, step.s, timer.Sub(t0))
			}
			timer = time.Time{}
		} else if !timer.IsZero() && timer.Before(now) {
			t.Fatalf("step %d: a timer at %v comes before %v s", i, timer.Sub(t0), step.s)
		}
		out := m.Step(now, step.in, nil)
		take(out)
		if got := texts(out); got != step.want {
			t.Fatalf("step %d, %T at %v s: %q, want %q", i, step.in, step.s, got, step.want)
		}
		if got := m.Snapshot().Phase; got != step.phase {
			t.Fatalf("step %d, %T at %v s: %s, want %s (%+v)", i, step.in, step.s, got, step.phase, m.Snapshot())
		}
	}
}

func ok(expires int) Response {
	return Response{Code: 200, Expires: time.Duration(expires) * time.Second, HasExpires: true}
}

func active(expires int) Notify {
	return Notify{State{Phase: Active, Expires: time.Duration(expires) * time.Second, HasExpires: true}}
}

func gone(r Reason, after int) Notify {
	return Notify{State{Phase: Terminated, Reason: r, RetryAfter: time.Duration(after) * time.Second}}
}

func TestSubscriber(t *testing.T) {
	const ask = "SUBSCRIBE new 3600"
	up := []at{
		{0, Start{}, ask, Starting},
		{0.1, ok(600), "", Starting},
		{0.2, active(600), "200", Active},
	}
	for name, script := range map[string][]at{
		"refreshed before it ends": append(slices.Clone(up),
			at{540.2, Tick{}, "SUBSCRIBE in dialog 3600", Active},
			at{541, ok(600), "", Active}, at{541, active(600), "200", Active}),
		"the NOTIFY comes before the 2xx, and its expiry counts": {
			{0, Start{}, ask, Starting}, {0.1, active(100), "200", Active}, {0.2, ok(3600), "", Active},
			{65.1, Tick{}, "SUBSCRIBE in dialog 3600", Active},
		},
		"pending, then active": {
			{0, Start{}, ask, Starting}, {0.1, ok(600), "", Starting},
			{0.2, Notify{State{Phase: Pending}}, "200", Pending}, {1, active(500), "200", Active},
		},
		"423 raises the interval once": {
			{0, Start{}, "SUBSCRIBE new 3600", Starting},
			{1, Response{Code: 423, MinExpires: 7200 * time.Second}, "SUBSCRIBE new 7200", Starting},
			{2, Response{Code: 423, MinExpires: 9999 * time.Second}, "", Waiting},
		},
		"423 without a longer Min-Expires is a refusal": {
			{0, Start{}, ask, Starting}, {1, Response{Code: 423, MinExpires: time.Second}, "", Waiting},
		},
		"489 is for good": {{0, Start{}, ask, Starting}, {1, Response{Code: 489}, "", Terminated}},
		"a wrong password is for good": {
			{0, Start{}, ask, Starting}, {1, Lost{Cause: Credentials}, "", Terminated},
			{2, Start{}, ask, Starting},
		},
		"480 waits for Retry-After": {
			{0, Start{}, ask, Starting}, {1, Response{Code: 480, RetryAfter: 20 * time.Second}, "", Waiting},
			{21, Tick{}, ask, Starting},
		},
		"a time-out backs off": {
			{0, Start{}, ask, Starting}, {32, Lost{Cause: Timeout}, "", Waiting}, {35, Tick{}, ask, Starting},
			{67, Lost{Cause: Timeout}, "", Waiting}, {73, Tick{}, ask, Starting},
		},
		"recovery cuts the wait short": {
			{0, Start{}, ask, Starting}, {32, Lost{Cause: Timeout}, "", Waiting}, {33, Refresh{}, ask, Starting},
		},
		"timer N: a 2xx and no NOTIFY": {
			{0, Start{}, ask, Starting}, {1, ok(600), "", Starting}, {33, Tick{}, "", Waiting},
		},
		"204 needs no NOTIFY": {
			{0, Start{}, ask, Starting}, {1, Response{Code: 204}, "", Active},
			{3241, Tick{}, "SUBSCRIBE in dialog 3600", Active},
		},
		"481 to a refresh: a new dialog": append(slices.Clone(up),
			at{540.2, Tick{}, "SUBSCRIBE in dialog 3600", Active}, at{541, Response{Code: 481}, ask, Starting}),
		"another refusal of a refresh keeps it while it lasts": append(slices.Clone(up),
			at{540.2, Tick{}, "SUBSCRIBE in dialog 3600", Active}, at{541, Response{Code: 500}, "", Active},
			at{544, Tick{}, "SUBSCRIBE in dialog 3600", Active}, at{550, ok(600), "", Active}, at{551, active(600), "200", Active}),
		"deactivated: at once again": append(slices.Clone(up), at{60, gone(Deactivated, 0), "200, " + ask, Starting}),
		"deactivated at once after it began: not in a storm": append(slices.Clone(up),
			at{1, gone(Deactivated, 0), "200", Waiting}),
		"probation: after its time": append(slices.Clone(up),
			at{60, gone(Probation, 30), "200", Waiting}, at{90, Tick{}, ask, Starting}),
		"giveup without a time: later":    append(slices.Clone(up), at{60, gone(GiveUp, 0), "200", Waiting}),
		"rejected: never":                 append(slices.Clone(up), at{60, gone(Rejected, 0), "200", Terminated}),
		"noresource: never":               append(slices.Clone(up), at{60, gone(NoResource, 0), "200", Terminated}),
		"timeout: at once":                append(slices.Clone(up), at{60, gone(TimedOut, 0), "200, " + ask, Starting}),
		"a NOTIFY after the end gets 481": append(slices.Clone(up), at{60, gone(Rejected, 0), "200", Terminated}, at{61, active(9), "481", Terminated}),
		"unsubscribed": append(slices.Clone(up),
			at{60, Stop{}, "SUBSCRIBE in dialog 0", Ending}, at{60.1, ok(0), "", Ending},
			at{60.2, gone(TimedOut, 0), "200", Terminated}),
		"unsubscribed, and the last NOTIFY never comes": append(slices.Clone(up),
			at{60, Stop{}, "SUBSCRIBE in dialog 0", Ending}, at{61, ok(0), "", Ending}, at{93, Tick{}, "", Terminated}),
		"stopped before the answer": {
			{0, Start{}, ask, Starting}, {0.1, Stop{}, "", Ending},
			{0.2, ok(600), "SUBSCRIBE in dialog 0", Ending}, {0.3, gone(TimedOut, 0), "200", Terminated}, {0.4, ok(0), "", Terminated},
		},
		"stopped while it waits": {
			{0, Start{}, ask, Starting}, {32, Lost{Cause: Timeout}, "", Waiting}, {33, Stop{}, "", Terminated},
		},
		"refresh while one is under way comes after it": {
			{0, Start{}, ask, Starting}, {0.1, Refresh{}, "", Starting}, {0.2, ok(600), "SUBSCRIBE in dialog 3600", Starting},
		},
	} {
		t.Run(name, func(t *testing.T) {
			play(t, NewSubscriber(SubscriberConfig{Rand: func() float64 { return 0 }}), script)
		})
	}
}

func TestSubscriberFetch(t *testing.T) {
	play(t, NewSubscriber(SubscriberConfig{Fetch: true}), []at{
		{0, Start{}, "SUBSCRIBE new 0", Starting}, {0.1, ok(0), "", Starting}, {0.2, gone(TimedOut, 0), "200", Terminated},
	})
}

func TestSubscriberFork(t *testing.T) {
	m := NewSubscriber(SubscriberConfig{})
	m.Step(t0, Start{}, nil)
	m.Step(t0, ok(600), nil)
	m.Step(t0, active(600), nil)
	if !m.Awaits() {
		t.Fatal("a subscription that has begun takes no fork")
	}
	f := m.Fork()
	play(t, f, []at{
		{0.1, active(300), "200", Active}, {200, gone(Deactivated, 0), "200", Terminated},
	})
	if err := f.Snapshot().Err; !errors.Is(err, ErrEnded) {
		t.Errorf("the fork ended with %v", err)
	}
}

// Whatever comes in whatever order, one request is under way at a time, no timer
// is in the past, and nothing panics.
func FuzzMachines(f *testing.F) {
	f.Add([]byte{0, 10, 20, 30, 40, 1, 2, 3, 4, 5, 6, 7, 8, 9})
	f.Add([]byte{0, 0, 3, 1, 7, 2, 9, 9, 9})
	f.Fuzz(func(t *testing.T, script []byte) {
		if len(script) > 400 {
			return
		}
		inputs := []Input{
			Start{}, Stop{}, Refresh{}, ok(600), ok(0), Response{Code: 423, MinExpires: time.Hour * 2}, Response{Code: 481},
			Response{Code: 412}, Response{Code: 500}, Lost{Cause: Timeout}, Lost{Cause: Credentials}, active(600), active(0),
			gone(Deactivated, 0), gone(Rejected, 0), gone(GiveUp, 5), Publish{}, Subscribe{}, Subscribe{HasExpires: true},
			Approve{}, Update{}, Terminate{Reason: GiveUp}, Tick{}, Tick{}, Tick{}, Response{Code: 200, ETag: "e", HasExpires: true, Expires: time.Minute},
		}
		for _, m := range []stepper{NewSubscriber(SubscriberConfig{}), NewNotifier(NotifierConfig{Interval: time.Second}), NewPublisher(0, nil)} {
			now := t0
			flying := 0
			for _, b := range script {
				now = now.Add(time.Duration(b%7) * 3 * time.Second)
				in := inputs[int(b)%len(inputs)]
				switch in := in.(type) {
				case Response, Lost:
					flying = 0
				case Notify:
					if in.State.Phase == Terminated {
						flying = 0 // it ends the dialog of the request under way
					}
				}
				for _, e := range m.Step(now, in, nil) {
					switch e := e.(type) {
					case SendSubscribe, SendPublish, SendNotify:
						flying++
						if flying > 1 {
							t.Fatalf("%T sends %T while a request is under way", m, e)
						}
					case SetTimer:
						if e.At.IsZero() {
							t.Fatalf("%T sets no time", m)
						}
					case StopTimer, Changed, Answer:
					}
				}
			}
		}
	})
}
