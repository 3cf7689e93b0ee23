package nat

import (
	"context"
	"net"
	"net/netip"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/pion/stun/v2"
)

// network is a private LAN behind a NAT, and a STUN server of two addresses outside, in
// memory and on synthetic time.
//
//	fakeSocket 10.0.0.2:p --> NAT 198.51.100.1 --> 192.0.2.1:3478, 192.0.2.2:3479, and across
type network struct {
	rules
	t *testing.T

	mu      sync.Mutex
	packets int
	port    uint16
	sockets map[uint16]*fakeSocket // by local port
	table   map[string]*hole       // by what the mapping depends on
}

// rules are how the network behaves.
type rules struct {
	mapping  Mapping
	filter   Filtering
	hairpin  bool
	lifetime time.Duration // of a silent mapping; zero for ever
	oneAddr  bool          // the server has only one address
	stays    bool          // it answers from there whatever is asked
	noPort   bool          // it doesn't know RESPONSE-PORT
	deaf     bool          // nothing comes through over UDP
	lose     int           // every so many-th packet is lost; zero loses none
}

type hole struct {
	socket *fakeSocket
	public netip.AddrPort
	last   time.Time
	sentTo map[netip.AddrPort]bool
}

type packet struct {
	raw  []byte
	from netip.AddrPort
}

var (
	inside   = netip.MustParseAddr("10.0.0.2")
	outside  = netip.MustParseAddr("198.51.100.1")
	primary  = netip.MustParseAddrPort("192.0.2.1:3478")
	second   = netip.MustParseAddrPort("192.0.2.2:3479")
	thirdOne = netip.MustParseAddrPort("192.0.2.3:3478") // another server
)

func (n *network) config() Config {
	n.sockets, n.table, n.port = map[uint16]*fakeSocket{}, map[string]*hole{}, 40000
	return Config{
		Servers: []netip.AddrPort{primary}, Local: inside,
		Open: func() (Socket, error) { return n.open(), nil },
		Dial: func(context.Context, netip.AddrPort) (net.Conn, error) { return nil, os.ErrDeadlineExceeded },
	}
}

func (n *network) open() *fakeSocket {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.port++
	s := &fakeSocket{n: n, local: netip.AddrPortFrom(inside, n.port), in: make(chan packet, 64), changed: make(chan struct{})}
	n.sockets[n.port] = s
	return s
}

// out carries a packet of a socket's. n.mu is held.
func (n *network) out(s *fakeSocket, raw []byte, to netip.AddrPort) {
	n.packets++
	if n.deaf || n.lose > 0 && n.packets%n.lose == 0 {
		return
	}
	from := s.local
	if n.mapping != MappingNone {
		key := s.local.String()
		switch n.mapping {
		case MappingAddressDependent:
			key += to.Addr().String()
		case MappingAddressAndPortDependent:
			key += to.String()
		default:
		}
		m := n.table[key]
		if m == nil || n.expired(m) {
			public := netip.AddrPortFrom(outside, s.local.Port())
			if n.mapping != MappingEndpointIndependent {
				n.port++
				public = netip.AddrPortFrom(outside, n.port)
			}
			m = &hole{socket: s, public: public, sentTo: map[netip.AddrPort]bool{}}
			n.table[key] = m
		}
		m.last = time.Now()
		m.sentTo[to] = true
		from = m.public
	} else {
		s.note(to)
	}
	switch {
	case to.Addr() == outside:
		if n.hairpin {
			n.in(raw, from, to)
		}
	case to.Addr() == inside:
		n.in(raw, from, to)
	default:
		n.serve(raw, from, to)
	}
}

func (n *network) expired(m *hole) bool {
	return n.lifetime > 0 && time.Since(m.last) > n.lifetime
}

