package sip

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// pipes makes the endpoint's connections in memory, and hands out their far ends.
func (e *Endpoint) pipes() <-chan net.Conn {
	e.local[TCP] = e.local[UDP]
	far := make(chan net.Conn, 10)
	e.dialStream = func(context.Context, netip.Addr, netip.AddrPort) (net.Conn, error) {
		a, b := net.Pipe()
		far <- b
		return a, nil
	}
	return far
}

// kept runs a test of an endpoint in memory that notes the flows it loses.
func keptAlive(t *testing.T, f func(t *testing.T, e *Endpoint, peer *wire, lost func() []Flow)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var flows []Flow
		mine, peer := newWire()
		e := newEndpoint(Config{FlowLost: func(f Flow) {
			mu.Lock()
			defer mu.Unlock()
			flows = append(flows, f)
		}})
		e.udp, e.local[UDP] = mine, mine.addr
		e.serve()
		defer func() {
			if err := e.Close(); err != nil {
				t.Error(err)
			}
		}()
		f(t, e, peer, func() []Flow {
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			return flows
		})
	})
}

// reader notes what comes out of a connection, and answers through respond.
func reader(nc net.Conn, respond func(string) string) (all func() string) {
	var mu sync.Mutex
	var text strings.Builder
	go func() {
		buf := make([]byte, 4096)
		for {
			n, err := nc.Read(buf)
			if err != nil {
				return
			}
			mu.Lock()
			text.Write(buf[:n])
			mu.Unlock()
			if a := respond(string(buf[:n])); a != "" {
				_, _ = nc.Write([]byte(a))
			}
		}
	}()
	return func() string {
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		return text.String()
	}
}

const ping, pong = "\r\n\r\n", "\r\n"

// Catalogue 7 (RFC 5626, sections 3.5.1 and 4.4.1): pings at 80 to 100 % of the interval;
// a pong in pieces or before a message is one; without a pong for 10 s the flow is dead.
func TestInterop07StreamKeepAlive(t *testing.T) {
	to := Target{Transport: TCP, Addr: netip.MustParseAddrPort("192.0.2.2:5070")}
	connected := func(t *testing.T, e *Endpoint, answer func(string) string) (net.Conn, func() string) {
		far := e.pipes()
		if err := e.Send(outgoing(ACK), to); err != nil {
			t.Fatal(err)
		}
		nc := <-far
		all := reader(nc, func(s string) string {
			if s == ping {
				return answer(s)
			}
			return ""
		})
		all()
		return nc, func() string { _, after, _ := strings.Cut(all(), "Content-Length: 0\r\n\r\n"); return after }
	}
	t.Run("answered", func(t *testing.T) {
		keptAlive(t, func(t *testing.T, e *Endpoint, _ *wire, lost func() []Flow) {
			nc, sent := connected(t, e, func(string) string { return pong })
			defer nc.Close()
			e.KeepAlive(to, KeepAlive{Method: KeepAliveCRLF, Interval: 100 * time.Second})
			pass(79 * time.Second)
			if s := sent(); s != "" {
				t.Errorf("after 79 s: %q", s)
			}
			pass(22 * time.Second)
			if s := sent(); s != ping {
				t.Errorf("after 101 s: %q", s)
			}
			pass(1000 * time.Second)
			if n := len(sent()) / 4; n < 10 || n > 14 {
				t.Errorf("%d pings in 1100 s", n)
			}
			if f := lost(); len(f) != 0 {
				t.Errorf("lost %v", f)
			}
			e.KeepAlive(to, KeepAlive{Method: KeepAliveOff})
			was := sent()
			pass(1000 * time.Second)
			if sent() != was {
				t.Error("pings after KeepAliveOff")
			}
		})
	})
	t.Run("dead", func(t *testing.T) {
		keptAlive(t, func(t *testing.T, e *Endpoint, _ *wire, lost func() []Flow) {
			nc, sent := connected(t, e, func(string) string { return "" })
			defer nc.Close()
			e.KeepAlive(to, KeepAlive{Method: KeepAliveCRLF, Interval: 100 * time.Second})
			for sent() == "" {
				pass(time.Second)
			}
			pass(9 * time.Second)
			if f := lost(); len(f) != 0 {
				t.Fatalf("lost after 9 s: %v", f)
			}
			pass(2 * time.Second)
			f := lost()
			if len(f) != 1 || f[0].Target != to || !f[0].Kept || !errors.Is(f[0].Err, ErrFlowDead) || !errors.Is(f[0].Err, ErrTransport) {
				t.Errorf("lost %+v", f)
			}
		})
	})
	t.Run("a peer that never knew", func(t *testing.T) {
		keptAlive(t, func(t *testing.T, e *Endpoint, _ *wire, lost func() []Flow) {
			var answers atomic.Bool
			nc, sent := connected(t, e, func(string) string {
				if answers.Load() {
					return pong
				}
				return ""
			})
			defer nc.Close()
			e.KeepAlive(to, KeepAlive{})
			pass(10 * time.Minute)
			if f := lost(); len(f) != 0 || len(sent()) < 4*4 {
				t.Errorf("lost %v after %q", f, sent())
			}
			answers.Store(true)
			pass(5 * time.Minute)
			answers.Store(false) // it has shown that it knows
			pass(3 * time.Minute)
			if f := lost(); len(f) != 1 {
				t.Errorf("lost %v", f)
			}
		})
	})
	t.Run("answering", func(t *testing.T) {
		for _, pieces := range [][]string{{ping}, {"\r", "\n\r", "\n"}, {pong, pong}, {"\r\n\r", "\n"}} {
			keptAlive(t, func(t *testing.T, e *Endpoint, _ *wire, _ func() []Flow) {
				mine, far := net.Pipe()
				e.local[TCP] = e.local[UDP]
				e.take(TCP, mine)
				all := reader(far, func(string) string { return "" })
				for range 2 {
					for _, p := range pieces {
						_, _ = far.Write([]byte(p))
						synctest.Wait()
					}
				}
				if got := all(); got != pong+pong {
					t.Errorf("%q twice is answered %q", pieces, got)
				}
				far.Close()
			})
		}
	})
}

