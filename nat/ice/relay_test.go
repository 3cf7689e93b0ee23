package ice

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/big"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/pion/turn/v5"
)

// loop is a session's socket on this machine.
type loop struct {
	conn  *net.UDPConn
	agent *Agent
	got   chan packet
	wait  sync.WaitGroup

	pairs  chan Pair
	states chan State
	errs   chan error
}

func (l *loop) LocalAddr() netip.AddrPort { return unmap(l.conn.LocalAddr().(*net.UDPAddr).AddrPort()) }
func (l *loop) SendDatagram(raw []byte, to netip.AddrPort) error {
	_, err := l.conn.WriteToUDPAddrPort(raw, to)
	return err
}
func (l *loop) Deliver(raw []byte, from netip.AddrPort, at time.Time) {
	l.got <- packet{raw: append([]byte(nil), raw...), from: from}
}

// local makes an Agent on a real socket of addr.
func local(t *testing.T, addr string, change func(*Config)) *loop {
	t.Helper()
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(ap(addr)))
	if err != nil {
		t.Skipf("this machine has no %s: %v", addr, err)
	}
	l := &loop{conn: conn, got: make(chan packet, 100), pairs: make(chan Pair, 100), states: make(chan State, 100), errs: make(chan error, 100)}
	cfg := Config{
		Socket: l, OnSelected: func(p Pair) { l.pairs <- p },
		OnState: func(s State, _ error) { l.states <- s }, OnProblem: func(err error) { l.errs <- err },
	}
	change(&cfg)
	if l.agent, err = New(cfg); err != nil {
		t.Fatal(err)
	}
	l.wait.Go(func() {
		buf := make([]byte, 2000)
		for {
			n, from, err := conn.ReadFromUDPAddrPort(buf)
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if _, ok := peek(buf[:n]); ok {
				l.agent.HandleSTUN(buf[:n], from, time.Now())
			} else if l.agent.Verified(from) {
				l.Deliver(buf[:n], unmap(from), time.Now())
			}
		}
	})
	t.Cleanup(func() {
		l.agent.Close()
		conn.Close()
		l.wait.Wait()
	})
	return l
}

// nominated waits for the pair that both agreed on.
func (l *loop) nominated(t *testing.T) Pair {
	t.Helper()
	for {
		select {
		case p := <-l.pairs:
			if p.Nominated {
				return p
			}
		case <-t.Context().Done():
			t.Fatal("no pair")
		case <-time.After(5 * time.Second):
			t.Fatal("no pair in 5 s")
		}
	}
}

func (p Pair) say(l *loop, words string) error {
	if p.Via != nil {
		return p.Via.Send([]byte(words))
	}
	return l.SendDatagram([]byte(words), p.Remote.Addr)
}

// meet describes both to each other and starts them.
func meet(t *testing.T, caller, callee *loop) {
	t.Helper()
	if err := errors.Join(caller.agent.Gather(t.Context()), callee.agent.Gather(t.Context()),
		callee.agent.SetRemote(caller.agent.Local()), caller.agent.SetRemote(callee.agent.Local()),
		callee.agent.Start(false), caller.agent.Start(true)); err != nil {
		t.Fatal(err)
	}
}

// both checks that media goes both ways.
func both(t *testing.T, caller, callee *loop) {
	t.Helper()
	ours, theirs := caller.nominated(t), callee.nominated(t)
	for _, d := range []struct {
		pair     Pair
		from, to *loop
	}{{ours, caller, callee}, {theirs, callee, caller}} {
		if err := d.pair.say(d.from, "hello"); err != nil {
			t.Error(err)
		}
		select {
		case k := <-d.to.got:
			if string(k.raw) != "hello" || !d.pair.Verified(k.from) && d.to.agent == nil {
				t.Errorf("got %q from %v", k.raw, k.from)
			}
		case <-time.After(5 * time.Second):
			t.Errorf("nothing arrived by %v -> %v", d.pair.Local, d.pair.Remote)
		}
	}
}

// certificate is for 127.0.0.1, and whom to trust for it.
func certificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key}, pool
}

// accepting closes what it accepted, as a process does that ends.
type accepting struct {
	net.Listener
	mu    sync.Mutex
	conns []net.Conn
}

func (a *accepting) Accept() (net.Conn, error) {
	c, err := a.Listener.Accept()
	a.mu.Lock()
	defer a.mu.Unlock()
	if err == nil {
		a.conns = append(a.conns, c)
	}
	return c, err
}

func (a *accepting) hangUp() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, c := range a.conns {
		c.Close()
	}
}

// relayServer is a real TURN server for one transport, and how to use it.
func relayServer(t *testing.T, transport Transport) (server TURNServer, stop func()) {
	t.Helper()
	addresses := &turn.RelayAddressGeneratorStatic{RelayAddress: net.IPv4(127, 0, 0, 1), Address: "127.0.0.1"}
	cfg := turn.ServerConfig{
		Realm: "lab.test", LoggerFactory: logs{discard()},
		AuthHandler: func(ra *turn.RequestAttributes) (string, []byte, bool) {
			return ra.Username, turn.GenerateAuthKey(ra.Username, ra.Realm, "turnpw"), ra.Username == "turn"
		},
	}
	server = TURNServer{Transport: transport, Username: "turn", Password: "turnpw"}
	accepted := &accepting{}
	if transport == UDP {
		conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		server.Addr = unmap(conn.LocalAddr().(*net.UDPAddr).AddrPort())
		cfg.PacketConnConfigs = []turn.PacketConnConfig{{PacketConn: conn, RelayAddressGenerator: addresses}}
	} else {
		l, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		server.Addr = unmap(l.Addr().(*net.TCPAddr).AddrPort())
		accepted.Listener, l = l, accepted
		if transport == TLS {
			cert, pool := certificate(t)
			l = tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{cert}})
			server.TLS = &tls.Config{RootCAs: pool}
		}
		cfg.ListenerConfigs = []turn.ListenerConfig{{Listener: l, RelayAddressGenerator: addresses}}
	}
	s, err := turn.NewServer(cfg)
	if err != nil {
		t.Fatal(err)
	}
	var once sync.Once
	stop = func() { once.Do(func() { s.Close(); accepted.hangUp() }) }
	t.Cleanup(stop)
	return server, stop
}