// in carries a packet to a public address. n.mu is held.
func (n *network) in(raw []byte, from, to netip.AddrPort) {
	if n.mapping == MappingNone {
		if s := n.sockets[to.Port()]; s != nil && n.passes(s.sentTo, from) {
			s.push(packet{raw, from})
		}
		return
	}
	for _, m := range n.table {
		if m.public == to && !n.expired(m) && n.passes(m.sentTo, from) {
			m.last = time.Now()
			m.socket.push(packet{raw, from})
		}
	}
}

func (n *network) passes(sentTo map[netip.AddrPort]bool, from netip.AddrPort) bool {
	for to := range sentTo {
		switch {
		case n.filter == FilteringAddressDependent && to.Addr() == from.Addr(), to == from:
			return true
		}
	}
	return n.filter == FilteringEndpointIndependent
}

// serve answers as a server at one of its addresses. n.mu is held.
func (n *network) serve(raw []byte, from, at netip.AddrPort) {
	known := at == thirdOne || at == primary ||
		!n.oneAddr && (at.Addr() == primary.Addr() || at.Addr() == second.Addr()) && (at.Port() == primary.Port() || at.Port() == second.Port())
	q := &stun.Message{Raw: raw}
	if !known || q.Decode() != nil {
		return
	}
	by, to := at, from
	attrs := []stun.Setter{&stun.XORMappedAddress{IP: from.Addr().AsSlice(), Port: int(from.Port())}}
	if !n.oneAddr && at != thirdOne {
		attrs = append(attrs, &stun.OtherAddress{IP: second.Addr().AsSlice(), Port: int(second.Port())})
	}
	if v, err := q.Get(stun.AttrChangeRequest); err == nil && !n.stays {
		if v[3]&changeAddress != 0 {
			by = netip.AddrPortFrom(second.Addr(), by.Port())
		}
		if v[3]&changePort != 0 {
			by = netip.AddrPortFrom(by.Addr(), second.Port())
		}
	}
	if v, err := q.Get(stun.AttrResponsePort); err == nil && !n.noPort {
		to = netip.AddrPortFrom(from.Addr(), uint16(v[0])<<8|uint16(v[1]))
	}
	n.in(success(n.t, q.TransactionID, attrs...), by, to)
}

// fakeSocket is one of network's.
type fakeSocket struct {
	n      *network
	local  netip.AddrPort
	in     chan packet
	sentTo map[netip.AddrPort]bool // guarded by n.mu

	mu       sync.Mutex
	deadline time.Time     // guarded by mu
	changed  chan struct{} // guarded by mu; closed when the deadline changes
}

func (s *fakeSocket) note(to netip.AddrPort) {
	if s.sentTo == nil {
		s.sentTo = map[netip.AddrPort]bool{}
	}
	s.sentTo[to] = true
}

func (s *fakeSocket) push(p packet) {
	select {
	case s.in <- p:
	default:
	}
}

func (s *fakeSocket) WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error) {
	s.n.mu.Lock()
	defer s.n.mu.Unlock()
	s.n.out(s, append([]byte(nil), b...), to)
	return len(b), nil
}

func (s *fakeSocket) ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error) {
	for {
		s.mu.Lock()
		deadline, changed := s.deadline, s.changed
		s.mu.Unlock()
		var over <-chan time.Time
		if !deadline.IsZero() {
			if !time.Now().Before(deadline) {
				return 0, netip.AddrPort{}, os.ErrDeadlineExceeded
			}
			over = time.After(time.Until(deadline))
		}
		select {
		case p := <-s.in:
			return copy(b, p.raw), p.from, nil
		case <-over:
			return 0, netip.AddrPort{}, os.ErrDeadlineExceeded
		case <-changed:
		}
	}
}

func (s *fakeSocket) SetReadDeadline(t time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deadline = t
	close(s.changed)
	s.changed = make(chan struct{})
	return nil
}

func (s *fakeSocket) LocalAddr() net.Addr { return net.UDPAddrFromAddrPort(s.local) }
func (s *fakeSocket) Close() error        { return nil }
