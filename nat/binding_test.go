package nat

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/stun/v2"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func listen(t *testing.T, addr string) *net.UDPConn {
	t.Helper()
	c, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.MustParseAddrPort(addr)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func addrOf(c *net.UDPConn) netip.AddrPort { return c.LocalAddr().(*net.UDPAddr).AddrPort() }

// serve answers each request by what respond builds, until the socket closes.
func serve(t *testing.T, c *net.UDPConn, respond func(n int, from netip.AddrPort, req *stun.Message) [][]byte) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 1500)
		for n := 0; ; n++ {
			k, from, err := c.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			req := &stun.Message{Raw: buf[:k]}
			if err := req.Decode(); err != nil {
				t.Errorf("the request can't be read: %v", err)
				return
			}
			for _, raw := range respond(n, from, req) {
				_, _ = c.WriteToUDPAddrPort(raw, from)
			}
		}
	}()
	t.Cleanup(func() { c.Close(); <-done })
}

func success(t *testing.T, id [12]byte, s ...stun.Setter) []byte {
	t.Helper()
	m, err := stun.Build(append([]stun.Setter{stun.NewTransactionIDSetter(id), stun.BindingSuccess}, s...)...)
	if err != nil {
		t.Fatal(err)
	}
	return m.Raw
}

func TestBinding(t *testing.T) {
	seen := netip.MustParseAddrPort("198.51.100.7:4242")
	x := &stun.XORMappedAddress{IP: seen.Addr().AsSlice(), Port: int(seen.Port())}
	for _, c := range []struct {
		name, host string
		respond    func(n int, req *stun.Message) [][]byte
		want       netip.AddrPort
		err        error
	}{
		{"at once", "127.0.0.1:0", func(_ int, q *stun.Message) [][]byte {
			return [][]byte{success(t, q.TransactionID, x, stun.Fingerprint)}
		}, seen, nil},
		{"over IPv6", "[::1]:0", func(_ int, q *stun.Message) [][]byte {
			return [][]byte{success(t, q.TransactionID, x)}
		}, seen, nil},
		{"the request lost", "127.0.0.1:0", func(n int, q *stun.Message) [][]byte {
			if n == 0 {
				return nil
			}
			return [][]byte{success(t, q.TransactionID, x)}
		}, seen, nil},
		{"old server", "127.0.0.1:0", func(_ int, q *stun.Message) [][]byte {
			return [][]byte{success(t, q.TransactionID, &stun.MappedAddress{IP: seen.Addr().AsSlice(), Port: int(seen.Port())})}
		}, seen, nil},
		{"noise and a foreign transaction first", "127.0.0.1:0", func(_ int, q *stun.Message) [][]byte {
			return [][]byte{[]byte("noise"), success(t, [12]byte{1}, &stun.XORMappedAddress{IP: net.IP{1, 2, 3, 4}, Port: 5}), success(t, q.TransactionID, x)}
		}, seen, nil},
		{"refused", "127.0.0.1:0", func(_ int, q *stun.Message) [][]byte {
			m, err := stun.Build(stun.NewTransactionIDSetter(q.TransactionID), stun.BindingError, stun.ErrorCodeAttribute{Code: 420, Reason: []byte("no")})
			if err != nil {
				t.Error(err)
			}
			return [][]byte{m.Raw}
		}, netip.AddrPort{}, ErrRefused},
		{"a short address", "127.0.0.1:0", func(_ int, q *stun.Message) [][]byte {
			return [][]byte{success(t, q.TransactionID, stun.RawAttribute{Type: stun.AttrXORMappedAddress, Value: []byte{0, 1, 2}})}
		}, netip.AddrPort{}, ErrMalformed},
		{"no address", "127.0.0.1:0", func(_ int, q *stun.Message) [][]byte {
			return [][]byte{success(t, q.TransactionID)}
		}, netip.AddrPort{}, ErrMalformed},
	} {
		t.Run(c.name, func(t *testing.T) {
			server, client := listen(t, c.host), listen(t, c.host)
			serve(t, server, func(n int, _ netip.AddrPort, req *stun.Message) [][]byte { return c.respond(n, req) })
			got, err := Binding(t.Context(), client, addrOf(server))
			if got != c.want || !errors.Is(err, c.err) {
				t.Errorf("got %v, %v; want %v, %v", got, err, c.want, c.err)
			}
		})
	}
}

