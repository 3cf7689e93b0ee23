package ice

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync/atomic"

	"github.com/pion/stun/v4"
	"github.com/pion/transport/v5"
)

// connected makes a connected UDP socket a PacketConn: only the server is heard, and when
// nobody is at its port any more, the system says so.
type connected struct{ net.Conn }

func (c connected) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, err := c.Read(b)
		if err == nil || refused(err) || errors.Is(err, net.ErrClosed) {
			return n, c.RemoteAddr(), err
		}
	}
}

func (c connected) WriteTo(b []byte, _ net.Addr) (int, error) { return c.Write(b) }

// watched reads along what the server answers, for what pion's client keeps to itself.
type watched struct {
	net.PacketConn
	mapped  atomic.Pointer[netip.AddrPort]
	refusal atomic.Pointer[error]
}

const (
	methodAllocate = 0x003
	methodRefresh  = 0x004
	codeStaleNonce = 438
)

func (w *watched) ReadFrom(b []byte) (int, net.Addr, error) {
	n, from, err := w.PacketConn.ReadFrom(b)
	if err == nil {
		w.watch(b[:n])
	}
	return n, from, err
}

func (w *watched) watch(raw []byte) {
	p, ok := peek(raw)
	if !ok {
		return
	}
	switch {
	case p.method == methodAllocate && p.class == success:
		m := &stun.Message{Raw: append([]byte(nil), raw...)}
		if m.Decode() != nil {
			return
		}
		if a, ok := mappedAddress(m); ok {
			w.mapped.Store(&a)
		}
	case p.method == methodRefresh && p.class == failure:
		// 438 has a new nonce, and the client asks again with it. Any other failure means that
		// the allocation ends (RFC 8656, section 7.3).
		m := &stun.Message{Raw: append([]byte(nil), raw...)}
		var code stun.ErrorCodeAttribute
		if m.Decode() != nil || code.GetFrom(m) != nil || code.Code == codeStaleNonce {
			return
		}
		err := fmt.Errorf("%w: it won't lend its address any longer: %d %q; user name and password may have expired", ErrRelay, code.Code, code.Reason)
		w.refusal.Store(&err)
	}
}

func (w *watched) seen() netip.AddrPort {
	if a := w.mapped.Load(); a != nil {
		return *a
	}
	return netip.AddrPort{}
}

func (w *watched) lost() error {
	if err := w.refusal.Load(); err != nil {
		return *err
	}
	return nil
}

// mappedAddress reads XOR-MAPPED-ADDRESS, whose length a sender may lie about.
func mappedAddress(m *stun.Message) (netip.AddrPort, bool) {
	const v4, v6 = 8, 20
	v, err := m.Get(stun.AttrXORMappedAddress)
	if err != nil || !(len(v) == v4 && binary.BigEndian.Uint16(v) == 1 || len(v) == v6 && binary.BigEndian.Uint16(v) == 2) {
		return netip.AddrPort{}, false
	}
	var x stun.XORMappedAddress
	if x.GetFrom(m) != nil {
		return netip.AddrPort{}, false
	}
	a, ok := netip.AddrFromSlice(x.IP)
	if a = a.Unmap(); !ok || x.Port <= 0 || x.Port > 65535 || a.IsUnspecified() || a.IsMulticast() {
		return netip.AddrPort{}, false
	}
	return netip.AddrPortFrom(a, uint16(x.Port)), true
}

// outbox holds what waits for a relay. put doesn't block or allocate.
type outbox struct {
	full, free chan *parcel
	done       chan struct{}
}

type parcel struct {
	to  netip.AddrPort
	n   int
	buf [maxMessage]byte
}

// outboxRoom is more than a call sends while a permission is asked for.
const outboxRoom = 32

func newOutbox() *outbox {
	o := &outbox{full: make(chan *parcel, outboxRoom), free: make(chan *parcel, outboxRoom), done: make(chan struct{})}
	for range outboxRoom {
		o.free <- &parcel{}
	}
	return o
}

func (o *outbox) put(raw []byte, to netip.AddrPort) error {
	if len(raw) > maxMessage {
		return fmt.Errorf("%w: %d bytes are more than it takes", ErrRelay, len(raw))
	}
	select {
	case p := <-o.free:
		p.to, p.n = to, copy(p.buf[:], raw)
		o.full <- p // there is room: a parcel is in one of the two
		return nil
	default:
		return fmt.Errorf("%w: it doesn't keep up", ErrRelay)
	}
}

// write sends what is put, until close.
func (o *outbox) write(conn net.PacketConn) {
	var last netip.AddrPort
	var addr *net.UDPAddr // pion keeps it
	for {
		select {
		case <-o.done:
			return
		case p := <-o.full:
			if p.to != last {
				last, addr = p.to, net.UDPAddrFromAddrPort(p.to)
			}
			// A packet that can't be sent is lost, like any other on the way; a relay that
			// died is noticed by its reader and by consent.
			_, _ = conn.WriteTo(p.buf[:p.n], addr)
			o.free <- p
		}
	}
}

func (o *outbox) close() { close(o.done) }

// noNet keeps pion from the network: it has ours.
type noNet struct{ transport.Net }

var errNoNet = errors.New("pion has no network of its own here")

func (noNet) Interfaces() ([]*transport.Interface, error) { return nil, nil }

func (noNet) ResolveUDPAddr(network, address string) (*net.UDPAddr, error) {
	a, err := netip.ParseAddrPort(address)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNoNet, err)
	}
	return net.UDPAddrFromAddrPort(a), nil
}
