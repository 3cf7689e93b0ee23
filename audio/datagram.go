package audio

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"
)

// Beside voice and reports, a media socket carries what finds the way to the peer and what
// agrees on keys (RFC 7983). The session doesn't understand it; it hands it out and in.
//
//	               ┌─ RTP, RTCP ───────> loop: latch or route, jitter buffer
//	RTP socket ────┤
//	Deliver ───────┼─ STUN, TURN ──────> OpenOptions.OnSTUN
//	               └─ else ────────────> counted as odd
//
//	SendDatagram(to) ──> RTP socket
//	SendMedia ─────────> RTP socket or Carrier, as the route and the latch say

// ErrNoWay is returned by SendMedia while it isn't known where the peer is.
var ErrNoWay = errors.New("audio: there is no way to the peer yet")

// SendDatagram sends raw from the RTP socket, past all that is done to voice. It may be
// called from any goroutine, and doesn't wait.
func (s *Session) SendDatagram(raw []byte, to netip.AddrPort) error {
	to = unmapped(to)
	for {
		at := s.at.Load()
		err := at.media.beside(raw, to)
		switch {
		case err == nil:
			s.contacts.note(to)
			if f := s.e.cfg.Tap; f != nil {
				f(time.Now(), false, true, at.rtp, to, raw)
			}
			return nil
		case !errors.Is(err, net.ErrClosed):
			return err
		case s.at.Load() == at:
			return ErrClosed
		}
		// It has moved meanwhile.
	}
}

// SendMedia sends raw where the session's voice goes at present: to the latch's or the
// route's address, or through its Carrier. It may be called from any goroutine.
func (s *Session) SendMedia(raw []byte) error {
	w := s.way.Load()
	switch {
	case w == nil || w.via == nil && !sendable(w.to):
		return ErrNoWay
	case w.via == nil:
		return s.SendDatagram(raw, w.to)
	}
	if err := w.via.Send(raw); err != nil {
		return err
	}
	if f := s.e.cfg.Tap; f != nil {
		f(time.Now(), false, true, s.at.Load().rtp, w.to, raw)
	}
	return nil
}

// takeSTUN hands out a message for whoever finds the way.
func (l *loop) takeSTUN(sl *slot) {
	f := l.s.o.OnSTUN
	if f == nil {
		l.odd(OddSTUN, sl)
		return
	}
	f(sl.buf[:sl.n], unmapped(sl.from), sl.at)
}

// contacts are the addresses that were written to last by SendDatagram: servers, and who
// is being checked. A flood must not cut them off.
type contacts struct {
	mu   sync.Mutex
	list [maxContacts]netip.AddrPort // newest first; guarded by mu
}

const maxContacts = 8

func (c *contacts) note(to netip.AddrPort) {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := 0
	for i < len(c.list)-1 && c.list[i] != to {
		i++
	}
	copy(c.list[1:i+1], c.list[:i])
	c.list[0] = to
}

// append appends them to list.
func (c *contacts) append(list []netip.AddrPort) []netip.AddrPort {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, a := range c.list {
		if a.IsValid() {
			list = append(list, a)
		}
	}
	return list
}
