package sip

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gobwas/ws"
)

// listenWith is listen with all of the Config but the handler and the trace.
func listenWith(t *testing.T, addr string, cfg Config) (*rig, chan Flow) {
	t.Helper()
	r := &rig{requests: make(chan ServerTransaction, 100), answers: make(chan string, 1000)}
	lost := make(chan Flow, 100)
	cfg.Listen = netip.AddrPortFrom(netip.MustParseAddr(addr), 0)
	cfg.Handler = func(tx ServerTransaction) { r.requests <- tx }
	cfg.FlowLost = func(f Flow) { lost <- f }
	cfg.Trace = &r.trace
	e, err := Listen(cfg)
	if err != nil {
		t.Fatal(err)
	}
	r.Endpoint = e
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return r, lost
}

var everyTransport = []Transport{UDP, TCP, TLS, WS, WSS}

// Each transport carries requests there and back, over one connection, and is traced in
// plain text; the peer's own requests come back over it.
func TestTransports(t *testing.T) {
	ca := newAuthority(t, "CA")
	for _, addr := range []string{"127.0.0.1", "::1"} {
		server, _ := listenWith(t, addr, Config{Transports: everyTransport, TLS: TLSConfig{Certificate: ca.local()}})
		client, lost := listenWith(t, addr, Config{TLS: TLSConfig{Roots: ca.pool()}})
		for _, transport := range everyTransport {
			t.Run(fmt.Sprintf("%s %s", addr, transport), func(t *testing.T) {
				to := Target{Transport: transport, Addr: server.LocalAddr(transport)}
				for i := range 3 {
					req := outgoing(OPTIONS)
					req.SetBody([]byte(strings.Repeat("x", 500*i))) // below what leaves UDP
					if i > 1 {
						req.SetBody(nil)
					}
					if _, err := client.Request(req, to, client.answer); err != nil {
						t.Fatal(err)
					}
					in := want(t, server.requests)
					if got := in.Request().Via().Transport; got != transport.String() {
						t.Errorf("the Via names %s", got)
					}
					respond(t, in, 200+i)
					if got := want(t, client.answers); got != fmt.Sprint(200+i) {
						t.Errorf("told %s", got)
					}
					if i < 2 {
						continue
					}
					// And back: where the request came from.
					if _, err := server.Request(outgoing(OPTIONS), PeerOf(in), server.answer); err != nil {
						t.Fatal(err)
					}
					back := want(t, client.requests)
					if transport.Reliable() && back.Source() != to.Addr {
						t.Errorf("a request came from %s, not over the connection", back.Source())
					}
					respond(t, back, 204)
					if got := want(t, server.answers); got != "204" {
						t.Errorf("told %s", got)
					}
				}
				if !strings.Contains(strings.Join(server.trace.starts(), "|"), "SIP<--"+transport.String()+" OPTIONS") {
					t.Errorf("no plain text in the trace")
				}
			})
		}
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		for range []Transport{TCP, TLS, WS, WSS} {
			if f := want(t, lost); f.Kept || f.Transport == UDP || !errors.Is(f.Err, ErrTransport) {
				t.Errorf("lost %+v", f)
			}
		}
	}
}

