package sip

import (
	"slices"
	"sync"
	"time"
)

const (
	// SilentFor is how long a target that didn't answer, or couldn't be reached, is
	// tried after the others.
	SilentFor = 5 * time.Minute
	// BusyFor is the same for a target that answered 503 without a Retry-After.
	BusyFor = time.Minute
	// maxAvoid bounds what a Retry-After can ask for.
	maxAvoid = time.Hour
	// maxAvoided bounds the targets remembered.
	maxAvoided = 256
)

// Blacklist remembers the targets that failed (RFC 3263, section 4.3), so that the next
// request begins with one that works. It leaves none out: when all have failed, all are
// tried. The zero value is empty; safe for concurrent use.
type Blacklist struct {
	mu    sync.Mutex
	until map[Target]time.Time // guarded by mu
}

// Avoid puts a target behind the others for a while.
func (b *Blacklist) Avoid(t Target, span time.Duration, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.until == nil {
		b.until = make(map[Target]time.Time)
	}
	t = place(t)
	if _, known := b.until[t]; !known && len(b.until) >= maxAvoided {
		b.evict(now)
	}
	b.until[t] = now.Add(min(span, maxAvoid))
}

// evict drops what has run out, or else what would first. b.mu is held.
func (b *Blacklist) evict(now time.Time) {
	var oldest Target
	for t, until := range b.until {
		if !now.Before(until) {
			delete(b.until, t)
			continue
		}
		if first, ok := b.until[oldest]; !ok || until.Before(first) {
			oldest = t
		}
	}
	if len(b.until) >= maxAvoided {
		delete(b.until, oldest)
	}
}

// Forgive takes a target off the list: it answered.
func (b *Blacklist) Forgive(t Target) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.until, place(t))
}

// Clear forgives all: another network may lead where the last one didn't.
func (b *Blacklist) Clear() {
	b.mu.Lock()
	defer b.mu.Unlock()
	clear(b.until)
}

// Order gives the targets in their order, those to avoid last.
func (b *Blacklist) Order(targets []Target, now time.Time) []Target {
	b.mu.Lock()
	defer b.mu.Unlock()
	rank := func(t Target) int {
		if until, ok := b.until[place(t)]; ok && now.Before(until) {
			return 1
		}
		return 0
	}
	out := slices.Clone(targets)
	slices.SortStableFunc(out, func(x, y Target) int { return rank(x) - rank(y) })
	return out
}

// place is a target without the name that led to it: one server has one fate.
func place(t Target) Target { return Target{Transport: t.Transport, Addr: t.Addr} }
