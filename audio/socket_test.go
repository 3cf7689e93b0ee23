package audio

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"
)

// socketKinds are the portable socket and, where it is another, the system's.
var socketKinds = []struct {
	name string
	open func(c *net.UDPConn) (socket, error)
}{
	{"portable", func(c *net.UDPConn) (socket, error) { return newNetSocket(c, rtpSlots), nil }},
	{"system", func(c *net.UDPConn) (socket, error) { return takeOver(c, rtpSlots) }},
}

func eachSocket(t *testing.T, f func(t *testing.T, s socket, local netip.AddrPort, peer *net.UDPConn)) {
	for _, addr := range []string{"127.0.0.1", "::1"} {
		for _, k := range socketKinds {
			t.Run(k.name+" "+addr, func(t *testing.T) {
				c, err := listenUDP(netip.MustParseAddr(addr), 0)
				if err != nil {
					t.Skip(err)
				}
				local := localAddr(c)
				s, err := k.open(c)
				if err != nil {
					t.Fatal(err)
				}
				defer s.close()
				peer, err := listenUDP(netip.MustParseAddr(addr), 0)
				if err != nil {
					t.Fatal(err)
				}
				defer peer.Close()
				f(t, s, local, peer)
			})
		}
	}
}

// await is next, for a datagram that is on its way.
func await(t testing.TB, s socket) *slot {
	t.Helper()
	for late := time.After(5 * time.Second); ; {
		if sl := s.next(); sl != nil {
			return sl
		}
		select {
		case <-late:
			t.Fatal("no datagram came")
		default:
		}
	}
}

func TestSocketTakesDatagramsInOrder(t *testing.T) {
	eachSocket(t, func(t *testing.T, s socket, local netip.AddrPort, peer *net.UDPConn) {
		if sl := s.next(); sl != nil {
			t.Fatalf("a new socket has %d bytes", sl.n)
		}
		const n = 10
		before := time.Now()
		for i := range n {
			if _, err := peer.WriteToUDPAddrPort(make([]byte, i), local); err != nil {
				t.Fatal(err)
			}
		}
		last := before
		for i := range n {
			sl := await(t, s)
			if sl.n != i || sl.from != localAddr(peer) {
				t.Errorf("datagram %d: %d bytes from %v, want from %v", i, sl.n, sl.from, localAddr(peer))
			}
			// The two clocks are read one after the other: some microseconds.
			if sl.at.Before(last.Add(-time.Millisecond)) || sl.at.After(time.Now()) {
				t.Errorf("datagram %d came %v after it was sent", i, sl.at.Sub(before))
			}
			last = sl.at
		}
		if s.next() != nil || s.lost() != 0 {
			t.Errorf("more came out than went in, or %d were lost", s.lost())
		}
	})
}

func TestSocketCutsWhatIsTooLong(t *testing.T) {
	eachSocket(t, func(t *testing.T, s socket, local netip.AddrPort, peer *net.UDPConn) {
		peer.WriteToUDPAddrPort(make([]byte, maxDatagram+500), local)
		if sl := await(t, s); sl.n != maxDatagram {
			t.Errorf("%d bytes", sl.n)
		}
	})
}

func TestSocketSends(t *testing.T) {
	eachSocket(t, func(t *testing.T, s socket, local netip.AddrPort, peer *net.UDPConn) {
		other, err := listenUDP(local.Addr(), 0)
		if err != nil {
			t.Fatal(err)
		}
		defer other.Close()
		for _, c := range []*net.UDPConn{peer, other, peer} {
			if err := s.send([]byte("voice"), localAddr(c)); err != nil {
				t.Fatal(err)
			}
			buf := make([]byte, 100)
			c.SetReadDeadline(time.Now().Add(5 * time.Second))
			n, from, err := c.ReadFromUDPAddrPort(buf)
			if err != nil || string(buf[:n]) != "voice" || from != local {
				t.Errorf("%q from %v, %v", buf[:n], from, err)
			}
		}
		// The mapped form is the same address; the other family is an error, not a crash.
		to := localAddr(peer)
		mapped := netip.AddrPortFrom(netip.AddrFrom16(to.Addr().As16()), to.Port())
		if err := s.send([]byte("voice"), mapped); err != nil {
			t.Errorf("%v: %v", mapped, err)
		}
		wrong := netip.MustParseAddrPort("[::1]:9")
		if to.Addr().Is6() {
			wrong = netip.MustParseAddrPort("127.0.0.1:9")
		}
		if err := s.send([]byte("voice"), wrong); err == nil {
			t.Errorf("sent to %v", wrong)
		}
		if err := s.send([]byte("voice"), netip.AddrPort{}); err == nil {
			t.Error("sent to nowhere")
		}
	})
}