// TestBindingIgnoresOthers: an answer from anybody but the server isn't one.
func TestBindingIgnoresOthers(t *testing.T) {
	server, liar, client := listen(t, "127.0.0.1:0"), listen(t, "127.0.0.1:0"), listen(t, "127.0.0.1:0")
	seen := netip.MustParseAddrPort("198.51.100.7:4242")
	serve(t, server, func(_ int, from netip.AddrPort, q *stun.Message) [][]byte {
		_, _ = liar.WriteToUDPAddrPort(success(t, q.TransactionID, &stun.XORMappedAddress{IP: net.IP{6, 6, 6, 6}, Port: 666}), from)
		return [][]byte{success(t, q.TransactionID, &stun.XORMappedAddress{IP: seen.Addr().AsSlice(), Port: int(seen.Port())})}
	})
	if got, err := Binding(t.Context(), client, addrOf(server)); got != seen || err != nil {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestBindingEndsWithItsContext(t *testing.T) {
	silent, client := listen(t, "127.0.0.1:0"), listen(t, "127.0.0.1:0")
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		buf := make([]byte, 1500)
		_, _, _ = silent.ReadFromUDPAddrPort(buf) // the request is out
		cancel()
	}()
	if _, err := Binding(ctx, client, addrOf(silent)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	// The socket can be read as before.
	_ = client.SetReadDeadline(time.Now().Add(-time.Second))
	if _, _, err := client.ReadFromUDPAddrPort(make([]byte, 10)); err == nil {
		t.Error("read something from nowhere")
	}
}

// silentConn is a socket on synthetic time that nobody answers.
type silentConn struct {
	start    time.Time
	sent     []time.Duration
	deadline time.Time
}

func (c *silentConn) WriteToUDPAddrPort(b []byte, _ netip.AddrPort) (int, error) {
	c.sent = append(c.sent, time.Since(c.start))
	return len(b), nil
}

func (c *silentConn) ReadFromUDPAddrPort([]byte) (int, netip.AddrPort, error) {
	<-time.After(time.Until(c.deadline))
	return 0, netip.AddrPort{}, os.ErrDeadlineExceeded
}

func (c *silentConn) SetReadDeadline(t time.Time) error {
	c.deadline = t
	return nil
}

// TestSchedule shows the requests of RFC 8489, section 6.2.1.
func TestSchedule(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &silentConn{start: time.Now()}
		_, err := Binding(t.Context(), c, netip.MustParseAddrPort("192.0.2.1:3478"))
		if !errors.Is(err, ErrNoAnswer) {
			t.Errorf("got %v", err)
		}
		want := []time.Duration{0, 500, 1500, 3500, 7500, 15500, 31500}
		for i := range want {
			want[i] *= time.Millisecond
		}
		if !slices.Equal(c.sent, want) || time.Since(c.start) != 39500*time.Millisecond {
			t.Errorf("sent at %v, gave up after %v", c.sent, time.Since(c.start))
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, s := range []stun.Setter{
		&stun.XORMappedAddress{IP: net.IP{1, 2, 3, 4}, Port: 5}, &stun.MappedAddress{IP: net.IPv6loopback, Port: 5},
		stun.RawAttribute{Type: stun.AttrXORMappedAddress, Value: []byte{0}}, stun.RawAttribute{Type: stun.AttrErrorCode, Value: []byte{0}},
		stun.RawAttribute{Type: stun.AttrFingerprint, Value: []byte{0}}, stun.Fingerprint,
	} {
		for _, typ := range []stun.MessageType{stun.BindingSuccess, stun.BindingError} {
			m, err := stun.Build(stun.TransactionID, typ, s)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(m.Raw)
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		a, err := parse(raw)
		if err != nil && !errors.Is(err, ErrMalformed) {
			t.Errorf("an error of no kind: %v", err)
		}
		if err == nil && a.err == nil && (!a.mapped.IsValid() || a.mapped.Port() == 0) {
			t.Errorf("a success without an address: %+v", a)
		}
	})
}

func xorMapped(at string) *stun.XORMappedAddress {
	a := netip.MustParseAddrPort(at)
	return &stun.XORMappedAddress{IP: a.Addr().AsSlice(), Port: int(a.Port())}
}
