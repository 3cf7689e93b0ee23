package audio

import (
	"net/netip"
	"sync/atomic"
	"time"
)

// maxDatagram is the longest datagram that a slot takes; a longer one is no voice.
const maxDatagram = 1500

// slot holds one datagram from a socket.
type slot struct {
	n    int
	from netip.AddrPort
	at   time.Time
	buf  [maxDatagram]byte
}

// slots is a queue of datagrams, allocated once, between a socket's reader and the
// session's loop. The reader fills a slot in place; the loop parses it in place.
type slots struct {
	ring []slot
	head atomic.Uint64 // owner: the reader
	tail atomic.Uint64 // owner: the loop
	lost atomic.Uint64 // datagrams that found no slot
}

// newSlots makes a queue of n, a power of two, and one more that takes what
// overflows.
func newSlots(n int) *slots { return &slots{ring: make([]slot, n+1)} }

// next is the slot to fill: the spare one when the queue is full.
func (q *slots) next() *slot {
	n := uint64(len(q.ring) - 1)
	head := q.head.Load()
	if head-q.tail.Load() == n {
		return &q.ring[n]
	}
	return &q.ring[head%n]
}

// push hands sl, which next gave, to the loop.
func (q *slots) push(sl *slot) {
	if sl == &q.ring[len(q.ring)-1] {
		q.lost.Add(1)
		return
	}
	q.head.Add(1)
}

// peek is the oldest slot, nil when there is none. pop frees it.
func (q *slots) peek() *slot {
	tail := q.tail.Load()
	if tail == q.head.Load() {
		return nil
	}
	return &q.ring[tail%uint64(len(q.ring)-1)]
}

func (q *slots) pop() { q.tail.Add(1) }
