package audio

import (
	"net"
	"net/netip"
	"sync"
	"time"

	"offhook/audio/impair"
	"offhook/audio/rtp"
)

// impaired is a socket on a network that is made bad on purpose.
//
//	network -> inner -> link -> next (loop)
//	loop -> send -> sluice: link, and a goroutine that lets go what is due -> inner -> network
//
// A direction that isn't impaired passes by its link.
type impaired struct {
	socket
	in   *impair.Link // nil for none. Owner: the loop
	slot slot         // that next gave
	out  *sluice      // nil for none
}

// swallow bounds how many datagrams one call of next moves into the link.
const swallow = 64

// impair puts what the engine was told between a session and p.
func (e *Engine) impair(p plugs) plugs {
	if !e.cfg.Impair.Zero() {
		p.media, p.reports = newImpaired(p.media, e.cfg.Impair), newImpaired(p.reports, e.cfg.Impair)
	}
	return p
}

func newImpaired(s socket, spec impair.Spec) *impaired {
	i := &impaired{socket: s}
	if spec.Way != impair.Out {
		i.in = impair.NewLink(spec, impair.In)
	}
	if spec.Way != impair.In {
		i.out = newSluice(s, impair.NewLink(spec, impair.Out))
	}
	return i
}

func (i *impaired) next() *slot {
	if i.in == nil {
		return i.socket.next()
	}
	for range swallow {
		sl := i.socket.next()
		if sl == nil {
			break
		}
		i.in.Put(sl.buf[:sl.n], sl.from, isVoice(sl.buf[:sl.n]), sl.at)
	}
	d, ok := i.in.Take(time.Now())
	if !ok {
		return nil
	}
	i.slot.n, i.slot.from, i.slot.at = copy(i.slot.buf[:], d.Raw), d.Peer, d.At
	return &i.slot
}

func (i *impaired) send(raw []byte, to netip.AddrPort) error {
	if i.out == nil {
		return i.socket.send(raw, to)
	}
	return i.out.send(raw, to)
}

func (i *impaired) beside(raw []byte, to netip.AddrPort) error {
	if i.out == nil {
		return i.socket.beside(raw, to)
	}
	return i.out.send(raw, to)
}

func (i *impaired) close() {
	if i.out != nil {
		i.out.close()
	}
	i.socket.close()
}

func isVoice(raw []byte) bool { return rtp.Classify(raw) == rtp.RTP }

// sluice holds what is sent until it is due. The loop can't: it looks only once per
// packet time.
type sluice struct {
	inner socket
	wake  chan struct{} // something is due earlier than before
	stop  chan struct{}
	done  sync.WaitGroup

	mu     sync.Mutex
	link   *impair.Link // guarded by mu, as are the sends of inner
	closed bool         // guarded by mu
}

func newSluice(inner socket, link *impair.Link) *sluice {
	s := &sluice{inner: inner, link: link, wake: make(chan struct{}, 1), stop: make(chan struct{})}
	s.done.Go(s.run)
	return s
}

// send takes raw. What is due at once leaves at once, with its error.
func (s *sluice) send(raw []byte, to netip.AddrPort) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return net.ErrClosed
	}
	now := time.Now()
	s.link.Put(raw, to, isVoice(raw), now)
	err := s.release(now)
	select {
	case s.wake <- struct{}{}:
	default:
	}
	return err
}

// release sends what is due, and returns the last error.
func (s *sluice) release(now time.Time) (err error) {
	for d, ok := s.link.Take(now); ok; d, ok = s.link.Take(now) {
		if e := s.inner.send(d.Raw, d.Peer); e != nil {
			err = e
		}
	}
	return err
}

func (s *sluice) run() {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		s.mu.Lock()
		now := time.Now()
		_ = s.release(now) // as on a real network, nobody is told of what is lost later
		due, waits := s.link.Due()
		s.mu.Unlock()
		if waits {
			timer.Reset(due.Sub(now))
		} else {
			timer.Stop()
		}
		select {
		case <-timer.C:
		case <-s.wake:
		case <-s.stop:
			return
		}
	}
}

// close sends what is still on its way, so that a goodbye isn't lost, and ends.
func (s *sluice) close() {
	close(s.stop)
	s.done.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for due, waits := s.link.Due(); waits; due, waits = s.link.Due() {
		_ = s.release(due)
	}
}
