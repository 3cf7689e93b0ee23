package audio

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"offhook/audio/rtp"
)

// inlet takes datagrams that came by another way than the session's socket.
//
//	relays, other sockets -> Deliver -> slots -> drain (loop)
//	                             \-- not voice: look at once
type inlet struct {
	mu    sync.Mutex            // of those who deliver
	queue atomic.Pointer[slots] // nil until something is delivered
	taken bool                  // take has given the oldest slot. Owner: the loop
	asked atomic.Bool           // a look is on its way to the loop
}

// inletSlots hold over a second of voice.
const inletSlots = 64

// Deliver takes a datagram as if it had come on the RTP socket, at that time, from that
// address: for relays and other sockets. It may be called from any goroutine, keeps no part
// of raw, and doesn't wait: what finds no room is lost, and counted so. Voice waits for the
// next beat, as in the kernel; all else wakes the loop.
func (s *Session) Deliver(raw []byte, from netip.AddrPort, at time.Time) {
	if len(raw) == 0 || s.ended() {
		return
	}
	in := &s.inlet
	in.mu.Lock()
	q := in.queue.Load()
	if q == nil {
		q = newSlots(inletSlots)
		in.queue.Store(q)
	}
	sl := q.next()
	sl.n, sl.from, sl.at = copy(sl.buf[:], raw), unmapped(from), at
	q.push(sl)
	in.mu.Unlock()
	if kind := rtp.Classify(raw); kind != rtp.RTP && kind != rtp.RTCP {
		s.look()
	}
}

// look asks the loop to look at its sockets now.
func (s *Session) look() {
	if !s.inlet.asked.Swap(true) {
		s.mail.post(s.l.glance)
	}
}

// take is the oldest datagram that was delivered, nil for none. The slot is the caller's
// until the next call.
func (in *inlet) take() *slot {
	q := in.queue.Load()
	if q == nil {
		return nil
	}
	if in.taken {
		q.pop()
	}
	sl := q.peek()
	in.taken = sl != nil
	return sl
}

func (in *inlet) lost() uint64 {
	if q := in.queue.Load(); q != nil {
		return q.lost.Load()
	}
	return 0
}

// nextDatagram is the oldest of those that were delivered, then of those in the socket.
func (l *loop) nextDatagram() *slot {
	if sl := l.s.inlet.take(); sl != nil {
		return sl
	}
	return l.rtpConn.next()
}