// A CRLF is a pong; two of them in a row are a ping, unless we pinged in between.
func TestPongOrPing(t *testing.T) {
	var f framer
	see := func() (out string) {
		for {
			switch kind, _, _ := f.next(); kind {
			case framePing:
				out += "ping "
			case framePong:
				out += "pong "
			case frameMessage:
				out += "message "
			default:
				return strings.TrimSpace(out)
			}
		}
	}
	message := incoming(OPTIONS, "z9hG4bK1")
	for _, c := range []struct{ in, want string }{
		{pong, "pong"}, {pong, "ping"}, // the other half
		{ping, "ping"}, {"\r", ""}, {"\n", "pong"}, {message, "message"},
		{pong + message, "pong message"}, {message + ping + message, "message ping message"}, {pong, "pong"},
	} {
		f.write([]byte(c.in))
		if got := see(); got != c.want {
			t.Errorf("%.6q: %q, want %q", c.in, got, c.want)
		}
	}
	f.pinged()
	f.write([]byte(pong))
	if got := see(); got != "pong" {
		t.Errorf("after another ping of ours: %q", got)
	}
}

// RFC 5626, sections 3.5.2 and 4.4.2: STUN on the SIP socket.
func TestSTUNKeepAlive(t *testing.T) {
	answer := func(t *testing.T, peer *wire, at string) int {
		n := 0
		for _, text := range peer.texts() {
			kind, id, _, ok := parseSTUN([]byte(text))
			if !ok || kind != stunRequest {
				t.Fatalf("%q", text)
			}
			n++
			if at != "" {
				peer.send(string(bindingSuccess(id, netip.MustParseAddrPort(at))))
			}
		}
		synctest.Wait()
		return n
	}
	keptAlive(t, func(t *testing.T, e *Endpoint, peer *wire, lost func() []Flow) {
		e.KeepAlive(peer.target(), KeepAlive{Method: KeepAliveSTUN, Interval: 20 * time.Second})
		for range 5 {
			pass(20 * time.Second)
			if n := answer(t, peer, "198.51.100.1:4000"); n == 0 {
				t.Fatal("nothing was asked")
			}
		}
		if f := lost(); len(f) != 0 {
			t.Fatalf("lost %v", f)
		}
		pass(20 * time.Second)
		answer(t, peer, "198.51.100.1:4001")
		if f := lost(); len(f) != 1 || f[0].Target != peer.target() || !strings.Contains(f[0].Err.Error(), "198.51.100.1:4001") {
			t.Errorf("seen elsewhere: %v", f)
		}
	})
	keptAlive(t, func(t *testing.T, e *Endpoint, peer *wire, lost func() []Flow) {
		e.KeepAlive(peer.target(), KeepAlive{Method: KeepAliveSTUN, Interval: 20 * time.Second})
		pass(31 * time.Second)
		if n := answer(t, peer, ""); n < 4 {
			t.Errorf("asked %d times", n)
		}
		if f := lost(); len(f) != 1 || !errors.Is(f[0].Err, ErrFlowDead) {
			t.Errorf("lost %v", f)
		}
		pass(time.Minute)
		if n := answer(t, peer, ""); n != 0 {
			t.Errorf("a dead flow is asked %d times more", n)
		}
		// Asked ourselves, we answer.
		peer.send(string(bindingRequest(stunID{7})))
		texts := peer.texts()
		if len(texts) != 1 {
			t.Fatalf("%q", texts)
		}
		if kind, id, at, _ := parseSTUN([]byte(texts[0])); kind != stunSuccess || id != (stunID{7}) || at != peer.addr {
			t.Errorf("answered %x %v %v", kind, id, at)
		}
	})
}

