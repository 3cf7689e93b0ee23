package ice

import (
	"net/netip"
	"sync/atomic"
	"time"
)

// plain is the way to a peer without ICE, through a relay: it has nothing to show that it is
// the peer but the address that its description names.
//
//	the peer's host, any port ──> relay ──> Deliver
//	        ^── the port that it sends from ──┘ (symmetric RTP, RFC 4961: a NAT changes it)
type plain struct {
	base *base
	host netip.Addr
	to   atomic.Pointer[netip.AddrPort]
	// heard is when the last packet came from to, in ns since born; 0 for never.
	heard atomic.Int64
	born  time.Time
}

// plainSilence is how long a port must be silent before another of the host is followed.
const plainSilence = 500 * time.Millisecond

// Plain is the way to a peer that speaks no ICE, through the relay that Gather found: peer
// is what its description says. False says that there is no relay for it. A later call
// takes the place of an earlier one.
func (a *Agent) Plain(peer netip.AddrPort) (Pair, bool) {
	peer = unmap(peer)
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return Pair{}, false
	}
	for _, b := range a.target().bases {
		c := b.candidate
		if c.Type != Relayed || b.lost != nil || c.Addr.Addr().Is4() != peer.Addr().Is4() {
			continue
		}
		p := &plain{base: b, host: peer.Addr(), born: time.Now()}
		p.to.Store(&peer)
		a.plain.Store(p)
		b.out.permit(peer.Addr())
		remote := Candidate{Component: 1, Transport: "udp", Type: Host, Addr: peer}
		return Pair{Local: c, Remote: remote, Via: p, Verified: p.from}, true
	}
	return Pair{}, false
}

// Send is Carrier's.
func (p *plain) Send(raw []byte) error { return p.base.out.send(raw, *p.to.Load()) }

func (p *plain) from(at netip.AddrPort) bool { return unmap(at).Addr() == p.host }

// take says whether a packet that came to a relay is the peer's, and follows its port.
func (p *plain) take(b *base, from netip.AddrPort, at time.Time) bool {
	if p == nil || b != p.base || from.Addr() != p.host {
		return false
	}
	now, heard := at.Sub(p.born).Nanoseconds(), p.heard.Load()
	if from != *p.to.Load() {
		if heard != 0 && now-heard < plainSilence.Nanoseconds() {
			return false // somebody else behind the same NAT
		}
		moved := from // a copy, so that only a move allocates
		p.to.Store(&moved)
	}
	p.heard.Store(max(now, 1))
	return true
}
