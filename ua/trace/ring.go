package trace

import (
	"slices"
	"sync"
)

// Ring keeps the last records in memory, for a log pane and for error reports.
type Ring struct {
	kinds []Kind // immutable

	mu    sync.Mutex
	items []Record // a circle once it is full
	next  int      // where the next record goes
	full  bool
	subs  map[*subscriber]struct{}
}

type subscriber struct{ ch chan Record }

// NewRing keeps size records of the given kinds; without any, SIP and Malformed.
func NewRing(size int, kinds ...Kind) *Ring {
	if len(kinds) == 0 {
		kinds = []Kind{SIP, Malformed}
	}
	return &Ring{kinds: slices.Clone(kinds), items: make([]Record, max(size, 1)), subs: map[*subscriber]struct{}{}}
}

// Trace implements Sink.
func (r *Ring) Trace(rec Record) {
	if !slices.Contains(r.kinds, rec.Kind) {
		return
	}
	rec.Raw = slices.Clone(rec.Raw)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.items[r.next] = rec
	r.next++
	if r.next == len(r.items) {
		r.next, r.full = 0, true
	}
	for s := range r.subs {
		select {
		case s.ch <- rec:
		default: // a reader that lags behind takes a Snapshot when it wakes
		}
	}
}

// Snapshot gives what the ring holds, oldest first. The bytes are shared and not to be written to.
func (r *Ring) Snapshot() []Record {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.full {
		return slices.Clone(r.items[:r.next])
	}
	return slices.Concat(r.items[r.next:], r.items[:r.next])
}

// Subscribe gives a channel of the records to come, of which at most depth wait; more
// are lost to this reader. cancel ends it and closes the channel.
func (r *Ring) Subscribe(depth int) (records <-chan Record, cancel func()) {
	s := &subscriber{ch: make(chan Record, max(depth, 1))}
	r.mu.Lock()
	r.subs[s] = struct{}{}
	r.mu.Unlock()
	return s.ch, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		if _, ok := r.subs[s]; ok {
			delete(r.subs, s)
			close(s.ch)
		}
	}
}
