package call

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// world watches a machine from outside and keeps what must hold.
type world struct {
	t       *rapid.T
	m       *Machine
	now     time.Time
	timers  map[Timer]time.Time
	ends    int
	invites map[Round]bool  // sent and without a final response
	success map[string]bool // "round/tag" of 2xx that came
	pending []Request       // requests that have no final response
	next    Request
	rounds  Round
}

func (w *world) step(in Input) {
	before := w.m.State()
	for _, e := range w.m.Step(w.now, in, nil) {
		w.effect(in, e)
	}
	after := w.m.State()
	switch {
	case w.ends > 1:
		w.t.Fatalf("ended %d times", w.ends)
	case (after == Ended) != (w.ends == 1):
		w.t.Fatalf("state %v with %d ends", after, w.ends)
	case before == Ended && after != Ended:
		w.t.Fatalf("%v after the end", after)
	case after == Ended && len(w.timers) > 0:
		w.t.Fatalf("timers after the end: %v", w.timers)
	case before == Closing && after != Closing && after != Ended:
		w.t.Fatalf("%v after Closing", after)
	case w.m.Ringback() && after != Early:
		w.t.Fatalf("ringback in %v", after)
	}
	if h := w.m.Hold(); after == Confirmed && h.Desired != h.Local && len(w.invites) == 0 &&
		w.m.server == serverNone && w.timers[GlareTimer].IsZero() {
		w.t.Fatalf("hold %+v and nothing under way", h)
	}
}

func (w *world) effect(in Input, e Effect) {
	switch e := e.(type) {
	case SendInvite:
		if len(w.invites) > 0 {
			w.t.Fatalf("INVITE %d while %v are under way", e.Round, w.invites)
		}
		if w.m.server == serverUnacked {
			w.t.Fatal("INVITE before the ACK to our 2xx")
		}
		w.invites[e.Round], w.rounds = true, e.Round
	case Resend:
		if !w.invites[e.Round] {
			w.t.Fatalf("INVITE %d again, which is over", e.Round)
		}
	case SendAck:
		if !w.success[fmt.Sprint(e.Round, "/", e.Tag)] {
			w.t.Fatalf("ACK to no 2xx: %+v after %T%+v", e, in, in)
		}
	case SendCancel:
		if !w.invites[0] {
			w.t.Fatal("CANCEL of no INVITE")
		}
	case SetTimer:
		if e.After < 0 || e.After > 2*time.Minute {
			w.t.Fatalf("timer %v of %v", e.Timer, e.After)
		}
		w.timers[e.Timer] = w.now.Add(e.After)
	case StopTimer:
		if w.timers[e.Timer].IsZero() {
			w.t.Fatalf("timer %v wasn't running", e.Timer)
		}
		delete(w.timers, e.Timer)
	case Respond:
		w.answered(e.Req, e.Code)
	case Accept:
		if w.m.client != clientNone {
			w.t.Fatal("an offer was taken while ours is under way")
		}
		w.answered(e.Req, 200)
	case End:
		w.ends++
		if e.Cause == CauseNone {
			w.t.Fatal("an end without a cause")
		}
	case SendBye, SendInfo, Reaccept, Apply, Establish, StopMedia, Digit, DigitSent, DigitsFailed, HoldFailed:
	}
}

func (w *world) answered(r Request, code int) {
	i := slices.Index(w.pending, r)
	if i < 0 {
		w.t.Fatalf("%d to request %d, which has its response or never came", code, r)
	}
	if code >= 200 {
		w.pending = slices.Delete(w.pending, i, i+1)
	}
}

func (w *world) request() Request {
	w.next++
	w.pending = append(w.pending, w.next)
	return w.next
}

var bodies = rapid.SampledFrom([]Body{{}, answer, held, broken, {Kind: Malformed}})

// response draws one that a transaction layer could give: nothing follows a final
// response but a 2xx again.
func (w *world) response(t *rapid.T) {
	round := Round(rapid.Uint32Range(0, uint32(w.rounds)).Draw(t, "round"))
	code := rapid.SampledFrom([]int{100, 180, 183, 200, 200, 401, 408, 481, 486, 487, 488, 491, 500, 603}).Draw(t, "code")
	tag := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "tag")
	if round > 0 {
		tag = w.m.Tag() // a re-INVITE goes to one peer
	}
	if !w.invites[round] && (code < 200 || code >= 300) {
		return
	}
	if code/100 == 2 {
		if !w.invites[round] && !w.success[fmt.Sprint(round, "/", tag)] && (round > 0 || !w.m.cfg.Outgoing || w.rounds == 0 && w.m.State() == Idle) {
			return
		}
		if !w.m.cfg.Outgoing && round == 0 {
			return
		}
		w.success[fmt.Sprint(round, "/", tag)] = true
	}
	if code >= 200 {
		delete(w.invites, round)
	}
	w.step(Response{Round: round, Tag: tag, Code: code, Body: bodies.Draw(t, "body")})
}

