package ice

import (
	"fmt"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/pion/turn/v5"
)

// world is a network with NATs, on whatever time the test has.
//
//	phone ── NAT ──┐
//	phone ── NAT ──┼── internet: every datagram takes delay ── STUN and TURN server
//	phone ─────────┘
type world struct {
	delay time.Duration
	mu    sync.Mutex
	socks map[netip.AddrPort]*sock
	nats  map[netip.Addr]*gate
	port  uint16
	// cut loses what it says yes to.
	cut  func(from, to netip.AddrPort, raw []byte) bool
	sent int
}

func newWorld(delay time.Duration) *world {
	return &world{delay: delay, socks: map[netip.AddrPort]*sock{}, nats: map[netip.Addr]*gate{}, port: 20000}
}

// natKind is how a NAT maps and filters (RFC 4787), by the old names.
type natKind int

const (
	open natKind = iota
	fullCone
	addressRestricted
	portRestricted
	symmetric
)

var natNames = [...]string{"none", "full cone", "address-restricted", "port-restricted", "symmetric"}

// gate is a NAT.
type gate struct {
	kind   natKind
	public netip.Addr
	maps   map[[2]netip.AddrPort]uint16 // inside and, if symmetric, outside -> port
	inside map[uint16]netip.AddrPort
	sentTo map[uint16]map[netip.AddrPort]bool
}

func (w *world) nat(kind natKind, public string) *gate {
	if kind == open {
		return nil
	}
	g := &gate{kind, netip.MustParseAddr(public), map[[2]netip.AddrPort]uint16{}, map[uint16]netip.AddrPort{}, map[uint16]map[netip.AddrPort]bool{}}
	w.nats[g.public] = g
	return g
}

func (g *gate) out(w *world, from, to netip.AddrPort) netip.AddrPort {
	key := [2]netip.AddrPort{from}
	if g.kind == symmetric {
		key[1] = to
	}
	port, ok := g.maps[key]
	if !ok {
		w.port++
		port = w.port
		g.maps[key], g.inside[port], g.sentTo[port] = port, from, map[netip.AddrPort]bool{}
	}
	g.sentTo[port][to] = true
	return netip.AddrPortFrom(g.public, port)
}

func (g *gate) in(from, to netip.AddrPort) (netip.AddrPort, bool) {
	inside, ok := g.inside[to.Port()]
	if !ok {
		return inside, false
	}
	switch g.kind {
	case fullCone:
		return inside, true
	case addressRestricted:
		for known := range g.sentTo[to.Port()] {
			if known.Addr() == from.Addr() {
				return inside, true
			}
		}
		return inside, false
	case portRestricted, symmetric:
		return inside, g.sentTo[to.Port()][from]
	case open:
	}
	return inside, false
}

// send carries a datagram.
func (w *world) send(s *sock, raw []byte, to netip.AddrPort) {
	w.mu.Lock()
	defer w.mu.Unlock()
	from := s.addr
	if s.nat != nil && to.Addr() != s.addr.Addr() && !sameLAN(s.addr.Addr(), to.Addr()) {
		from = s.nat.out(w, s.addr, to)
	}
	w.sent++
	if w.cut != nil && w.cut(from, to, raw) {
		return
	}
	p := packet{raw: append([]byte(nil), raw...), from: from}
	time.AfterFunc(w.delay, func() {
		w.mu.Lock()
		if g := w.nats[to.Addr()]; g != nil {
			inside, ok := g.in(from, to)
			if !ok {
				w.mu.Unlock()
				return
			}
			to = inside
		} else if to.Addr().IsPrivate() && !sameLAN(to.Addr(), from.Addr()) {
			w.mu.Unlock()
			return
		}
		d := w.socks[to]
		w.mu.Unlock()
		if d != nil {
			d.deliver(p)
		}
	})
}

// count is how many datagrams were sent.
func (w *world) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.sent
}

func sameLAN(a, b netip.Addr) bool {
	p, err := a.Prefix(24)
	return err == nil && a.IsPrivate() && p.Contains(b)
}

// sock is a UDP socket in the world: a net.PacketConn, and by take a phone's.
type sock struct {
	w    *world
	addr netip.AddrPort
	nat  *gate
	take func(packet) // instead of in
	in   chan packet
	done chan struct{}
	once sync.Once
}

func (w *world) open(addr string, g *gate) *sock {
	w.mu.Lock()
	defer w.mu.Unlock()
	a := netip.MustParseAddrPort(addr)
	if a.Port() == 0 {
		w.port++
		a = netip.AddrPortFrom(a.Addr(), w.port)
	}
	s := &sock{w: w, addr: a, nat: g, in: make(chan packet, 1000), done: make(chan struct{})}
	w.socks[a] = s
	return s
}

func (s *sock) deliver(p packet) {
	if s.take != nil {
		s.take(p)
		return
	}
	select {
	case s.in <- p:
	case <-s.done:
	default:
	}
}

func (s *sock) ReadFrom(b []byte) (int, net.Addr, error) {
	select {
	case <-s.done:
		return 0, nil, net.ErrClosed
	case p := <-s.in:
		return copy(b, p.raw), net.UDPAddrFromAddrPort(p.from), nil
	}
}

func (s *sock) WriteTo(b []byte, to net.Addr) (int, error) {
	select {
	case <-s.done:
		return 0, net.ErrClosed
	default:
	}
	s.w.send(s, b, to.(*net.UDPAddr).AddrPort())
	return len(b), nil
}

func (s *sock) Close() error {
	s.once.Do(func() {
		close(s.done)
		s.w.mu.Lock()
		delete(s.w.socks, s.addr)
		s.w.mu.Unlock()
	})
	return nil
}

func (s *sock) LocalAddr() net.Addr              { return net.UDPAddrFromAddrPort(s.addr) }
func (s *sock) SetDeadline(time.Time) error      { return nil }
func (s *sock) SetReadDeadline(time.Time) error  { return nil }
func (s *sock) SetWriteDeadline(time.Time) error { return nil }

// relays makes the addresses of the world's TURN server.
type relays struct{ w *world }

func (relays) Validate() error { return nil }
func (r relays) AllocatePacketConn(turn.AllocateListenerConfig) (net.PacketConn, net.Addr, error) {
	s := r.w.open(serverIP+":0", nil)
	return s, s.LocalAddr(), nil
}
func (relays) AllocateListener(turn.AllocateListenerConfig) (net.Listener, net.Addr, error) {
	return nil, nil, fmt.Errorf("no TCP here")
}
func (relays) AllocateConn(turn.AllocateConnConfig) (net.Conn, error) {
	return nil, fmt.Errorf("no TCP here")
}

const serverIP = "203.0.113.10"

var (
	stunServer = netip.MustParseAddrPort(serverIP + ":3478")
	turnServer = TURNServer{Addr: stunServer, Username: "turn", Password: "turnpw"}
)

// server starts the world's STUN and TURN server.
func (w *world) server(t *testing.T) (stop func()) {
	t.Helper()
	s, err := turn.NewServer(turn.ServerConfig{
		Realm: "lab.test", LoggerFactory: logs{discard()},
		AuthHandler: func(ra *turn.RequestAttributes) (string, []byte, bool) {
			return ra.Username, turn.GenerateAuthKey(ra.Username, ra.Realm, "turnpw"), ra.Username == "turn"
		},
		PacketConnConfigs: []turn.PacketConnConfig{{PacketConn: w.open(stunServer.String(), nil), RelayAddressGenerator: relays{w}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return func() { s.Close() }
}