// TestRelayTransports: media through a relay that is reached over UDP, TCP and TLS.
func TestRelayTransports(t *testing.T) {
	for _, transport := range []Transport{UDP, TCP, TLS} {
		t.Run(transport.String(), func(t *testing.T) {
			server, _ := relayServer(t, transport)
			caller := local(t, "127.0.0.1:0", func(c *Config) { c.Policy, c.TURN = RelayOnly, []TURNServer{server} })
			callee := local(t, "127.0.0.1:0", func(*Config) {})
			meet(t, caller, callee)
			both(t, caller, callee)
		})
	}
}

// TestRelayDies: it is told at once, for the system says so.
func TestRelayDies(t *testing.T) {
	for _, transport := range []Transport{UDP, TCP} {
		t.Run(transport.String(), func(t *testing.T) {
			server, stop := relayServer(t, transport)
			caller := local(t, "127.0.0.1:0", func(c *Config) { c.Policy, c.TURN = RelayOnly, []TURNServer{server} })
			callee := local(t, "127.0.0.1:0", func(*Config) {})
			meet(t, caller, callee)
			pair := caller.nominated(t)
			stop()
			start := time.Now()
			for {
				_ = pair.say(caller, "is anybody there?")
				select {
				case err := <-caller.errs:
					if !errors.Is(err, ErrRelay) {
						t.Errorf("told %v", err)
					}
				case <-time.After(20 * time.Millisecond):
					if time.Since(start) > 5*time.Second {
						t.Fatal("not told in 5 s")
					}
					continue
				}
				break
			}
			for s := range caller.states {
				if s == Disconnected {
					return
				}
			}
		})
	}
}

// TestUntrustedRelay: its certificate is nobody's that we trust.
func TestUntrustedRelay(t *testing.T) {
	server, _ := relayServer(t, TLS)
	server.TLS = nil
	l := local(t, "127.0.0.1:0", func(c *Config) { c.Policy, c.TURN = RelayOnly, []TURNServer{server} })
	var unknown x509.UnknownAuthorityError
	if err := l.agent.Gather(t.Context()); !errors.Is(err, ErrNoCandidates) || !errors.As(err, &unknown) {
		t.Errorf("gathered with %v", err)
	}
}

// TestOtherAddresses: the one that works is of another address than the session's socket.
func TestOtherAddresses(t *testing.T) {
	caller := local(t, "127.0.0.1:0", func(c *Config) { c.Local = []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("::1")} })
	callee := local(t, "[::1]:0", func(*Config) {})
	meet(t, caller, callee)
	if cs := caller.agent.Local().Candidates; len(cs) != 2 || cs[0].Addr != caller.LocalAddr() || cs[0].Priority <= cs[1].Priority {
		t.Errorf("candidates %v", cs)
	}
	both(t, caller, callee)
}

// TestStuckServers: one takes a connection and says nothing, the other is in the middle of TLS. The end
// of the call waits for neither.
func TestStuckServers(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	mute := &accepting{Listener: l}
	var work sync.WaitGroup
	work.Go(func() {
		for {
			if _, err := mute.Accept(); err != nil {
				return
			}
		}
	})
	at := unmap(l.Addr().(*net.TCPAddr).AddrPort())
	for _, transport := range []Transport{TCP, TLS} {
		p := local(t, "127.0.0.1:0", func(c *Config) {
			c.TURN = []TURNServer{{Addr: at, Transport: transport, Username: "turn", Password: "turnpw"}}
		})
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(50*time.Millisecond, cancel)
		if err := p.agent.Gather(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("%v: %v", transport, err)
		}
		p.agent.Close() // or the test's time is over
	}
	l.Close()
	mute.hangUp()
	work.Wait()
}

// TestRelayBreaksAtOnce: what is told is why the relay broke, not that its client was closed for it.
func TestRelayBreaksAtOnce(t *testing.T) {
	broke := errors.New("connection refused")
	_, err := dialRelay(t.Context(), TURNServer{Addr: netip.MustParseAddrPort("192.0.2.1:3478"), Username: "turn", Password: "turnpw"},
		func(context.Context, TURNServer) (net.PacketConn, error) { return refusing{broke}, nil }, false, nil, func(error) {})
	if !errors.Is(err, ErrRelay) || !errors.Is(err, broke) {
		t.Error(err)
	}
}

// refusing is a socket to where nobody listens.
type refusing struct{ err error }

func (c refusing) ReadFrom([]byte) (int, net.Addr, error)    { return 0, nil, c.err }
func (c refusing) WriteTo(b []byte, _ net.Addr) (int, error) { return len(b), nil }
func (c refusing) Close() error                              { return nil }
func (c refusing) LocalAddr() net.Addr                       { return &net.UDPAddr{} }
func (c refusing) SetDeadline(time.Time) error               { return nil }
func (c refusing) SetReadDeadline(time.Time) error           { return nil }
func (c refusing) SetWriteDeadline(time.Time) error          { return nil }
