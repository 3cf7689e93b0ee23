package sip

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
)

// zone is a name service in memory.
type zone struct {
	srv   map[string][]*net.SRV
	addr  map[string][]string
	asked []string
}

func (z *zone) locator() *Locator {
	return &Locator{
		LookupSRV: func(_ context.Context, service, proto, name string) ([]*net.SRV, error) {
			q := fmt.Sprintf("_%s._%s.%s", service, proto, name)
			z.asked = append(z.asked, q)
			if r := z.srv[q]; r != nil {
				return r, nil
			}
			return nil, &net.DNSError{Err: "no such host", Name: q, IsNotFound: true}
		},
		LookupAddr: func(_ context.Context, host string) ([]netip.Addr, error) {
			z.asked = append(z.asked, host)
			var out []netip.Addr
			for _, a := range z.addr[host] {
				out = append(out, netip.MustParseAddr(a))
			}
			if out == nil {
				return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
			}
			return out, nil
		},
		Float: func() float64 { return 0.999 },
	}
}

var lab = zone{
	srv: map[string][]*net.SRV{
		"_sip._udp.srv.test": {
			{Target: "b.test.", Port: 5062, Priority: 20},
			{Target: "a.test.", Port: 5061, Priority: 10},
			{Target: "a.test.", Port: 5060, Priority: 10, Weight: 50},
			{Target: "gone.test.", Port: 5060, Priority: 5},
		},
		"_sips._tcp.srv.test": {{Target: "b.test.", Port: 5071}},
		"_sip._tcp.none.test": {{Target: "."}},
	},
	addr: map[string][]string{
		"a.test": {"2001:db8::a", "192.0.2.10"}, "b.test": {"192.0.2.11"}, "none.test": {"192.0.2.12"},
		"plain.test": {"192.0.2.13"}, "six.test": {"2001:db8::6"}, "localhost": {"127.0.0.1", "::1"},
	},
}

func TestLocate(t *testing.T) {
	for _, c := range []struct {
		uri       string
		transport Transport
		want      string
		asked     string
	}{
		{"sip:a@192.0.2.1", UDP, "udp:192.0.2.1:5060", ""},
		{"sip:a@192.0.2.1:5070;transport=TCP", UDP, "tcp:192.0.2.1:5070", ""},
		{"sip:[2001:db8::1]", TCP, "tcp:[2001:db8::1]:5060", ""},
		{"sips:a@192.0.2.1", UDP, "tls:192.0.2.1:5061", ""},
		{"sips:a@192.0.2.1;transport=ws", UDP, "wss:192.0.2.1:443", ""},
		{"sip:a@plain.test:5080", UDP, "udp:192.0.2.13:5080", "plain.test"},
		{"sip:a@plain.test", UDP, "udp:192.0.2.13:5060", "_sip._udp.plain.test plain.test"},
		{"sip:a@plain.test.;maddr=b.test", TCP, "tcp:192.0.2.11:5060", "_sip._tcp.b.test b.test"},
		{"sip:a@localhost", UDP, "udp:127.0.0.1:5060 udp:[::1]:5060", "localhost"},
		{"sip:a@srv.test", UDP, "udp:192.0.2.10:5060 udp:[2001:db8::a]:5060 udp:192.0.2.10:5061 udp:[2001:db8::a]:5061 udp:192.0.2.11:5062",
			"_sip._udp.srv.test gone.test a.test a.test b.test"},
		{"sips:a@srv.test", UDP, "tls:192.0.2.11:5071", "_sips._tcp.srv.test b.test"},
	} {
		t.Run(c.uri, func(t *testing.T) {
			z := lab
			uri, err := ParseURI(c.uri)
			if err != nil {
				t.Fatal(err)
			}
			targets, err := z.locator().Locate(t.Context(), uri, c.transport)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, target := range targets {
				got = append(got, target.String())
			}
			if strings.Join(got, " ") != c.want || strings.Join(z.asked, " ") != c.asked {
				t.Errorf("%s by asking %q", strings.Join(got, " "), z.asked)
			}
		})
	}
}

func TestLocateFails(t *testing.T) {
	for uri, words := range map[string][]string{
		"sip:a@nowhere.test":                {"sip:a@nowhere.test", "SRV _sip._tcp.nowhere.test and address of nowhere.test", "no such host", "outbound proxy"},
		"sip:a@none.test":                   {"no SIP service"},
		"sip:a@six.test:5060":               {"local IP family"},
		"sip:a@192.0.2.1;transport=pigeon":  {"pigeon", "use udp, tcp"},
		"tel:+4930123":                      {"only sip:"},
		"sip:a@nowhere.test;transport=tcp":  {"nowhere.test"},
		"sip:a@[2001:db8::1];transport=udp": {"local IP family"},
	} {
		z := lab
		l := z.locator()
		l.Local = netip.MustParseAddr("192.0.2.99")
		u, err := ParseURI(uri)
		if err != nil {
			t.Fatal(err)
		}
		targets, err := l.Locate(t.Context(), u, TCP)
		if err == nil {
			t.Errorf("%s is at %v", uri, targets)
			continue
		}
		for _, w := range words {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%s: %q isn't in %q", uri, w, err)
			}
		}
	}
	z := lab
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	u, _ := ParseURI("sip:a@plain.test")
	if _, err := z.locator().Locate(ctx, u, UDP); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// RFC 2782: within a priority, each record is chosen in proportion to its weight.
func TestOrderSRV(t *testing.T) {
	records := []*net.SRV{{Target: "z", Weight: 0}, {Target: "a", Weight: 30}, {Target: "b", Weight: 70}, {Target: "last", Priority: 1, Weight: 1000}}
	for _, c := range []struct {
		draws []float64
		want  string
	}{
		{[]float64{0, 0, 0}, "zablast"},
		{[]float64{0.99, 0.99, 0.99}, "bazlast"},
		{[]float64{0.2, 0.5, 0}, "abzlast"},
	} {
		i := 0
		got := ""
		for _, r := range orderSRV(records, func() float64 { i++; return c.draws[i-1] }) {
			got += r.Target
		}
		if got != c.want {
			t.Errorf("draws %v: %s, want %s", c.draws, got, c.want)
		}
	}
}

func TestLocalAddrFor(t *testing.T) {
	for _, a := range []string{"127.0.0.1:0", "[::1]:5060"} {
		to := netip.MustParseAddrPort(a)
		if got, err := LocalAddrFor(to); err != nil || got != to.Addr() {
			t.Errorf("%s: %s, %v", a, got, err)
		}
	}
}
