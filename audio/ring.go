package audio

import "sync/atomic"

// Ring is a lock-free queue of samples between one writer and one reader: a
// device callback and a session's loop, or a loop and a recorder.
//
//	writer -> [ tail ....samples.... head ) -> reader
//
// The zero Ring has no room; use NewRing.
type Ring struct {
	buf  []int16
	mask uint64
	_    [40]byte
	head atomic.Uint64 // owner: the writer
	_    [56]byte      // head and tail on cache lines of their own
	tail atomic.Uint64 // owner: the reader
	_    [56]byte
}

// NewRing makes a Ring with room for at least n samples.
func NewRing(n int) *Ring {
	size := 1
	for size < n {
		size <<= 1
	}
	return &Ring{buf: make([]int16, size), mask: uint64(size - 1)}
}

// Write appends what fits of p and returns its length. Only the writer calls it.
func (r *Ring) Write(p []int16) int {
	head, tail := r.head.Load(), r.tail.Load()
	free := len(r.buf) - int(head-tail)
	if len(p) > free {
		p = p[:free]
	}
	at := int(head & r.mask)
	n := copy(r.buf[at:], p)
	copy(r.buf, p[n:])
	r.head.Store(head + uint64(len(p)))
	return len(p)
}

// Read moves up to len(p) samples to p and returns how many. Only the reader calls it.
func (r *Ring) Read(p []int16) int {
	head, tail := r.head.Load(), r.tail.Load()
	if have := int(head - tail); len(p) > have {
		p = p[:have]
	}
	at := int(tail & r.mask)
	n := copy(p, r.buf[min(at, len(r.buf)):])
	copy(p[n:], r.buf)
	r.tail.Store(tail + uint64(len(p)))
	return len(p)
}

// Discard drops up to n samples, the oldest first. Only the reader calls it.
func (r *Ring) Discard(n int) int {
	head, tail := r.head.Load(), r.tail.Load()
	n = max(0, min(n, int(head-tail)))
	r.tail.Store(tail + uint64(n))
	return n
}

// Len is how many samples wait. Both sides may call it.
func (r *Ring) Len() int {
	// tail first: it only grows towards head, so the difference can't be negative.
	tail := r.tail.Load()
	return int(r.head.Load() - tail)
}

// Cap is how many samples fit.
func (r *Ring) Cap() int { return len(r.buf) }
