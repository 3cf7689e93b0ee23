package dtls

import (
	"net"
	"os"
	"sync"
	"time"
)

// room is how many datagrams wait for the handshake: more than its largest flight has. What
// comes beyond them is dropped, and the peer sends it again.
const room = 32

// maxRecord is more than any datagram of a handshake on a usual network.
const maxRecord = 2048

// pipe is the packet connection that pion reads and writes: datagrams that are handed in,
// and a function that sends.
type pipe struct {
	in     chan []byte
	out    func([]byte) error
	closed chan struct{}
	once   sync.Once

	mu      sync.Mutex
	expired chan struct{} // closed once the deadline has passed
	alert   uint8         // the last one that came in the clear
	alerted bool
}

func newPipe(out func([]byte) error) *pipe {
	return &pipe{in: make(chan []byte, room), out: out, closed: make(chan struct{}), expired: make(chan struct{})}
}

// put takes a datagram, or drops it. raw is only lent.
func (p *pipe) put(raw []byte) {
	if len(raw) == 0 || len(raw) > maxRecord || len(p.in) == cap(p.in) {
		return
	}
	select {
	case p.in <- append([]byte(nil), raw...):
	default:
	}
}

func (p *pipe) ReadFrom(b []byte) (int, net.Addr, error) {
	p.mu.Lock()
	expired := p.expired
	p.mu.Unlock()
	select {
	case <-p.closed:
		return 0, nil, net.ErrClosed
	case <-expired:
		return 0, nil, os.ErrDeadlineExceeded
	case raw := <-p.in:
		p.note(raw)
		return copy(b, raw), peer{}, nil
	}
}

// note remembers an alert in the clear (RFC 6347, section 4.1; RFC 5246, section 7.2):
// pion's errors don't give it away.
func (p *pipe) note(raw []byte) {
	const header, alert = 13, 21
	if len(raw) < header+2 || raw[0] != alert || raw[3] != 0 || raw[4] != 0 {
		return
	}
	p.mu.Lock()
	p.alert, p.alerted = raw[header+1], true
	p.mu.Unlock()
}

// heard is the alert that ended a handshake, if there was one.
func (p *pipe) heard() (uint8, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.alert, p.alerted
}

func (p *pipe) WriteTo(b []byte, _ net.Addr) (int, error) {
	select {
	case <-p.closed:
		return 0, net.ErrClosed
	default:
	}
	// A network that refuses a datagram is one that lost it: the timer sends it again.
	_ = p.out(b)
	return len(b), nil
}

func (p *pipe) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

// SetReadDeadline ends a read that waits. pion gives it a time long past, to cancel, or none.
func (p *pipe) SetReadDeadline(t time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	past := false
	select {
	case <-p.expired:
		past = true
	default:
	}
	switch {
	case t.IsZero() && past:
		p.expired = make(chan struct{})
	case !t.IsZero() && !past:
		close(p.expired)
	}
	return nil
}

// SetWriteDeadline has nothing to do: a write never waits.
func (p *pipe) SetWriteDeadline(time.Time) error { return nil }
func (p *pipe) SetDeadline(t time.Time) error    { return p.SetReadDeadline(t) }
func (p *pipe) LocalAddr() net.Addr              { return peer{} }

// peer stands for both ends: addresses are the owner's affair.
type peer struct{}

func (peer) Network() string { return "datagrams" }
func (peer) String() string  { return "peer" }
