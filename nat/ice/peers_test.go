package ice

import (
	"errors"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/stun/v4"
)

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
