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
		a.discard(a.now, linger)
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