func TestAnySequence(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := Config{
			Outgoing:     rapid.Bool().Draw(t, "outgoing"),
			EndOnTimeout: rapid.Bool().Draw(t, "policy"),
			Rand:         func() float64 { return 0.5 },
		}
		w := &world{
			t: t, m: New(cfg), now: zero, timers: map[Timer]time.Time{},
			invites: map[Round]bool{}, success: map[string]bool{},
		}
		if !cfg.Outgoing {
			w.step(RemoteInvite{Req: w.request(), Body: rapid.SampledFrom([]Body{{}, answer, held}).Draw(t, "offer")})
		}
		t.Repeat(map[string]func(*rapid.T){
			"ready":    func(*rapid.T) { w.step(Ready{}) },
			"unready":  func(*rapid.T) { w.step(Unready{MediaFailure, errX}) },
			"answer":   func(*rapid.T) { w.step(Answer{}) },
			"reject":   func(t *rapid.T) { w.step(Reject{Code: rapid.IntRange(0, 700).Draw(t, "code")}) },
			"hangup":   func(*rapid.T) { w.step(Hangup{}) },
			"close":    func(*rapid.T) { w.step(Hangup{Shutdown}) },
			"hold":     func(t *rapid.T) { w.step(SetHold{rapid.Bool().Draw(t, "on")}) },
			"digits":   func(*rapid.T) { w.step(Digits{"12"}) },
			"info":     func(t *rapid.T) { w.step(InfoDone{Code: rapid.SampledFrom([]int{0, 200, 415, 481}).Draw(t, "code")}) },
			"response": w.response,
			"failed": func(t *rapid.T) {
				for round := range w.invites {
					delete(w.invites, round)
					w.step(Failed{Round: round, Cause: rapid.SampledFrom([]Cause{Timeout, TransportFailure, AuthFailure}).Draw(t, "cause")})
					return
				}
			},
			"restart": func(*rapid.T) {
				for round := range w.invites {
					sent := false
					for _, e := range w.m.Step(w.now, Restart{round}, nil) {
						_, again := e.(Resend)
						sent = sent || again
						w.effect(Restart{round}, e)
					}
					if !sent {
						delete(w.invites, round)
					}
					return
				}
			},
			"bye done": func(t *rapid.T) { w.step(ByeDone{rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "tag")}) },
			"invite": func(t *rapid.T) {
				w.step(RemoteInvite{Req: w.request(), Body: bodies.Draw(t, "body")})
			},
			"ack":    func(t *rapid.T) { w.step(RemoteAck{bodies.Draw(t, "body")}) },
			"cancel": func(*rapid.T) { w.step(RemoteCancel{w.request()}) },
			"bye":    func(*rapid.T) { w.step(RemoteBye{w.request()}) },
			"their info": func(t *rapid.T) {
				w.step(RemoteInfo{Req: w.request(), OK: rapid.Bool().Draw(t, "ok"), Digit: '5'})
			},
			"flow": func(t *rapid.T) { w.step(Flow{On: rapid.Bool().Draw(t, "on")}) },
			"time": func(t *rapid.T) {
				for _, timer := range []Timer{RingTimer, AnswerTimer, AckTimer, GlareTimer, CloseTimer} {
					if at, ok := w.timers[timer]; ok {
						delete(w.timers, timer)
						w.now = at
						w.step(Expired{timer})
						return
					}
				}
			},
			"a timer that was stopped": func(t *rapid.T) {
				timer := Timer(rapid.IntRange(0, NumTimers+1).Draw(t, "timer"))
				if _, running := w.timers[timer]; !running {
					w.step(Expired{timer})
				}
			},
		})
		w.drain()
	})
}

// drain lets time pass: with peers that say nothing more, a hang-up ends every call.
func (w *world) drain() {
	w.step(Hangup{})
	for round := range w.invites {
		if w.m.State() != Ended {
			delete(w.invites, round)
			w.step(Failed{Round: round, Cause: Timeout})
		}
	}
	for i := 0; w.m.State() != Ended; i++ {
		if i > 100 || len(w.timers) == 0 {
			w.t.Fatalf("stuck in %v, timers %v", w.m.State(), w.timers)
		}
		for timer, at := range w.timers {
			delete(w.timers, timer)
			w.now = at
			w.step(Expired{timer})
			break
		}
	}
	for _, r := range w.pending {
		w.t.Fatalf("request %d was never answered", r)
	}
}
