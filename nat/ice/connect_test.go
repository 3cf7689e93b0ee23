package ice

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// virtual runs f on synthetic time, in a world where every datagram takes 10 ms.
func virtual(t *testing.T, f func(t *testing.T, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(10 * time.Millisecond)
		stop := w.server(t)
		f(t, w)
		stop()
	})
}

// homes are two phones behind NATs that one can call through, and their end.
func homes(t *testing.T, w *world, change func(*Config)) (caller, callee *phone, end func()) {
	t.Helper()
	caller = w.phone(t, "10.1.0.2:5004", w.nat(portRestricted, "203.0.113.2"), change)
	callee = w.phone(t, "10.2.0.2:5004", w.nat(portRestricted, "203.0.113.3"), change)
	return caller, callee, func() { caller.Close(); callee.Close() }
}

// agreed waits until both have nominated a pair, and fails when they don't.
func agreed(t *testing.T, phones ...*phone) {
	t.Helper()
	time.Sleep(2 * time.Second)
	synctest.Wait()
	for _, p := range phones {
		if pair, ok := p.last(); !ok || !pair.Nominated || p.lastState() != Connected {
			t.Errorf("%v: state %v, pair %+v", p.sock.addr, p.lastState(), pair)
		}
	}
}

func (p *phone) lastState() State {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.states) == 0 {
		return Idle
	}
	return p.states[len(p.states)-1]
}

func (p *phone) lastReason() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.reasons) == 0 {
		return nil
	}
	return p.reasons[len(p.reasons)-1]
}

// TestRoleConflict: both control; one of them gives way (RFC 8445, section 7.3.1.1).
func TestRoleConflict(t *testing.T) {
	for _, controlling := range []bool{true, false} {
		virtual(t, func(t *testing.T, w *world) {
			caller, callee, end := homes(t, w, nil)
			defer end()
			for _, err := range []error{
				caller.Gather(t.Context()), callee.Gather(t.Context()), callee.SetRemote(caller.Local()), caller.SetRemote(callee.Local()),
				callee.Start(controlling), caller.Start(controlling),
			} {
				if err != nil {
					t.Fatal(err)
				}
			}
			agreed(t, caller, callee)
		})
	}
}

// TestTrickle: the descriptions have no candidate, and candidates follow one by one (RFC 8838).
func TestTrickle(t *testing.T) {
	virtual(t, func(t *testing.T, w *world) {
		caller, callee, end := homes(t, w, nil)
		defer end()
		bare := func(d Description) Description { d.Candidates, d.Complete = nil, false; return d }
		if err := errors.Join(callee.SetRemote(bare(caller.Local())), caller.SetRemote(bare(callee.Local())), callee.Start(false), caller.Start(true)); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(caller.Gather(t.Context()), callee.Gather(t.Context())); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if len(caller.trickle) != 2 || caller.trickle[0].Type != Host || caller.trickle[1].Type != ServerReflexive {
			t.Fatalf("trickled %v", caller.trickle)
		}
		for i := range 2 {
			time.Sleep(time.Second)
			if err := errors.Join(caller.AddRemote(callee.trickle[i]), callee.AddRemote(caller.trickle[i])); err != nil {
				t.Fatal(err)
			}
		}
		agreed(t, caller, callee)
	})
}

// TestOneSideKnowsNothing: the callee never learns a candidate; the caller's checks are enough
// to find a peer-reflexive one (RFC 8445, section 7.3.1.3).
func TestOneSideKnowsNothing(t *testing.T) {
	virtual(t, func(t *testing.T, w *world) {
		caller := w.phone(t, "10.1.0.2:5004", w.nat(symmetric, "203.0.113.2"), nil)
		callee := w.phone(t, "203.0.113.9:5004", nil, nil)
		defer caller.Close()
		defer callee.Close()
		offer := caller.Local()
		if err := errors.Join(caller.Gather(t.Context()), callee.Gather(t.Context()), callee.SetRemote(offer), caller.SetRemote(callee.Local()), callee.Start(false), caller.Start(true)); err != nil {
			t.Fatal(err)
		}
		agreed(t, caller, callee)
		if pair, _ := callee.last(); pair.Remote.Type != PeerReflexive {
			t.Errorf("the remote one is %v", pair.Remote.Type)
		}
		if pair, _ := caller.last(); pair.Local.Type != PeerReflexive || pair.Local.Related != caller.sock.addr {
			t.Errorf("the local one is %+v", pair.Local)
		}
	})
}