// A peer that isn't there answers by ICMP: that ends neither direction.
func TestSocketSurvivesRefusal(t *testing.T) {
	eachSocket(t, func(t *testing.T, s socket, local netip.AddrPort, peer *net.UDPConn) {
		gone, err := listenUDP(local.Addr(), 0)
		if err != nil {
			t.Fatal(err)
		}
		nobody := localAddr(gone)
		gone.Close()
		for range 3 {
			s.send([]byte("voice"), nobody)
		}
		peer.WriteToUDPAddrPort([]byte("x"), local)
		if sl := await(t, s); sl.n != 1 {
			t.Errorf("%d bytes", sl.n)
		}
	})
}

func TestSocketCountsWhatFindsNoRoom(t *testing.T) {
	eachSocket(t, func(t *testing.T, s socket, local netip.AddrPort, peer *net.UDPConn) {
		const sent = 2000
		for range sent {
			peer.WriteToUDPAddrPort(make([]byte, 1000), local)
		}
		taken := 0
		for late := time.Now().Add(5 * time.Second); uint64(taken)+s.lost() < sent; {
			if s.next() != nil {
				taken++
				continue
			}
			// The kernel's count comes with the next datagram.
			peer.WriteToUDPAddrPort(nil, local)
			if time.Now().After(late) {
				t.Fatalf("of %d datagrams %d were taken and %d counted as lost", sent, taken, s.lost())
			}
		}
		if s.lost() == 0 {
			t.Error("room for everything: the test is too small")
		}
	})
}

func TestSocketAllocatesNothing(t *testing.T) {
	eachSocket(t, func(t *testing.T, s socket, local netip.AddrPort, peer *net.UDPConn) {
		raw := make([]byte, 172)
		if n := testing.AllocsPerRun(100, func() {
			if err := s.send(raw, local); err != nil { // to itself
				t.Fatal(err)
			}
			for s.next() == nil {
			}
		}); n != 0 {
			t.Errorf("%v allocations", n)
		}
	})
}

func TestOpenLendsTheSocketToAProbe(t *testing.T) {
	e := newEngine(t, EngineConfig{})
	server, err := listenUDP(loopback, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	buf := make([]byte, 100)
	var probed netip.AddrPort
	s, err := e.Open(t.Context(), OpenOptions{Local: loopback, Probe: func(_ context.Context, c ProbeConn) error {
		c.SetReadDeadline(time.Now().Add(5 * time.Second))
		if _, err := c.WriteToUDPAddrPort([]byte("who am I?"), localAddr(server)); err != nil {
			return err
		}
		n, from, err := server.ReadFromUDPAddrPort(buf)
		if err != nil || string(buf[:n]) != "who am I?" {
			return errors.New("the question didn't come")
		}
		probed = from
		if _, err := server.WriteToUDPAddrPort([]byte("you"), from); err != nil {
			return err
		}
		n, _, err = c.ReadFromUDPAddrPort(buf)
		if err != nil || string(buf[:n]) != "you" {
			return errors.New("the answer didn't come")
		}
		// Left behind with a deadline in the past, it must still receive.
		return c.SetReadDeadline(time.Unix(1, 0))
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if probed != s.LocalAddr() {
		t.Errorf("the probe came from %v, the session has %v", probed, s.LocalAddr())
	}
	other := openPhone(t, e)
	s.Apply(talk(other.LocalAddr(), formats[0].codec, 0))
	other.Apply(talk(s.LocalAddr(), formats[0].codec, 0))
	wait[FirstPacket](t, other)
}

func TestProbeThatFails(t *testing.T) {
	e := newEngine(t, EngineConfig{PortMin: 24000, PortMax: 24001})
	broken := errors.New("no answer")
	for range 2 { // the ports are free again
		if _, err := e.Open(t.Context(), OpenOptions{Local: loopback, Probe: func(context.Context, ProbeConn) error { return broken }}); !errors.Is(err, broken) {
			t.Fatalf("got %v", err)
		}
	}
}

func TestProbeEndsWithTheContextAndTheEngine(t *testing.T) {
	hang := func(_ context.Context, c ProbeConn) error {
		_, _, err := c.ReadFromUDPAddrPort(make([]byte, 10))
		return err
	}
	e, err := NewEngine(EngineConfig{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(10*time.Millisecond, cancel)
	if _, err := e.Open(ctx, OpenOptions{Local: loopback, Probe: hang}); err == nil {
		t.Fatal("opened")
	}
	time.AfterFunc(10*time.Millisecond, func() { e.Close() })
	if _, err := e.Open(t.Context(), OpenOptions{Local: loopback, Probe: hang}); !errors.Is(err, ErrClosed) {
		t.Fatalf("got %v, want ErrClosed", err)
	}
	e.Close()
}
