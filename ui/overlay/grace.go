package overlay

import "time"

const (
	// quiet is how long no key must have come before an overlay takes one: the
	// pause between two letters of somebody who types is shorter.
	quiet = 400 * time.Millisecond
	// limit is when the overlay takes keys whatever comes: by then it was seen.
	limit = 2 * time.Second
)

// Grace keeps an overlay that opened by itself from taking keys in flight: what
// was being typed when it came goes where it was meant to go.
//
//	open ── key within quiet ──> goes below, and quiet starts again
//	     ── quiet, or limit ───> settled: the overlay has the keys
type Grace struct {
	opened, last time.Time
	settled      bool
}

// Open starts the grace.
func (g *Grace) Open(now time.Time) { *g = Grace{opened: now, last: now} }

// Takes reports whether a key that comes now is the overlay's.
func (g *Grace) Takes(now time.Time) bool {
	if g.Settled(now) {
		g.settled = true
		return true
	}
	g.last = now
	return false
}

// Settled reports whether the overlay has the keys.
func (g *Grace) Settled(now time.Time) bool {
	return g.settled || now.Sub(g.last) >= quiet || now.Sub(g.opened) >= limit
}

// Remaining is how long until it has, when no key comes.
func (g *Grace) Remaining(now time.Time) time.Duration {
	return max(min(quiet-now.Sub(g.last), limit-now.Sub(g.opened)), 0)
}
