package audio

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// socket is a session's end of the network. Nothing in it ever waits: the loop looks
// at each beat, and nobody is woken for a packet.
//
//	system     how                                        wake-ups for packets
//	Linux      descriptors outside of the poller, read    none
//	           with MSG_DONTWAIT; the kernel's own times
//	others     a reader goroutine that fills slots        one each
//
// Owner: the loop, but for beside.
type socket interface {
	// next is the oldest datagram that has come, nil for none. The slot is the
	// caller's until the next call.
	next() *slot
	// send sends raw, or drops it when the system has no room for it.
	send(raw []byte, to netip.AddrPort) error
	// beside is send for any goroutine; net.ErrClosed after close.
	beside(raw []byte, to netip.AddrPort) error
	// only takes datagrams from these peers alone, until it is told none. It reports
	// whether that is so.
	only(peers []netip.AddrPort) bool
	// lost counts the datagrams that came and found no room.
	lost() uint64
	close()
}

// maxDrain bounds how many datagrams one look takes from a socket, so that a flood
// can't keep the loop from its other work. It is ten seconds of one peer's packets.
const maxDrain = 500

// ProbeConn is an RTP socket as OpenOptions.Probe sees it.
type ProbeConn interface {
	WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error)
	ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error)
	SetReadDeadline(t time.Time) error
	LocalAddr() net.Addr
}

// probe lends c to f before the session has it. What f leaves in the socket is the
// session's; the end of ctx ends a read that hangs.
func probe(ctx context.Context, c *net.UDPConn, f func(context.Context, ProbeConn) error) error {
	wake := context.AfterFunc(ctx, func() { c.SetReadDeadline(time.Unix(1, 0)) })
	err := f(ctx, c)
	if !wake() && err == nil {
		err = ctx.Err()
	}
	return errors.Join(err, c.SetReadDeadline(time.Time{}))
}

// netSocket is the socket for every system: a reader and a queue.
//
//	net.UDPConn -> reader -> slots -> next (loop)
type netSocket struct {
	conn   *net.UDPConn
	queue  *slots
	from   atomic.Pointer[[]netip.AddrPort] // alone; nil for everybody
	taken  bool                             // next has given the oldest slot. Owner: the loop
	reader sync.WaitGroup
}

func newNetSocket(c *net.UDPConn, room int) *netSocket {
	s := &netSocket{conn: c, queue: newSlots(room)}
	s.reader.Go(s.read)
	return s
}

// read fills slots until the socket is closed.
func (s *netSocket) read() {
	for {
		sl := s.queue.next()
		n, from, err := s.conn.ReadFromUDPAddrPort(sl.buf[:])
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return
			}
			// An ICMP error about an earlier packet of ours: nothing is lost.
			continue
		}
		sl.n, sl.at = n, time.Now()
		sl.from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
		if alone := s.from.Load(); alone != nil && !slices.Contains(*alone, sl.from) {
			continue
		}
		s.queue.push(sl)
	}
}

func (s *netSocket) next() *slot {
	if s.taken {
		s.queue.pop()
	}
	sl := s.queue.peek()
	s.taken = sl != nil
	return sl
}

func (s *netSocket) send(raw []byte, to netip.AddrPort) error {
	_, err := s.conn.WriteToUDPAddrPort(raw, to)
	return err
}

func (s *netSocket) beside(raw []byte, to netip.AddrPort) error { return s.send(raw, to) }

func (s *netSocket) only(peers []netip.AddrPort) bool {
	if len(peers) == 0 {
		s.from.Store(nil)
		return true
	}
	alone := make([]netip.AddrPort, len(peers))
	for i, p := range peers {
		alone[i] = unmapped(p)
	}
	s.from.Store(&alone)
	return true
}

func (s *netSocket) lost() uint64 { return s.queue.lost.Load() }

func (s *netSocket) close() {
	s.conn.Close()
	s.reader.Wait()
}