// TestEarlyChecks: the callee's checks reach the caller before the callee's description does.
// They are kept, and answered at once when it is known (RFC 8445, section 7.3).
func TestEarlyChecks(t *testing.T) {
	virtual(t, func(t *testing.T, w *world) {
		caller := w.phone(t, "203.0.113.8:5004", nil, nil)
		callee := w.phone(t, "203.0.113.9:5004", nil, nil)
		defer caller.Close()
		defer callee.Close()
		if err := errors.Join(caller.Gather(t.Context()), callee.Gather(t.Context()), callee.SetRemote(caller.Local()), callee.Start(false)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(3 * time.Second)
		if _, ok := callee.last(); ok {
			t.Fatal("a pair worked before the answer")
		}
		start := time.Now()
		if err := errors.Join(caller.SetRemote(callee.Local()), caller.Start(true)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(25 * time.Millisecond)
		synctest.Wait()
		if _, ok := callee.last(); !ok {
			t.Errorf("the callee has no pair %v after the answer", time.Since(start))
		}
		agreed(t, caller, callee)
	})
}

// TestFork: two phones answer one offer; the checks go to whoever's description came last, and
// the credentials of the offer stay.
func TestFork(t *testing.T) {
	virtual(t, func(t *testing.T, w *world) {
		caller, first, end := homes(t, w, nil)
		defer end()
		second := w.phone(t, "10.3.0.2:5004", w.nat(portRestricted, "203.0.113.4"), nil)
		defer second.Close()
		talk(t, caller, first)
		agreed(t, caller, first)
		offer := caller.Local()
		if err := errors.Join(second.Gather(t.Context()), second.SetRemote(offer), second.Start(false), caller.SetRemote(second.Local())); err != nil {
			t.Fatal(err)
		}
		agreed(t, caller, second)
		if got := caller.Local(); got.Ufrag != offer.Ufrag || got.Pwd != offer.Pwd {
			t.Error("the offer has other credentials now")
		}
		if pair, _ := caller.last(); pair.Remote.Addr.Addr() != netip.MustParseAddr("203.0.113.4") {
			t.Errorf("media goes to %v", pair.Remote.Addr)
		}
	})
}

// TestRelayOnly: the peer learns the relay's address, and nothing comes to it from ours.
func TestRelayOnly(t *testing.T) {
	virtual(t, func(t *testing.T, w *world) {
		hide := func(c *Config) { c.Policy, c.TURN = RelayOnly, []TURNServer{turnServer} }
		caller := w.phone(t, "203.0.113.8:5004", nil, hide)
		callee := w.phone(t, "203.0.113.9:5004", nil, nil)
		w.cut = func(from, to netip.AddrPort, _ []byte) bool {
			if to.Addr() == callee.sock.addr.Addr() && from.Addr() == caller.sock.addr.Addr() {
				t.Errorf("%v sent to %v", from, to)
			}
			return false
		}
		talk(t, caller, callee)
		agreed(t, caller, callee)
		for _, c := range caller.Local().Candidates {
			if c.Type != Relayed || c.Addr.Addr() != stunServer.Addr() || c.Related.Addr() != netip.IPv4Unspecified() {
				t.Errorf("the peer is told %v", c)
			}
		}
		caller.say("hello")
		callee.say("hello back")
		time.Sleep(100 * time.Millisecond)
		if !slices.Equal(caller.heardAll(), []string{"hello back"}) || !slices.Equal(callee.heardAll(), []string{"hello"}) {
			t.Errorf("heard %q and %q", caller.heardAll(), callee.heardAll())
		}
		caller.Close()
		callee.Close()
	})
}

// TestPlain: a peer without ICE, reached through the relay.
func TestPlain(t *testing.T) {
	virtual(t, func(t *testing.T, w *world) {
		p := w.phone(t, "10.1.0.2:5004", w.nat(symmetric, "203.0.113.2"), func(c *Config) { c.TURN = []TURNServer{turnServer} })
		defer p.Close()
		if _, ok := p.Plain(ap("203.0.113.9:4000")); ok {
			t.Error("a relay before there is one")
		}
		if err := p.Gather(t.Context()); err != nil {
			t.Fatal(err)
		}
		peer := w.open("203.0.113.9:4000", nil)
		pair, ok := p.Plain(peer.addr)
		if !ok || pair.Local.Type != Relayed || pair.Via == nil {
			t.Fatalf("got %+v, %t", pair, ok)
		}
		if err := pair.Via.Send([]byte("hello")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(200 * time.Millisecond)
		k := <-peer.in
		if string(k.raw) != "hello" || k.from != pair.Local.Addr {
			t.Errorf("the peer got %q from %v", k.raw, k.from)
		}
		// It answers from another port, as symmetric RTP through its NAT may.
		other := w.open("203.0.113.9:4002", nil)
		w.send(other, []byte("hello back"), pair.Local.Addr)
		w.send(w.open("203.0.113.66:4000", nil), []byte("a stranger"), pair.Local.Addr)
		time.Sleep(100 * time.Millisecond)
		if got := p.heardAll(); !slices.Equal(got, []string{"hello back"}) {
			t.Errorf("heard %q", got)
		}
		if !pair.Verified(other.addr) || pair.Verified(ap("203.0.113.66:4000")) {
			t.Error("who is the peer?")
		}
	})
}

// TestNoWay: nobody can be reached; it is told after ten seconds, with a reason, and nothing is
// sent for ever.
func TestNoWay(t *testing.T) {
	virtual(t, func(t *testing.T, w *world) {
		caller := w.phone(t, "10.1.0.2:5004", w.nat(symmetric, "203.0.113.2"), nil)
		callee := w.phone(t, "10.2.0.2:5004", w.nat(symmetric, "203.0.113.3"), nil)
		talk(t, caller, callee)
		time.Sleep(giveUp - time.Millisecond)
		synctest.Wait()
		if got := caller.lastState(); got != Checking {
			t.Errorf("%v before its time", got)
		}
		time.Sleep(2 * time.Millisecond)
		synctest.Wait()
		if caller.lastState() != Failed || !errors.Is(caller.lastReason(), ErrNoWay) {
			t.Errorf("%v: %v", caller.lastState(), caller.lastReason())
		}
		time.Sleep(patience)
		before := w.count()
		time.Sleep(time.Minute)
		if w.count() != before {
			t.Errorf("%d datagrams after the end", w.count()-before)
		}
		caller.Close()
		callee.Close()
	})
}

// TestLatePeer: what worked only after the stream Failed is used all the same (RFC 8863).
func TestLatePeer(t *testing.T) {
	virtual(t, func(t *testing.T, w *world) {
		caller, callee, end := homes(t, w, nil)
		defer end()
		blocked := true
		w.cut = func(from, to netip.AddrPort, _ []byte) bool { return blocked && to != stunServer && from != stunServer }
		talk(t, caller, callee)
		time.Sleep(15 * time.Second)
		if caller.lastState() != Failed {
			t.Errorf("%v", caller.lastState())
		}
		w.mu.Lock()
		blocked = false
		w.mu.Unlock()
		agreed(t, caller, callee)
	})
}

// TestRelayTransportOrder: TCP and TLS aren't asked when UDP has answered, and are when it hasn't.
func TestRelayTransportOrder(t *testing.T) {
	nobody := TURNServer{Addr: ap("203.0.113.99:3478"), Username: "turn", Password: "turnpw"}
	over := func(s TURNServer, t Transport) TURNServer { s.Transport = t; return s }
	for _, c := range []struct {
		name    string
		servers []TURNServer
		dials   int
		after   time.Duration
	}{
		{"UDP answers", []TURNServer{over(turnServer, TLS), over(turnServer, TCP), turnServer}, 1, 60 * time.Millisecond},
		{"TCP alone", []TURNServer{over(turnServer, TCP)}, 1, 60 * time.Millisecond},
		{"UDP is blocked", []TURNServer{nobody, over(turnServer, TCP), over(turnServer, TLS)}, 2, stunTime},
		{"TCP too", []TURNServer{nobody, over(nobody, TCP), over(turnServer, TLS)}, 3, stunTime},
	} {
		t.Run(c.name, func(t *testing.T) {
			virtual(t, func(t *testing.T, w *world) {
				p := w.phone(t, "203.0.113.8:5004", nil, func(cfg *Config) { cfg.TURN, cfg.STUN = c.servers, nil })
				dials, dial := 0, p.dial
				p.dial = func(ctx context.Context, s TURNServer) (net.PacketConn, error) { dials++; return dial(ctx, s) }
				start := time.Now()
				if err := p.Gather(t.Context()); err != nil {
					t.Fatal(err)
				}
				if took := time.Since(start); took > c.after+moment {
					t.Errorf("it took %v", took)
				}
				time.Sleep(10 * time.Second)
				synctest.Wait()
				if got := p.Local().Candidates; dials != c.dials || len(got) != 2 || got[1].Type != Relayed {
					t.Errorf("%d servers were asked, and gave %v", dials, got)
				}
				p.Close()
			})
		})
	}
}
