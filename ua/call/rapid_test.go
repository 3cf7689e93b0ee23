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

	updating bool            // our UPDATE has no answer
	pracks   int             // PRACKs of ours without one
	rseqs    map[string]bool // "tag/RSeq" that we acknowledged
	reliable uint32          // the newest RSeq of ours
	canceled map[Round]bool
}

func (w *world) step(in Input) {
	w.t.Logf("%T%+v", in, in)
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
	case after == Ended && len(w.timers) > 0 && (len(w.timers) > 1 || w.timers[TransferTimer].IsZero() || !w.m.Transfer().Active()):
		w.t.Fatalf("timers after the end: %v", w.timers)
	case before == Closing && after != Closing && after != Ended:
		w.t.Fatalf("%v after Closing", after)
	case w.m.Ringback() && after != Early:
		w.t.Fatalf("ringback in %v", after)
	}
	if h := w.m.Hold(); after == Confirmed && h.Desired != h.Local && len(w.invites) == 0 &&
		w.m.server == serverNone && w.timers[GlareTimer].IsZero() && !w.updating && w.pracks == 0 {
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
		if !w.invites[e.Round] || w.canceled[e.Round] {
			w.t.Fatalf("CANCEL of no INVITE, or twice: %d", e.Round)
		}
		w.canceled[e.Round] = true
	case SetTimer:
		if e.After < 0 || e.After > 24*time.Hour {
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
	case Retry:
		if e.Round != 0 || e.Session.Expires <= 0 {
			w.t.Fatalf("again without a longer timer: %+v", e)
		}
		w.invites[0] = true
		clear(w.rseqs)
	case SendUpdate:
		if w.updating {
			w.t.Fatal("a second UPDATE at once")
		}
		if e.Role == WithOffer && (w.m.offeredElsewhere() || w.m.server == serverUnacked) {
			w.t.Fatal("an offer by UPDATE while another is open")
		}
		w.updating = true
	case SendPrack:
		key := fmt.Sprint(w.rounds, "/", e.Tag, "/", e.RSeq)
		if w.rseqs[key] {
			w.t.Fatalf("PRACK twice for %s", key)
		}
		w.rseqs[key] = true
		w.pracks++
	case AcceptUpdate:
		w.answered(e.Req, 200)
	case AcceptPrack:
		w.answered(e.Req, 200)
	case Reliable:
		if e.RSeq != w.reliable+1 && w.reliable != 0 {
			w.t.Fatalf("RSeq %d after %d", e.RSeq, w.reliable)
		}
		w.reliable = e.RSeq
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
	case SendRefer:
		if w.m.State() != Confirmed || w.m.Transfer() != TransferAsked {
			w.t.Fatalf("REFER in state %v, transfer %v", w.m.State(), w.m.Transfer())
		}
	case Referred:
		w.answered(e.Req, 202)
	case SendBye, SendInfo, Reaccept, Apply, Establish, StopMedia, Digit, DigitSent, DigitsFailed, HoldFailed,
		Repeat, Follow, Rollback, ReofferFailed, Preview:
	}
}

// offeredElsewhere says that an INVITE's offer of ours is open in the dialog that is followed.
func (m *Machine) offeredElsewhere() bool {
	if m.prack.on {
		return true
	}
	f := m.fork(m.follow)
	return m.client != clientNone && (f == nil || !f.settled)
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
	code := rapid.SampledFrom([]int{100, 180, 183, 183, 199, 200, 200, 401, 408, 422, 481, 486, 487, 488, 491, 500, 603}).Draw(t, "code")
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
	in := Response{Round: round, Tag: tag, Code: code, Body: bodies.Draw(t, "body"), Session: sessions.Draw(t, "session"), Peer: peers.Draw(t, "peer")}
	if code > 100 && code < 200 {
		in.RSeq = rapid.Uint32Range(0, 3).Draw(t, "rseq")
	}
	w.step(in)
}