// Catalogue 8 (RFC 5922): a connection proves the domain that was dialled. It isn't used
// for another domain at the same address, and one that can't prove it never carries a byte.
func TestInterop08DialledDomain(t *testing.T) {
	ca := newAuthority(t, "CA")
	server, _ := listenWith(t, "127.0.0.1", Config{Transports: []Transport{TLS, WSS}, TLS: TLSConfig{Certificate: ca.local("sip.example.com")}})
	pin := PinOf(ca.local().Leaf)
	for _, transport := range []Transport{TLS, WSS} {
		for _, c := range []struct {
			host    string
			tls     TLSConfig
			problem CertProblem
			ok      bool
		}{
			{"sip.example.com", TLSConfig{Roots: ca.pool()}, 0, true},
			{"SIP.example.com", TLSConfig{Roots: ca.pool()}, 0, true},
			{"example.com", TLSConfig{Roots: ca.pool()}, CertWrongName, false},
			{"", TLSConfig{Roots: ca.pool()}, CertWrongName, false}, // the address itself
			{"127.0.0.1", TLSConfig{Roots: ca.pool()}, CertWrongName, false},
			{"127.0.0.1", TLSConfig{Roots: ca.pool(), ServerName: "sip.example.com"}, 0, true},
			{"sip.example.com", TLSConfig{}, CertUnknownAuthority, false},
			{"sip.example.com", TLSConfig{Pin: &pin}, CertWrongPin, false},
		} {
			client, _ := listenWith(t, "127.0.0.1", Config{TLS: c.tls})
			to := Target{Transport: transport, Addr: server.LocalAddr(transport), Host: c.host}
			told := make(chan error, 1)
			if _, err := client.Request(outgoing(OPTIONS), to, func(res *Response, err error) { told <- err }); err != nil {
				t.Fatal(err)
			}
			if c.ok {
				respond(t, want(t, server.requests), 200)
				if err := want(t, told); err != nil {
					t.Errorf("%s %q: %v", transport, c.host, err)
				}
				continue
			}
			err := want(t, told)
			var refused *CertificateError
			if !errors.Is(err, ErrTransport) || !errors.As(err, &refused) || refused.Problem != c.problem {
				t.Errorf("%s %q: %v", transport, c.host, err)
			}
			if strings.Contains(strings.Join(client.trace.starts(), ""), "-->") {
				t.Errorf("%s %q: something was sent", transport, c.host)
			}
		}
	}
	// Two domains at one address, both in order: two connections.
	both, _ := listenWith(t, "127.0.0.1", Config{Transports: []Transport{TLS}, TLS: TLSConfig{Certificate: ca.local("a.example", "b.example")}})
	client, _ := listenWith(t, "127.0.0.1", Config{TLS: TLSConfig{Roots: ca.pool()}})
	sources := map[netip.AddrPort]bool{}
	for _, host := range []string{"a.example", "b.example", "a.example"} {
		if _, err := client.Request(outgoing(OPTIONS), Target{Transport: TLS, Addr: both.LocalAddr(TLS), Host: host}, client.answer); err != nil {
			t.Fatal(err)
		}
		in := want(t, both.requests)
		sources[in.Source()] = true
		respond(t, in, 200)
		want(t, client.answers)
	}
	if len(sources) != 2 {
		t.Errorf("%d connections for two domains", len(sources))
	}
}

// A connection that the peer closes is told as lost, and made again by the next request.
func TestReconnect(t *testing.T) {
	ca := newAuthority(t, "CA")
	server, _ := listenWith(t, "127.0.0.1", Config{Transports: everyTransport, TLS: TLSConfig{Certificate: ca.local()}})
	client, lost := listenWith(t, "127.0.0.1", Config{TLS: TLSConfig{Roots: ca.pool()}})
	for _, transport := range []Transport{TCP, TLS, WS, WSS} {
		to := Target{Transport: transport, Addr: server.LocalAddr(transport)}
		for range 2 {
			if _, err := client.Request(outgoing(OPTIONS), to, client.answer); err != nil {
				t.Fatal(err)
			}
			in := want(t, server.requests)
			respond(t, in, 200)
			if got := want(t, client.answers); got != "200" {
				t.Fatalf("%s: told %s", transport, got)
			}
			in.(*serverTx).link.conn.shut()
			if f := want(t, lost); f.Transport != transport || f.Addr != to.Addr || !strings.Contains(f.Err.Error(), "the peer closed the connection") {
				t.Errorf("%s: lost %+v", transport, f)
			}
		}
	}
}

