package ice

import (
	"math/rand/v2"
	"net/netip"
	"time"

	pion "github.com/pion/ice/v4"
)

// Which pair media takes, and what it is called.

// priority is that of a pair (RFC 8445, section 6.1.2.3).
func (c *checks) priority(w way) uint64 {
	ours, theirs := uint64(w.base.candidate.Priority), uint64(c.r.remoteAt(w.remote).Priority)
	p := min(ours, theirs)<<32 + 2*max(ours, theirs)
	if c.r.controlling == (ours > theirs) {
		p++
	}
	return p
}

// nominated is what pion tells of the pair that both sides agreed on.
func (c *checks) nominated(local, remote pion.Candidate) {
	addr, err := netip.ParseAddr(remote.Address())
	if err != nil {
		return
	}
	to := netip.AddrPortFrom(addr.Unmap(), uint16(remote.Port()))
	c.a.mu.Lock()
	defer c.a.mu.Unlock()
	for _, p := range c.ports {
		if p.id == local.ID() {
			c.choose(way{p.base, to}, time.Now())
		}
	}
	c.a.review()
}

// choose makes a pair the one for media. mu is held.
func (c *checks) choose(w way, now time.Time) {
	if c.selected != nil && *c.selected == w {
		return
	}
	c.selected = &w
	c.consent.begin(now, rand.Float64())
	c.r.told = nil
}

// best is the pair of the highest priority among those that work.
func (c *checks) best() (best way, ok bool) {
	for w, p := range c.valid {
		if !ok || p.priority > c.valid[best].priority || p.priority == c.valid[best].priority && w.remote.Compare(best.remote) < 0 {
			best, ok = w, true
		}
	}
	return best, ok
}

// offer tells the pair that media is to take, when it is another. mu is held.
func (a *Agent) offer(r *round) {
	c := r.checks
	if c == nil || r.gone {
		return
	}
	w, ok := c.best()
	if c.selected != nil {
		w, ok = *c.selected, true
	}
	if !ok || r.told != nil && *r.told == w {
		return
	}
	r.told = &w
	pair := Pair{
		Local: r.localAt(w, c.valid[w].mapped), Remote: r.remoteAt(w.remote), Nominated: c.selected != nil,
		RTT: c.valid[w].rtt, Via: w.base.out.carrier(w.remote), Verified: a.Verified,
	}
	if f := a.cfg.OnSelected; f != nil {
		a.tell.post(func() { f(pair) })
	}
}

// localAt is what a base of ours is to the peer.
func (r *round) localAt(w way, mapped netip.AddrPort) Candidate {
	b := w.base.candidate
	if b.Type == Relayed || mapped == b.Addr || !mapped.IsValid() {
		return b
	}
	for _, c := range r.local {
		if c.Addr == mapped {
			return c
		}
	}
	return Candidate{
		Foundation: "p" + b.Foundation, Component: 1, Transport: "udp", Type: PeerReflexive, Addr: mapped, Related: b.Addr,
		Priority: PeerReflexive.preference()<<24 | b.Priority&0xffffff, // RFC 8445, section 7.1.1
	}
}

// remoteAt is the peer's candidate at addr. One that it didn't tell is peer-reflexive.
func (r *round) remoteAt(addr netip.AddrPort) Candidate {
	for _, c := range r.remote.Candidates {
		if c.Addr == addr {
			return c
		}
	}
	return Candidate{Foundation: "p", Component: 1, Transport: "udp", Type: PeerReflexive, Addr: addr, Priority: PeerReflexive.preference()<<24 | 0xffff<<8 | 255}
}