var (
	sessions = rapid.SampledFrom([]Session{{}, {}, {Expires: 30 * time.Minute, Refresher: UAC}, {Expires: 90 * time.Second, Refresher: UAS},
		{Expires: time.Second}, {MinSE: time.Hour}, {Expires: 2 * time.Hour, MinSE: time.Hour}})
	peers = rapid.Custom(func(t *rapid.T) Peer {
		return Peer{
			Known: rapid.Bool().Draw(t, "allow"), Update: rapid.Bool().Draw(t, "update"), Timer: rapid.Bool().Draw(t, "timer"),
			Reliable: rapid.Bool().Draw(t, "100rel"), Requires: rapid.Bool().Draw(t, "requires"),
		}
	})
	changed = rapid.Custom(func(t *rapid.T) Body {
		b := bodies.Draw(t, "body")
		b.Change = b.Kind == UsableSDP && rapid.Bool().Draw(t, "change")
		return b
	})
)

// allTimers is every timer, so that a new one isn't forgotten.
func allTimers() []Timer {
	var all []Timer
	for t := range numTimers {
		all = append(all, t)
	}
	return all
}

func TestAnySequence(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := Config{
			Outgoing:       rapid.Bool().Draw(t, "outgoing"),
			EndOnTimeout:   rapid.Bool().Draw(t, "policy"),
			Rand:           func() float64 { return 0.5 },
			Late:           rapid.Bool().Draw(t, "late"),
			Reliable:       rapid.SampledFrom([]Reliability{ReliableSupported, ReliableOff, ReliableRequired}).Draw(t, "reliable"),
			Reinvites:      rapid.SampledFrom([]Policy{Take, Prompt, Refuse}).Draw(t, "reinvites"),
			Refresher:      rapid.SampledFrom([]Side{NoSide, UAC, UAS}).Draw(t, "refresher"),
			SessionExpires: rapid.SampledFrom([]time.Duration{0, 30 * time.Minute}).Draw(t, "expires"),
		}
		w := &world{
			t: t, m: New(cfg), now: zero, timers: map[Timer]time.Time{},
			invites: map[Round]bool{}, success: map[string]bool{}, rseqs: map[string]bool{}, canceled: map[Round]bool{},
		}
		if !cfg.Outgoing {
			w.step(RemoteInvite{Req: w.request(), Body: rapid.SampledFrom([]Body{{}, answer, held}).Draw(t, "offer"), Session: sessions.Draw(t, "session"), Peer: peers.Draw(t, "peer")})
		}
		if rapid.Bool().Draw(t, "up") {
			w.up(t)
		}
		// What ends a call comes seldom, or few live long enough to meet the rest.
		seldom := func(f func()) {
			if rapid.IntRange(0, 9).Draw(t, "seldom") == 0 {
				f()
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"ready":    func(*rapid.T) { w.step(Ready{}) },
			"unready":  func(*rapid.T) { seldom(func() { w.step(Unready{MediaFailure, errX}) }) },
			"answer":   func(*rapid.T) { w.step(Answer{}) },
			"reject":   func(t *rapid.T) { seldom(func() { w.step(Reject{Code: rapid.IntRange(0, 700).Draw(t, "code")}) }) },
			"hangup":   func(*rapid.T) { seldom(func() { w.step(Hangup{}) }) },
			"close":    func(*rapid.T) { seldom(func() { w.step(Hangup{Shutdown}) }) },
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
						if again {
							clear(w.rseqs) // a new INVITE has new responses
						}
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
				w.step(RemoteInvite{Req: w.request(), Body: changed.Draw(t, "body"), Session: sessions.Draw(t, "session"), Peer: peers.Draw(t, "peer")})
			},
			"progress": func(*rapid.T) { w.step(Progress{}) },
			"reoffer":  func(*rapid.T) { w.step(Reoffer{}) },
			"consent":  func(t *rapid.T) { w.step(Consent{rapid.Bool().Draw(t, "accept")}) },
			"update": func(t *rapid.T) {
				w.step(RemoteUpdate{
					Req: w.request(), Tag: rapid.SampledFrom([]string{w.m.Tag(), "a", "b", ""}).Draw(t, "tag"),
					Body: changed.Draw(t, "body"), Session: sessions.Draw(t, "session"), Peer: peers.Draw(t, "peer"),
				})
			},
			"prack": func(t *rapid.T) {
				w.step(RemotePrack{Req: w.request(), RSeq: w.reliable - rapid.Uint32Range(0, 1).Draw(t, "behind"), Body: bodies.Draw(t, "body")})
			},
			"update done": func(t *rapid.T) {
				if w.updating {
					w.updating = false
					w.step(UpdateDone{
						Code: rapid.SampledFrom([]int{0, 200, 200, 405, 408, 422, 481, 488, 491, 500, 501, 504}).Draw(t, "code"),
						Body: bodies.Draw(t, "body"), Session: sessions.Draw(t, "session"),
					})
				}
			},
			"prack done": func(t *rapid.T) {
				if w.pracks > 0 {
					w.pracks--
					w.step(PrackDone{
						Tag:  rapid.SampledFrom([]string{"a", "b", "c", ""}).Draw(t, "tag"),
						Code: rapid.SampledFrom([]int{0, 200, 200, 481, 488}).Draw(t, "code"), Body: bodies.Draw(t, "body"),
					})
				}
			},
			"ack":           func(t *rapid.T) { w.step(RemoteAck{bodies.Draw(t, "body")}) },
			"cancel":        func(*rapid.T) { seldom(func() { w.step(RemoteCancel{w.request()}) }) },
			"bye":           func(*rapid.T) { seldom(func() { w.step(RemoteBye{w.request()}) }) },
			"transfer":      func(*rapid.T) { w.step(Transfer{}) },
			"referral done": func(*rapid.T) { w.step(ReferralDone{}) },
			"their refer":   func(*rapid.T) { w.step(RemoteRefer{w.request()}) },
			"refer done": func(t *rapid.T) {
				w.step(ReferDone{Code: rapid.SampledFrom([]int{0, 200, 202, 405, 481, 603}).Draw(t, "code"), Silent: rapid.Bool().Draw(t, "silent")})
			},
			"report": func(t *rapid.T) {
				w.step(ReferReport{Code: rapid.SampledFrom([]int{0, 100, 180, 200, 486}).Draw(t, "code"), Over: rapid.Bool().Draw(t, "over")})
			},
			"their info": func(t *rapid.T) {
				w.step(RemoteInfo{Req: w.request(), OK: rapid.Bool().Draw(t, "ok"), Digit: '5'})
			},
			"flow": func(t *rapid.T) {
				w.step(Flow{On: rapid.Bool().Draw(t, "on"), Tag: rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "tag")})
			},
			"time": func(t *rapid.T) {
				for _, timer := range allTimers() {
					if at, ok := w.timers[timer]; ok {
						delete(w.timers, timer)
						w.now = at
						w.expire(timer)
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

// expire lets a timer run out. A re-INVITE that was cancelled in vain is gone by then
// for the transaction layer too.
func (w *world) expire(timer Timer) {
	if timer == PatienceTimer && w.canceled[w.rounds] {
		delete(w.invites, w.rounds)
	}
	w.step(Expired{timer})
}

// up brings the call to where it talks.
func (w *world) up(t *rapid.T) {
	w.step(Ready{})
	if w.m.cfg.Outgoing {
		w.success["0/a"] = true
		delete(w.invites, 0)
		w.step(Response{Tag: "a", Code: 200, Body: answer, Session: sessions.Draw(t, "session"), Peer: peers.Draw(t, "peer")})
		return
	}
	w.step(Answer{})
	w.step(RemoteAck{answer})
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
			w.expire(timer)
			break
		}
	}
	for _, r := range w.pending {
		w.t.Fatalf("request %d was never answered", r)
	}
}