func TestWebSocketHandshake(t *testing.T) {
	server, _ := listenWith(t, "127.0.0.1", Config{Transports: []Transport{WS}})
	for _, c := range []struct {
		protocols []string
		ok        bool
	}{{[]string{"sip"}, true}, {[]string{"chat", "sip"}, true}, {[]string{"chat"}, false}, {nil, false}} {
		conn, _, hs, err := ws.Dialer{Protocols: c.protocols}.Dial(t.Context(), "ws://"+server.LocalAddr(WS).String()+"/any")
		if (err == nil && hs.Protocol == "sip") != c.ok {
			t.Errorf("%v: %q, %v", c.protocols, hs.Protocol, err)
		}
		if err == nil {
			_ = conn.Close()
		}
	}
	// A client asks for "sip" at the configured path, and leaves when it doesn't get it.
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	client, _ := listenWith(t, "127.0.0.1", Config{WSPath: "/phones?x=1"})
	told := make(chan error, 1)
	if _, err := client.Request(outgoing(OPTIONS), Target{Transport: WS, Addr: addrOf(l.Addr()), Host: "pbx.example"}, func(_ *Response, err error) { told <- err }); err != nil {
		t.Fatal(err)
	}
	nc, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	s := newStream(t, nc)
	up := ws.Upgrader{OnRequest: func(uri []byte) error {
		if string(uri) != "/phones?x=1" {
			t.Errorf("asked for %s", uri)
		}
		return nil
	}, OnHost: func(host []byte) error {
		if want := fmt.Sprintf("pbx.example:%d", addrOf(l.Addr()).Port()); string(host) != want {
			t.Errorf("Host is %s, want %s", host, want)
		}
		return nil
	}, Protocol: func([]byte) bool { return false }}
	if _, err := up.Upgrade(s); err != nil {
		t.Fatal(err)
	}
	if err := want(t, told); !errors.Is(err, errNotSIP) {
		t.Errorf("without the subprotocol: %v", err)
	}
}

// The answer to a refusal says what to do about it.
func TestHandshakeWords(t *testing.T) {
	plain := listen(t, "127.0.0.1")
	client, _ := listenWith(t, "127.0.0.1", Config{})
	for transport, words := range map[Transport]string{TLS: "check the port", WSS: "check the port"} {
		told := make(chan error, 1)
		if _, err := client.Request(outgoing(OPTIONS), Target{Transport: transport, Addr: plain.LocalAddr(TCP)}, func(_ *Response, err error) { told <- err }); err != nil {
			t.Fatal(err)
		}
		if err := want(t, told); !errors.Is(err, ErrTransport) || !strings.Contains(err.Error(), words) {
			t.Errorf("%s to a TCP port: %v", transport, err)
		}
	}
}

// Who only holds connections open keeps nobody out.
func TestConnectionsBounded(t *testing.T) {
	r := &rig{requests: make(chan ServerTransaction, 100)}
	e := newEndpoint(Config{Listen: netip.MustParseAddrPort("127.0.0.1:0"), Handler: func(tx ServerTransaction) { r.requests <- tx }})
	e.maxConns = 4
	if err := e.open(); err != nil {
		t.Fatal(err)
	}
	e.serve()
	r.Endpoint = e
	defer func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}()
	ask := func(s *stream, branch string) {
		t.Helper()
		s.write(incoming(OPTIONS, branch))
		respond(t, want(t, r.requests), 200)
		s.message()
	}
	first, second := dialTCP(t, r), dialTCP(t, r)
	ask(first, "z9hG4bK1")
	ask(second, "z9hG4bK2")
	for i := range 40 {
		s := dialTCP(t, r)
		ask(first, fmt.Sprintf("z9hG4bKa%d", i)) // stays in use among the silent
		ask(second, fmt.Sprintf("z9hG4bKb%d", i))
		_ = s
	}
	e.mu.Lock()
	n := e.accepted
	e.mu.Unlock()
	if n > 4 {
		t.Errorf("%d connections, 4 are allowed", n)
	}
	// When all have spoken, the one that has been silent the longest goes.
	for i := range 4 {
		ask(dialTCP(t, r), fmt.Sprintf("z9hG4bKc%d", i))
	}
	if _, err := first.in.ReadByte(); !errors.Is(err, io.EOF) {
		t.Errorf("the idlest is still there: %v", err)
	}
}

