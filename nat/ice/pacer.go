package ice

import (
	"net/netip"
	"time"
)

// When checks go out. pion's agent offers one for each pair again and again; the pacer lets
// them through one at a time, the best pair first, and each pair at growing intervals.
//
//	pion's agent ──offer──> one check for each pair ──next, a pace apart──> base
//	                             ^            ^
//	request of the peer ──hear───┘            └── drop: answered
//	(a triggered check, RFC 8445, section 7.3.1.4: at once)

const (
	// pace is the least time between two checks: Ta of RFC 5245, section 16.1, for audio in packets of 20
	// ms, so that checks are no more packets than the call itself will be. RFC 8445, section
	// 14.2, would have 50 ms unless both sides ask for less; then the last of a dozen pairs
	// would get its first check after half a second of silence.
	pace = 20 * time.Millisecond
	// maxPairs bounds what a peer can make us check.
	maxPairs = 100
)

// gaps are the waits before a pair's next checks; the last one repeats. The first check is
// often lost in the peer's NAT, which opens when the peer's own goes out.
var gaps = [...]time.Duration{60 * time.Millisecond, 100 * time.Millisecond, 200 * time.Millisecond, 400 * time.Millisecond, 500 * time.Millisecond}

// way is a pair, as the checks know it: a base of ours and an address of the peer.
type way struct {
	base   *base
	remote netip.AddrPort
}

// check is a request that waits for its turn. One that nominates and one that doesn't are two.
type check struct {
	way      way
	nominate bool
}

// rhythm is one check, sent again until it is answered, or pion offers it no more.
type rhythm struct {
	raw      []byte
	offered  time.Time
	priority uint64
	sent     int
	due      time.Time
}

// stale is after how long without an offer a check isn't wanted any more.
const stale = 3 * tick

func (r *rhythm) wanted(now time.Time) bool { return now.Sub(r.offered) < stale }

// pacer is pure: time is passed in. The zero value is ready.
type pacer struct {
	checks map[check]*rhythm
	last   time.Time
}

// offer takes a request, in the place of the one before. It copies raw.
func (p *pacer) offer(now time.Time, c check, priority uint64, raw []byte) {
	if p.checks == nil {
		p.checks = make(map[check]*rhythm)
	}
	r := p.checks[c]
	if r == nil {
		if len(p.checks) >= 2*maxPairs {
			return
		}
		r = &rhythm{}
		p.checks[c] = r
	}
	r.raw, r.offered, r.priority = append(r.raw[:0], raw...), now, priority
}

// hear notes a request of the peer: the way is open from there, so ours goes next.
func (p *pacer) hear(w way) {
	for _, nominate := range [...]bool{false, true} {
		if r := p.checks[check{w, nominate}]; r != nil && !r.due.IsZero() {
			r.due, r.sent = time.Time{}, 0
		}
	}
}

// drop forgets a check that was answered.
func (p *pacer) drop(c check) { delete(p.checks, c) }

// next is the check to send now. raw is the caller's until the next offer.
func (p *pacer) next(now time.Time) (c check, raw []byte, ok bool) {
	if !p.last.IsZero() && now.Sub(p.last) < pace {
		return check{}, nil, false
	}
	var best *rhythm
	for k, r := range p.checks {
		if !r.wanted(now) || r.due.After(now) {
			continue
		}
		if best == nil || r.before(k, best, c) {
			best, c = r, k
		}
	}
	if best == nil {
		return check{}, nil, false
	}
	best.due = now.Add(gaps[min(best.sent, len(gaps)-1)])
	best.sent++
	p.last = now
	return c, best.raw, true
}

// before orders what is due: nominations, what was sent least, then by priority.
func (r *rhythm) before(k check, than *rhythm, other check) bool {
	switch {
	case k.nominate != other.nominate:
		return k.nominate
	case r.sent != than.sent:
		return r.sent < than.sent
	case r.priority != than.priority:
		return r.priority > than.priority
	}
	return k.way.remote.Compare(other.way.remote) < 0
}

// when is the time at which next has something; ok is false while nothing waits.
func (p *pacer) when(now time.Time) (t time.Time, ok bool) {
	for _, r := range p.checks {
		if !r.wanted(now) {
			continue
		}
		due := r.due
		if due.Before(now) {
			due = now
		}
		if !ok || due.Before(t) {
			t, ok = due, true
		}
	}
	if free := p.last.Add(pace); ok && t.Before(free) {
		t = free
	}
	return t, ok
}