// A STUN server beside the peer sees that the NAT maps us elsewhere; its silence says nothing.
func TestWitness(t *testing.T) {
	// beat gives what came in one interval, and answers what is STUN.
	beat := func(peer *wire, at string) (pings, asked int) {
		pass(20 * time.Second)
		for _, text := range peer.texts() {
			_, id, _, ok := parseSTUN([]byte(text))
			switch {
			case text == ping:
				pings++
			case ok:
				asked++
				if at != "" {
					peer.send(string(bindingSuccess(id, netip.MustParseAddrPort(at))))
				}
			}
		}
		synctest.Wait()
		return pings, asked
	}
	keptAlive(t, func(t *testing.T, e *Endpoint, peer *wire, lost func() []Flow) {
		e.KeepAlive(peer.target(), KeepAlive{Method: KeepAliveCRLF, Interval: 20 * time.Second, Witness: peer.addr})
		for range 5 {
			if pings, asked := beat(peer, "198.51.100.1:4000"); pings != 1 || asked == 0 {
				t.Fatalf("%d pings, asked %d times", pings, asked)
			}
		}
		if f := lost(); len(f) != 0 {
			t.Fatalf("lost %v", f)
		}
		beat(peer, "198.51.100.1:4001")
		if f := lost(); len(f) != 1 || !strings.Contains(f[0].Err.Error(), "198.51.100.1:4001") {
			t.Errorf("seen elsewhere: %v", f)
		}
	})
	keptAlive(t, func(t *testing.T, e *Endpoint, peer *wire, lost func() []Flow) {
		e.KeepAlive(peer.target(), KeepAlive{Method: KeepAliveCRLF, Interval: 20 * time.Second, Witness: peer.addr})
		pings := 0
		for range 10 {
			n, _ := beat(peer, "")
			pings += n
		}
		if f := lost(); len(f) != 0 || pings < 8 {
			t.Errorf("%d pings in 200 s, lost %v", pings, f)
		}
	})
}

func TestOtherKeepAlives(t *testing.T) {
	keptAlive(t, func(t *testing.T, e *Endpoint, peer *wire, lost func() []Flow) {
		e.KeepAlive(peer.target(), KeepAlive{})
		pass(5 * time.Minute)
		if texts := peer.texts(); len(texts) != 0 {
			t.Errorf("auto over UDP sends %q", texts)
		}
		e.KeepAlive(peer.target(), KeepAlive{Method: KeepAliveCRLF})
		pass(30 * time.Second)
		if texts := peer.texts(); len(texts) != 1 || texts[0] != ping {
			t.Errorf("crlf over UDP sends %q", texts)
		}
		e.KeepAlive(peer.target(), KeepAlive{Method: KeepAliveOptions, Interval: 60 * time.Second})
		for _, code := range []int{200, 404, 501} {
			pass(60 * time.Second)
			m := peer.messages(t)
			if len(m) == 0 {
				t.Fatal("no OPTIONS")
			}
			peer.send(reply(m[0], code, "x"))
			synctest.Wait()
		}
		if f := lost(); len(f) != 0 {
			t.Fatalf("lost %v", f)
		}
		pass(60*time.Second + 33*time.Second)
		if f := lost(); len(f) != 1 || !errors.Is(f[0].Err, ErrFlowDead) {
			t.Errorf("lost %v", f)
		}
		peer.texts()
	})
}

func TestKeepAliveWait(t *testing.T) {
	for _, c := range []struct {
		k         KeepAlive
		t         Transport
		low, high time.Duration
	}{
		{KeepAlive{}, TLS, 96 * time.Second, 120 * time.Second},
		{KeepAlive{Method: KeepAliveSTUN}, UDP, 23200 * time.Millisecond, 29 * time.Second},
		{KeepAlive{Interval: time.Second}, UDP, 800 * time.Millisecond, time.Second},
	} {
		low, high := c.k.wait(c.t, func() float64 { return 1 }), c.k.wait(c.t, func() float64 { return 0 })
		if low != c.low || high != c.high {
			t.Errorf("%+v: %v to %v", c.k, low, high)
		}
	}
}
