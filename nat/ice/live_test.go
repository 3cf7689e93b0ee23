package ice

import (
	"errors"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/stun/v4"
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

// scripted is a peer that answers requests with ufrag and pwd, and sends its own by hand.
type scripted struct {
	*sock
	ufrag, pwd string
	requests   int
	nominated  bool
}

func (w *world) scripted(addr string) *scripted {
	s := &scripted{sock: w.open(addr, nil), ufrag: secret(8), pwd: secret(24)}
	s.take = func(k packet) {
		m := &stun.Message{Raw: k.raw}
		if m.Decode() != nil || m.Type.Class != stun.ClassRequest || stun.NewShortTermIntegrity(s.pwd).Check(m) != nil {
			return
		}
		s.requests++
		s.nominated = s.nominated || m.Contains(stun.AttrUseCandidate)
		out, err := stun.Build(m, stun.BindingSuccess, &stun.XORMappedAddress{IP: k.from.Addr().AsSlice(), Port: int(k.from.Port())},
			stun.NewShortTermIntegrity(s.pwd), stun.Fingerprint)
		if err == nil {
			w.send(s.sock, out.Raw, k.from)
		}
	}
	return s
}

func (s *scripted) describe(lite bool, cs ...Candidate) Description {
	return Description{Ufrag: s.ufrag, Pwd: s.pwd, Lite: lite, Candidates: cs, Complete: true}
}

// check sends a request to p. nominate is aggressive nomination (RFC 5245, section 8.1.1.2).
func (s *scripted) check(t *testing.T, p *phone, to netip.AddrPort, nominate bool) {
	t.Helper()
	d := p.Local()
	attrs := []stun.Setter{stun.TransactionID, stun.BindingRequest, stun.NewUsername(d.Ufrag + ":" + s.ufrag),
		stun.RawAttribute{Type: stun.AttrPriority, Value: []byte{110, 0, 255, 255}},
		stun.RawAttribute{Type: stun.AttrICEControlling, Value: make([]byte, 8)}}
	if nominate {
		attrs = append(attrs, stun.RawAttribute{Type: stun.AttrUseCandidate})
	}
	m, err := stun.Build(append(attrs, stun.NewShortTermIntegrity(d.Pwd), stun.Fingerprint)...)
	if err != nil {
		t.Fatal(err)
	}
	s.w.send(s.sock, m.Raw, to)
}

func hostAt(addr string, priority uint32) Candidate {
	return Candidate{Foundation: "1", Component: 1, Transport: "udp", Priority: priority, Addr: ap(addr), Type: Host}
}

// TestLitePeer: one that only answers. We control, whatever was asked, and nominate
// (RFC 8445, sections 6.1.1 and 8.1.1).
func TestLitePeer(t *testing.T) {
	virtual(t, func(t *testing.T, w *world) {
		p := w.phone(t, "10.1.0.2:5004", w.nat(symmetric, "203.0.113.2"), nil)
		defer p.Close()
		lite := w.scripted("203.0.113.20:7000")
		if err := errors.Join(p.Gather(t.Context()), p.SetRemote(lite.describe(true, hostAt("203.0.113.20:7000", 1<<30))), p.Start(false)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(25 * time.Millisecond)
		synctest.Wait()
		if _, ok := p.last(); !ok {
			t.Error("no pair after a round trip")
		}
		agreed(t, p)
		if !lite.nominated {
			t.Error("nothing was nominated")
		}
	})
}

// TestAggressiveNomination: the peer nominates all that it checks; the best that works is
// taken in the end (RFC 5245, section 8.1.1.2; RFC 8445, section 7.3.1.5).
func TestAggressiveNomination(t *testing.T) {
	virtual(t, func(t *testing.T, w *world) {
		p := w.phone(t, "203.0.113.8:5004", nil, nil)
		defer p.Close()
		worse, better := w.scripted("203.0.113.20:7000"), w.scripted("203.0.113.21:7000")
		better.ufrag, better.pwd = worse.ufrag, worse.pwd
		if err := errors.Join(p.Gather(t.Context()), p.SetRemote(worse.describe(false, hostAt("203.0.113.20:7000", 1000), hostAt("203.0.113.21:7000", 2000))), p.Start(false)); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			worse.check(t, p, p.sock.addr, true)
			time.Sleep(50 * time.Millisecond)
		}
		if pair, _ := p.last(); !pair.Nominated || pair.Remote.Addr != worse.addr {
			t.Errorf("first media goes to %v, nominated %v", pair.Remote.Addr, pair.Nominated)
		}
		for range 3 {
			better.check(t, p, p.sock.addr, true)
			worse.check(t, p, p.sock.addr, true)
			time.Sleep(50 * time.Millisecond)
		}
		synctest.Wait()
		if pair, _ := p.last(); !pair.Nominated || pair.Remote.Addr != better.addr {
			t.Errorf("at last media goes to %v, nominated %v", pair.Remote.Addr, pair.Nominated)
		}
	})
}

// TestPeerNeverNominates: one that controls and doesn't say which pair. What works is used at once,
// and taken for good after a while.
func TestPeerNeverNominates(t *testing.T) {
	virtual(t, func(t *testing.T, w *world) {
		p := w.phone(t, "203.0.113.8:5004", nil, nil)
		defer p.Close()
		peer := w.scripted("203.0.113.20:7000")
		if err := errors.Join(p.Gather(t.Context()), p.SetRemote(peer.describe(false, hostAt("203.0.113.20:7000", 1000))), p.Start(false)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if pair, ok := p.last(); !ok || pair.Nominated || p.lastState() != Checking {
			t.Errorf("%v by %+v", p.lastState(), pair)
		}
		time.Sleep(giveUp)
		synctest.Wait()
		if pair, _ := p.last(); !pair.Nominated || p.lastState() != Connected {
			t.Errorf("%v by %+v", p.lastState(), pair)
		}
	})
}
