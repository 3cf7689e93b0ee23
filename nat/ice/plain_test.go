package ice

import (
	"net/netip"
	"testing"
	"time"
)

// sent notes where a base sends.
type sent struct{ to []netip.AddrPort }

func (s *sent) send(_ []byte, to netip.AddrPort) error { s.to = append(s.to, to); return nil }
func (s *sent) carrier(netip.AddrPort) Carrier         { return nil }
func (s *sent) permit(netip.Addr)                      {}
func (s *sent) close()                                 {}

// TestPlainFollowsThePort: a peer behind a symmetric NAT sends to the relay from another port
// than the one that its description names; who is silent no longer than a moment keeps it.
func TestPlainFollowsThePort(t *testing.T) {
	out := &sent{}
	b, other := &base{out: out}, &base{}
	told, real, rival := ap("198.51.100.7:4000"), ap("198.51.100.7:61000"), ap("198.51.100.7:5")
	start := time.Now()
	p := &plain{base: b, host: told.Addr(), born: start}
	p.to.Store(&told)
	at := func(ms int) time.Time { return start.Add(time.Duration(ms) * time.Millisecond) }
	for _, c := range []struct {
		name string
		base *base
		from netip.AddrPort
		ms   int
		want bool
		to   netip.AddrPort
	}{
		{"another host", b, ap("203.0.113.9:4000"), 1, false, told},
		{"another relay", other, real, 2, false, told},
		{"the peer, from where its NAT lets it", b, real, 3, true, real},
		{"somebody else behind its NAT", b, rival, 20, false, real},
		{"the peer again", b, real, 23, true, real},
		{"another port after a silence", b, rival, 600, true, rival},
	} {
		if got := p.take(c.base, c.from, at(c.ms)); got != c.want {
			t.Errorf("%s: taken: %v", c.name, got)
		}
		if err := p.Send(nil); err != nil || out.to[len(out.to)-1] != c.to {
			t.Errorf("%s: sent to %v, %v", c.name, out.to[len(out.to)-1], err)
		}
	}
	if !p.from(rival) || p.from(ap("203.0.113.9:4000")) {
		t.Error("another host counts as the peer")
	}
	if n := testing.AllocsPerRun(100, func() { p.take(b, rival, at(700)); out.to = out.to[:0]; _ = p.Send(nil) }); n != 0 {
		t.Errorf("%v allocations for a packet", n)
	}
	if (*plain)(nil).take(b, real, start) {
		t.Error("nobody's packet is taken")
	}
}
