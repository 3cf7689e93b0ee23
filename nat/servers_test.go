package nat

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/stun/v2"
)

// zone is a DNS of two maps.
type zone struct {
	srv   map[string][]*net.SRV
	addrs map[string][]netip.Addr
	// hang keeps SRV questions without an answer.
	hang bool
}

func (z zone) SRV(ctx context.Context, name string) ([]*net.SRV, error) {
	if z.hang {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if s := z.srv[name]; s != nil {
		return s, nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
}

func (z zone) Addrs(_ context.Context, host string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a}, nil
	}
	if a := z.addrs[host]; a != nil {
		return a, nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
}

func TestLocate(t *testing.T) {
	addr := netip.MustParseAddr
	z := zone{
		srv: map[string][]*net.SRV{
			"_stun._udp.example.org": {{Target: "far.example.org.", Port: 3479, Priority: 20}, {Target: "near.example.org.", Port: 3478, Priority: 10}},
			"_stun._udp.none.org":    {{Target: ".", Port: 0}},
		},
		addrs: map[string][]netip.Addr{
			"near.example.org": {addr("192.0.2.1"), addr("2001:db8::1")}, "far.example.org": {addr("192.0.2.2")},
			"plain.org": {addr("192.0.2.3")}, "six.org": {addr("2001:db8::6")}, "none.org": {addr("192.0.2.9")},
		},
	}
	v4, any := addr("10.0.0.1"), netip.Addr{}
	for _, c := range []struct {
		list  string
		local netip.Addr
		want  string
	}{
		{"example.org", v4, "[192.0.2.1:3478 192.0.2.2:3479]"},
		{"example.org", addr("2001:db8::9"), "[[2001:db8::1]:3478]"},
		{"example.org", any, "[192.0.2.1:3478 [2001:db8::1]:3478 192.0.2.2:3479]"},
		{"plain.org", v4, "[192.0.2.3:3478]"},
		{"near.example.org:4000", v4, "[192.0.2.1:4000]"}, // a port says that it is that host (RFC 8489, section 8.1)
		{"192.0.2.7", v4, "[192.0.2.7:3478]"},
		{"[2001:db8::7]:5", any, "[[2001:db8::7]:5]"},
		{"2001:db8::7", any, "[[2001:db8::7]:3478]"},
		{"plain.org, nowhere.org,192.0.2.7:9 , plain.org:3478", v4, "[192.0.2.3:3478 192.0.2.7:9]"},
		{"none.org", v4, "[192.0.2.9:3478]"},
	} {
		got, err := Locate(t.Context(), z, c.list, c.local)
		if fmt.Sprint(got) != c.want || err != nil {
			t.Errorf("%q: %v, %v; want %s", c.list, got, err, c.want)
		}
	}
	for _, list := range []string{"", " , ", "nowhere.org", "six.org", "plain.org:0", "plain.org:x", ":1"} {
		if got, err := Locate(t.Context(), z, list, v4); !errors.Is(err, ErrNoServer) || got != nil {
			t.Errorf("%q: %v, %v", list, got, err)
		}
	}
	z.hang = true
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		if got, err := Locate(ctx, z, "plain.org", v4); len(got) != 1 || err != nil {
			t.Errorf("with a silent nameserver: %v, %v", got, err)
		}
	})
}

// TestFirst: one good server is enough, whatever the others do.
func TestFirst(t *testing.T) {
	seen := netip.MustParseAddrPort("198.51.100.7:4242")
	silent, refusing, liar, good, client := listen(t, "127.0.0.1:0"), listen(t, "127.0.0.1:0"), listen(t, "127.0.0.1:0"), listen(t, "127.0.0.1:0"), listen(t, "127.0.0.1:0")
	serve(t, refusing, func(_ int, _ netip.AddrPort, q *stun.Message) [][]byte {
		m, err := stun.Build(stun.NewTransactionIDSetter(q.TransactionID), stun.BindingError, stun.ErrorCodeAttribute{Code: 500, Reason: []byte("no")})
		if err != nil {
			t.Error(err)
		}
		return [][]byte{m.Raw}
	})
	serve(t, liar, func(_ int, _ netip.AddrPort, q *stun.Message) [][]byte {
		return [][]byte{success(t, q.TransactionID, &stun.XORMappedAddress{IP: net.IP{0, 0, 0, 0}, Port: 1})}
	})
	serve(t, good, func(n int, _ netip.AddrPort, q *stun.Message) [][]byte {
		if n == 0 {
			return nil // lost
		}
		return [][]byte{success(t, q.TransactionID, &stun.XORMappedAddress{IP: seen.Addr().AsSlice(), Port: int(seen.Port())})}
	})
	got, err := First(t.Context(), client, []netip.AddrPort{addrOf(silent), addrOf(refusing), addrOf(liar), addrOf(good)})
	if got != seen || err != nil {
		t.Errorf("got %v, %v", got, err)
	}
	// When all refuse or lie there is nothing to wait for.
	if _, err := First(t.Context(), client, []netip.AddrPort{addrOf(refusing), addrOf(liar)}); !errors.Is(err, ErrRefused) && !errors.Is(err, ErrMalformed) {
		t.Errorf("got %v", err)
	}
	if _, err := First(t.Context(), client, nil); !errors.Is(err, ErrNoAnswer) {
		t.Errorf("nobody to ask: %v", err)
	}
}
