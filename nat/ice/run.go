package ice

import (
	"fmt"
	"net/netip"
	"slices"
	"time"
)

// run sends paced checks, keeps mappings open, and sees to timers.
func (a *Agent) run() {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		next := a.due(time.Now())
		timer.Reset(time.Until(next))
		select {
		case <-a.life.Done():
			return
		case <-a.wake:
		case <-timer.C:
		}
	}
}

// outgoing is a message that goes out once no lock is held.
type outgoing struct {
	base *base
	raw  []byte
	to   netip.AddrPort
}

// due does what is due, and says when more is.
func (a *Agent) due(now time.Time) time.Time {
	next, out := a.plan(now)
	for _, o := range out {
		// One that can't be sent is one that is lost.
		if err := o.base.out.send(o.raw, o.to); err != nil {
			a.log.Debug("a check isn't sent", "to", o.to, "error", err)
		}
	}
	return next
}

func (a *Agent) plan(now time.Time) (next time.Time, out []outgoing) {
	next = now.Add(time.Hour)
	sooner := func(t time.Time) {
		if t.Before(next) {
			next = t
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return next, nil
	}
	a.review()
	for _, r := range a.rounds() {
		if c := r.checks; c != nil {
			for k, raw, ok := c.pacer.next(now); ok; k, raw, ok = c.pacer.next(now) {
				if p, good := peek(raw); good {
					c.note(p.id, k, now)
				}
				out = append(out, outgoing{k.way.base, slices.Clone(raw), k.way.remote})
			}
			if t, ok := c.pacer.when(now); ok {
				sooner(t)
			}
			if c.selected == nil && r.state != Failed {
				sooner(r.until())
			} else if c.selected == nil {
				sooner(r.since.Add(patience))
			}
		}
		if over := r.begun && (r.checks == nil || r.checks.selected != nil); len(r.keep) > 0 && !over {
			if !now.Before(r.keepAt) {
				r.keepAt = now.Add(keepEvery)
				for _, k := range r.keep {
					out = append(out, outgoing{k.base, bindingRequest(txid([]byte(secret(12)))), k.server})
				}
			}
			sooner(r.keepAt)
		}
	}
	return next, out
}

// review brings what was told up to date with what is so. mu is held.
func (a *Agent) review() {
	now := time.Now()
	if a.closed {
		return
	}
	for _, r := range a.rounds() {
		r.review(now)
		if r.spent(now) {
			c := r.checks
			r.checks = nil
			a.work.Go(c.close)
		}
	}
	if n := a.next; n != nil && n.checks != nil && n.checks.selected != nil {
		a.discard(a.now)
		a.now, a.next = n, nil
	}
	r := a.now
	if a.next != nil && a.next.begun {
		if usable := a.now.state == Connected; !usable {
			a.offer(a.next)
		}
		r = a.next
	}
	a.offer(a.now)
	a.setState(r.state, r.reason)
}

// review brings the state of a round up to date.
func (r *round) review(now time.Time) {
	c := r.checks
	if c == nil || r.gone {
		return
	}
	if c.selected == nil {
		late := !now.Before(r.until())
		if best, ok := c.best(); ok && late {
			c.choose(best, now) // a peer that controls and never nominates: this is what works
		} else if late && r.state != Failed {
			r.state, r.reason = Failed, r.noWay()
		}
	}
	if c.selected == nil {
		return
	}
	switch c.consent.health(now) {
	case fresh:
		r.state, r.reason = Connected, nil
	case doubted:
		r.state = Disconnected
		if r.reason == nil {
			r.reason = fmt.Errorf("%w for %d s", ErrConsent, int(now.Sub(c.consent.answered).Seconds()))
		}
	case expired:
		r.state, r.reason = Failed, fmt.Errorf("%w for %d s", ErrConsent, int(now.Sub(c.consent.answered).Seconds()))
	}
	if lost := c.selected.base.lost; lost != nil && r.state == Connected {
		r.state, r.reason = Disconnected, lost
	}
}

// spent reports whether checks are at their end: without consent nothing may be sent any more
// (RFC 7675, section 5.1), and without a pair nothing will come.
func (r *round) spent(now time.Time) bool {
	return r.checks != nil && r.state == Failed && (r.checks.selected != nil || now.Sub(r.since) >= patience)
}

func (r *round) noWay() error {
	if len(r.remote.Candidates) == 0 {
		return fmt.Errorf("%w: it told no address", ErrNoWay)
	}
	return ErrNoWay
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
