package ice

import (
	"errors"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// cutting makes w lose what f says, from now on.
func (w *world) cutting(f func(from, to netip.AddrPort, raw []byte) bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = f
}

// TestConsent: a way that breaks is told within 8.5 s when nothing but consent is there to tell it,
// recovers when it mends, and Failed after 30 s, after which nothing is sent (RFC 7675).
func TestConsent(t *testing.T) {
	virtual(t, func(t *testing.T, w *world) {
		caller, callee, end := homes(t, w, nil)
		defer end()
		talk(t, caller, callee)
		agreed(t, caller, callee)
		all := func(_, _ netip.AddrPort, _ []byte) bool { return true }

		w.cutting(all)
		cut := time.Now()
		for caller.lastState() == Connected && time.Since(cut) < time.Minute {
			time.Sleep(10 * time.Millisecond)
		}
		if took := time.Since(cut); caller.lastState() != Disconnected || took > 8500*time.Millisecond || !errors.Is(caller.lastReason(), ErrConsent) {
			t.Errorf("%v after %v: %v", caller.lastState(), took, caller.lastReason())
		}
		w.cutting(nil)
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if caller.lastState() != Connected || caller.lastReason() != nil {
			t.Errorf("mended: %v, %v", caller.lastState(), caller.lastReason())
		}

		w.cutting(all)
		time.Sleep(38 * time.Second)
		synctest.Wait()
		if caller.lastState() != Failed || !errors.Is(caller.lastReason(), ErrConsent) {
			t.Errorf("without consent: %v, %v", caller.lastState(), caller.lastReason())
		}
		before := w.count()
		time.Sleep(time.Minute)
		if w.count() != before {
			t.Errorf("%d datagrams without consent", w.count()-before)
		}
	})
}

// TestSilenceIsDoubt: media that stops shows a broken way in 3.5 s.
func TestSilenceIsDoubt(t *testing.T) {
	virtual(t, func(t *testing.T, w *world) {
		caller, callee, end := homes(t, w, nil)
		defer end()
		talk(t, caller, callee)
		agreed(t, caller, callee)
		for range 150 { // three seconds of it
			callee.say("voice")
			time.Sleep(20 * time.Millisecond)
		}
		w.cutting(func(_, _ netip.AddrPort, _ []byte) bool { return true })
		cut := time.Now()
		for caller.lastState() == Connected && time.Since(cut) < time.Minute {
			time.Sleep(10 * time.Millisecond)
		}
		if took := time.Since(cut); took > 4*time.Second {
			t.Errorf("noticed after %v", took)
		}
	})
}

// TestLoss: a tenth of all packets is lost, for ten minutes, and nobody takes it for a broken way.
func TestLoss(t *testing.T) {
	virtual(t, func(t *testing.T, w *world) {
		caller, callee, end := homes(t, w, nil)
		defer end()
		talk(t, caller, callee)
		agreed(t, caller, callee)
		n := uint32(1)
		w.cutting(func(_, _ netip.AddrPort, _ []byte) bool { n = n*1664525 + 1013904223; return n>>16%10 == 0 })
		for range 600 {
			time.Sleep(time.Second)
			if caller.lastState() != Connected || callee.lastState() != Connected {
				t.Fatalf("%v and %v", caller.lastState(), callee.lastState())
			}
		}
	})
}

// TestQuiet: what an agreed pair costs when nothing happens: a request every five seconds each way, and
// its answer (RFC 7675, section 5.1).
func TestQuiet(t *testing.T) {
	virtual(t, func(t *testing.T, w *world) {
		caller, callee, end := homes(t, w, nil)
		defer end()
		talk(t, caller, callee)
		agreed(t, caller, callee)
		before := w.count()
		time.Sleep(10 * time.Minute)
		if n := w.count() - before; n < 400 || n > 600 {
			t.Errorf("%d datagrams in ten minutes; 480 are expected", n)
		}
	})
}

// TestKeepsMappingOpen: while a call rings, the mapping that was told is used every 15 s.
func TestKeepsMappingOpen(t *testing.T) {
	virtual(t, func(t *testing.T, w *world) {
		caller, callee, end := homes(t, w, nil)
		defer end()
		if err := errors.Join(caller.Gather(t.Context()), callee.Gather(t.Context())); err != nil {
			t.Fatal(err)
		}
		var at []time.Duration
		start := time.Now()
		w.cutting(func(from, to netip.AddrPort, _ []byte) bool {
			if to == stunServer && from.Addr() == netip.MustParseAddr("203.0.113.2") {
				at = append(at, time.Since(start).Round(time.Second))
			}
			return false
		})
		time.Sleep(61 * time.Second)
		w.cutting(nil)
		if !slices.Equal(at, []time.Duration{15 * time.Second, 30 * time.Second, 45 * time.Second, 60 * time.Second}) {
			t.Errorf("asked at %v", at)
		}
	})
}

// TestRestart: other credentials and candidates, while media goes on by the old pair until the
// new one is agreed on (RFC 8445, section 9); a restart that is refused changes nothing.
func TestRestart(t *testing.T) {
	virtual(t, func(t *testing.T, w *world) {
		caller, callee, end := homes(t, w, nil)
		defer end()
		talk(t, caller, callee)
		agreed(t, caller, callee)
		before := caller.Local()

		if err := errors.Join(caller.Restart(), caller.Gather(t.Context())); err != nil {
			t.Fatal(err)
		}
		refused := caller.Local()
		if refused.Ufrag == before.Ufrag || refused.Pwd == before.Pwd || len(refused.Candidates) != len(before.Candidates) {
			t.Errorf("the restart says %+v", refused)
		}
		caller.Abandon()
		if got := caller.Local(); got.Ufrag != before.Ufrag {
			t.Error("the round before is gone")
		}
		time.Sleep(time.Minute)
		if caller.lastState() != Connected || callee.lastState() != Connected {
			t.Fatalf("%v and %v after a refused restart", caller.lastState(), callee.lastState())
		}

		synctest.Wait()
		pairs := len(caller.pairs)
		if err := errors.Join(caller.Restart(), callee.Restart(), caller.Gather(t.Context()), callee.Gather(t.Context()),
			callee.SetRemote(caller.Local()), caller.SetRemote(callee.Local())); err != nil {
			t.Fatal(err)
		}
		caller.say("on the old way")
		time.Sleep(50 * time.Millisecond)
		if got := callee.heardAll(); !slices.Equal(got, []string{"on the old way"}) {
			t.Errorf("heard %q", got)
		}
		if err := errors.Join(callee.Start(false), caller.Start(true)); err != nil {
			t.Fatal(err)
		}
		agreed(t, caller, callee)
		if len(caller.pairs) != pairs+1 || !slices.Contains(caller.states[2:], Checking) {
			t.Errorf("%d pairs were told, and %v", len(caller.pairs)-pairs, caller.states)
		}
		caller.say("on the new way")
		time.Sleep(50 * time.Millisecond)
		if got := callee.heardAll(); !slices.Equal(got, []string{"on the old way", "on the new way"}) {
			t.Errorf("heard %q", got)
		}
	})
}

// TestRestartWhenMoved: the caller is on another network, behind another NAT, and the old way is
// dead. A restart by both brings media back in under a second.
func TestRestartWhenMoved(t *testing.T) {
	virtual(t, func(t *testing.T, w *world) {
		caller, callee, end := homes(t, w, nil)
		defer end()
		talk(t, caller, callee)
		agreed(t, caller, callee)
		take := caller.sock.take
		moved := w.open("10.9.0.2:5004", w.nat(symmetric, "203.0.113.7"))
		moved.take = take
		caller.sock = moved
		callee.Doubt()
		time.Sleep(3 * time.Second)
		if callee.lastState() != Disconnected {
			t.Errorf("the callee is %v", callee.lastState())
		}
		relay := func(p *phone) { p.Reconfigure(nil, []netip.AddrPort{stunServer}, []TURNServer{turnServer}) }
		relay(caller)
		relay(callee)
		start := time.Now()
		caller.note(func() { caller.pairs = nil })
		callee.note(func() { callee.pairs = nil })
		if err := errors.Join(caller.Restart(), caller.Gather(t.Context()), callee.Restart(), callee.Gather(t.Context()),
			callee.SetRemote(caller.Local()), callee.Start(false), caller.SetRemote(callee.Local()), caller.Start(true)); err != nil {
			t.Fatal(err)
		}
		for {
			_, ours := caller.last()
			_, theirs := callee.last()
			if ours && theirs {
				break
			}
			if time.Since(start) > time.Second {
				t.Fatal("no way after a second")
			}
			time.Sleep(10 * time.Millisecond)
		}
		caller.say("back again")
		time.Sleep(100 * time.Millisecond)
		if got := callee.heardAll(); !slices.Equal(got, []string{"back again"}) {
			t.Errorf("heard %q", got)
		}
	})
}