// Nor can others have us hold connections open without bound: a Contact or a Via may name
// another port each time. A flow that is kept alive stays.
func TestDialledConnectionsBounded(t *testing.T) {
	inMemory(t, func(t *testing.T, e *Endpoint, _ *wire, _ *told) {
		e.maxDialled = 4
		e.local[TCP] = e.local[UDP]
		var open atomic.Int32
		e.dialStream = func(context.Context, netip.Addr, netip.AddrPort) (net.Conn, error) {
			mine, theirs := net.Pipe()
			open.Add(1)
			go func() {
				_, _ = io.Copy(io.Discard, theirs)
				open.Add(-1)
			}()
			return mine, nil
		}
		at := func(port int) Target {
			return Target{Transport: TCP, Addr: netip.AddrPortFrom(netip.MustParseAddr("192.0.2.2"), uint16(port))}
		}
		registrar := at(5060)
		e.KeepAlive(registrar, KeepAlive{Method: KeepAliveCRLF, Interval: time.Hour})
		if err := e.Send(outgoing(ACK), registrar); err != nil {
			t.Fatal(err)
		}
		for i := range 40 {
			pass(time.Second)
			if err := e.Send(outgoing(ACK), at(10000+i)); err != nil {
				t.Fatal(err)
			}
		}
		pass(time.Second)
		if n := open.Load(); n > 4 {
			t.Errorf("%d connections, 4 are allowed", n)
		}
		e.mu.Lock()
		defer e.mu.Unlock()
		if e.connTo(registrar) == nil || e.connTo(at(10039)) == nil {
			t.Error("the registrar's connection or the newest made room")
		}
	})
}

// A connection whose far end is gone without a word, as after a NAT's restart, isn't used for ever:
// when a request over it ran out of time and nothing came meanwhile, the next one makes another.
func TestSilentConnectionGivenUp(t *testing.T) {
	for _, c := range []struct {
		name    string
		chatter bool // the peer is there, and leaves this request alone
		dials   int
		lost    int
	}{{"dead", false, 2, 2}, {"alive", true, 1, 0}} {
		t.Run(c.name, func(t *testing.T) {
			keptAlive(t, func(t *testing.T, e *Endpoint, _ *wire, lost func() []Flow) {
				far, answers := e.pipes(), &told{}
				dials := 0
				to := Target{Transport: TCP, Addr: netip.MustParseAddrPort("192.0.2.2:5060")}
				for range 2 {
					if _, err := e.Request(outgoing(OPTIONS), to, answers.answer); err != nil {
						t.Fatal(err)
					}
					synctest.Wait()
					select {
					case nc := <-far:
						dials++
						go func() { _, _ = io.Copy(io.Discard, nc) }()
						if c.chatter {
							go func() {
								for err := error(nil); err == nil && sleep(e.ctx, 10*time.Second); {
									_, err = nc.Write([]byte("\r\n\r\n"))
								}
							}()
						}
					default:
					}
					pass(40 * time.Second)
				}
				if got := answers.all(); got != "error, error" {
					t.Errorf("told %q", got)
				}
				if n := len(lost()); dials != c.dials || n != c.lost {
					t.Errorf("%d connections, %d lost; want %d and %d", dials, n, c.dials, c.lost)
				}
			})
		})
	}
}

// A peer that doesn't read can't hold up the end: its connection gets what time is left to any.
func TestCloseWithStuckPeer(t *testing.T) {
	keptAlive(t, func(t *testing.T, e *Endpoint, _ *wire, _ func() []Flow) {
		far := e.pipes()
		if err := e.Send(outgoing(ACK), Target{Transport: TCP, Addr: netip.MustParseAddrPort("192.0.2.2:5060")}); err != nil {
			t.Fatal(err)
		}
		defer (<-far).Close()
		synctest.Wait() // the writer is at it
		start := time.Now()
		if err := e.Close(); err != nil {
			t.Error(err)
		}
		if took := time.Since(start); took > 2*drainTimeout {
			t.Errorf("closing took %v", took)
		}
	})
}

// A peer that connects and says nothing is sent away.
func TestSilentPeer(t *testing.T) {
	inMemory(t, func(t *testing.T, e *Endpoint, _ *wire, _ *told) {
		mine, theirs := net.Pipe()
		e.take(TCP, mine)
		pass(greetTimeout + time.Second)
		if _, err := theirs.Read(make([]byte, 1)); err == nil {
			t.Error("the connection is still there")
		}
		// Nor does one who never ends its first message stay.
		mine, theirs = net.Pipe()
		e.take(TCP, mine)
		for range 20 {
			_ = theirs.SetWriteDeadline(time.Now().Add(time.Second))
			_, _ = theirs.Write([]byte("X"))
			pass(2 * time.Second)
		}
		if _, err := theirs.Read(make([]byte, 1)); err == nil {
			t.Error("dripping keeps a connection")
		}
	})
}
