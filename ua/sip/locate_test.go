package sip

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"offhook/ua/sip/resolve"
)

// zone is a name service in memory.
type zone struct {
	naptr map[string][]resolve.NAPTR
	srv   map[string][]*net.SRV
	addr  map[string][]string
	asked []string
}

func (z *zone) NAPTR(_ context.Context, domain string) ([]resolve.NAPTR, error) {
	z.asked = append(z.asked, "NAPTR:"+domain)
	return z.naptr[domain], z.missing(domain, z.naptr[domain] == nil)
}

func (z *zone) SRV(_ context.Context, name string) ([]*net.SRV, error) {
	z.asked = append(z.asked, name)
	return z.srv[name], z.missing(name, z.srv[name] == nil)
}

func (z *zone) Addrs(_ context.Context, host string) ([]netip.Addr, error) {
	z.asked = append(z.asked, host)
	var out []netip.Addr
	for _, a := range z.addr[host] {
		out = append(out, netip.MustParseAddr(a))
	}
	return out, z.missing(host, out == nil)
}

func (*zone) missing(name string, yes bool) error {
	if yes {
		return &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	}
	return nil
}

// locator is in a network with both IP families, but no way to 2001:db8:dead::/48.
func (z *zone) locator() *Locator {
	return &Locator{
		Names: z,
		Float: func() float64 { return 0.999 },
		Route: func(to netip.AddrPort) (netip.Addr, error) {
			switch a := to.Addr(); {
			case netip.MustParsePrefix("2001:db8:dead::/48").Contains(a):
				return netip.Addr{}, errors.New("no route")
			case a.IsLoopback():
				return a, nil
			case a.Is4():
				return netip.MustParseAddr("192.0.2.99"), nil
			}
			return netip.MustParseAddr("2001:db8::99"), nil
		},
	}
}

var lab = zone{
	naptr: map[string][]resolve.NAPTR{
		"srv.test": {
			{Order: 20, Preference: 1, Flags: "s", Service: "SIP+D2U", Replacement: "_sip._udp.srv.test"},
			{Order: 10, Preference: 2, Flags: "s", Service: "SIP+D2T", Replacement: "_sip._tcp.elsewhere.test"},
			{Order: 10, Preference: 1, Flags: "S", Service: "sips+d2t", Replacement: "_sips._tcp.srv.test"},
			{Order: 1, Preference: 1, Flags: "s", Service: "SIP+D2S", Replacement: "_sip._sctp.srv.test"},
			{Order: 1, Preference: 1, Flags: "u", Service: "E2U+sip"},
		},
		"web.test": {{Flags: "a", Service: "SIPS+D2W", Replacement: "b.test"}, {Order: 1, Flags: "s", Service: "SIP+D2W", Replacement: "_ws.web.test"}},
	},
	srv: map[string][]*net.SRV{
		"_sip._udp.srv.test": {
			{Target: "b.test.", Port: 5062, Priority: 20},
			{Target: "a.test.", Port: 5061, Priority: 10},
			{Target: "a.test.", Port: 5060, Priority: 10, Weight: 50},
			{Target: "gone.test.", Port: 5060, Priority: 5},
		},
		"_sip._tcp.elsewhere.test": {{Target: "b.test.", Port: 5077}},
		"_sips._tcp.srv.test":      {{Target: "b.test.", Port: 5071}},
		"_sip._tcp.none.test":      {{Target: "."}},
		"_sip._tcp.tcp.test":       {{Target: "b.test.", Port: 5066}},
		"_ws.web.test":             {{Target: "b.test.", Port: 8088}},
	},
	addr: map[string][]string{
		"a.test": {"2001:db8:dead::a", "192.0.2.10", "2001:db8::a"}, "b.test": {"192.0.2.11"}, "none.test": {"192.0.2.12"},
		"plain.test": {"192.0.2.13"}, "six.test": {"2001:db8::6"}, "localhost": {"127.0.0.1", "::1"},
		"far.test": {"2001:db8:dead::1"}, "tcp.test": {"192.0.2.14"},
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
		{"sip:a@srv.test", UDP, "udp:[2001:db8::a]:5060 udp:192.0.2.10:5060 udp:[2001:db8::a]:5061 udp:192.0.2.10:5061 udp:192.0.2.11:5062",
			"_sip._udp.srv.test gone.test a.test a.test b.test"},
		{"sips:a@srv.test", UDP, "tls:192.0.2.11:5071", "_sips._tcp.srv.test b.test"},
		{"sip:a@b.test", WS, "ws:192.0.2.11:80", "b.test"},
		{"sip:a@far.test", UDP, "udp:[2001:db8:dead::1]:5060", "_sip._udp.far.test far.test"},
		// RFC 3263, section 4.1: the transport by NAPTR.
		{"sip:a@srv.test", AnyTransport, "tls:192.0.2.11:5071 tcp:192.0.2.11:5077 udp:[2001:db8::a]:5060 udp:192.0.2.10:5060 udp:[2001:db8::a]:5061 udp:192.0.2.10:5061 udp:192.0.2.11:5062",
			"NAPTR:srv.test _sips._tcp.srv.test b.test _sip._tcp.elsewhere.test b.test _sip._udp.srv.test gone.test a.test a.test b.test"},
		{"sips:a@srv.test", AnyTransport, "tls:192.0.2.11:5071", "NAPTR:srv.test _sips._tcp.srv.test b.test"},
		{"sip:a@web.test", AnyTransport, "wss:192.0.2.11:443 ws:192.0.2.11:8088", "NAPTR:web.test b.test _ws.web.test b.test"},
		{"sip:a@tcp.test", AnyTransport, "tcp:192.0.2.11:5066", "NAPTR:tcp.test _sip._udp.tcp.test _sip._tcp.tcp.test b.test _sips._tcp.tcp.test"},
		{"sip:a@plain.test", AnyTransport, "udp:192.0.2.13:5060", "NAPTR:plain.test _sip._udp.plain.test _sip._tcp.plain.test _sips._tcp.plain.test plain.test"},
		{"sips:a@plain.test", AnyTransport, "tls:192.0.2.13:5061", "NAPTR:plain.test _sips._tcp.plain.test plain.test"},
		{"sip:a@srv.test;transport=tcp", AnyTransport, "", "_sip._tcp.srv.test srv.test"},
		{"sip:a@plain.test:5080", AnyTransport, "udp:192.0.2.13:5080", "plain.test"},
		{"sips:a@192.0.2.1", AnyTransport, "tls:192.0.2.1:5061", ""},
	} {
		t.Run(c.uri, func(t *testing.T) {
			z := lab
			uri, err := ParseURI(c.uri)
			if err != nil {
				t.Fatal(err)
			}
			targets, err := z.locator().Locate(t.Context(), uri, c.transport)
			if (err == nil) != (c.want != "") {
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

// RFC 6724, section 6, by what can be routed.
func TestAddrOrder(t *testing.T) {
	for _, c := range []struct{ addrs, want string }{
		{"192.0.2.1 2001:db8::1", "2001:db8::1 192.0.2.1"},
		{"2001:db8:dead::1 192.0.2.1", "192.0.2.1"},
		{"2001:db8:dead::1", "2001:db8:dead::1"},
		{"fd00::1 192.0.2.1", "192.0.2.1 fd00::1"}, // rule 5: the source isn't a unique local address
		{"2002::1 192.0.2.1", "192.0.2.1 2002::1"},
		{"fe80::1 192.0.2.1", "192.0.2.1 fe80::1"}, // rule 2
		{"::1 127.0.0.1", "127.0.0.1 ::1"},
		{"::ffff:192.0.2.2 192.0.2.1", "192.0.2.2 192.0.2.1"},
	} {
		var in []netip.Addr
		for _, a := range strings.Fields(c.addrs) {
			in = append(in, netip.MustParseAddr(a))
		}
		var got []string
		for _, a := range (&zone{}).locator().order(in, 5060) {
			got = append(got, a.String())
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s: %s, want %s", c.addrs, s, c.want)
		}
	}
}

// A domain can't have us ask the DNS for ever: neither by many records nor by nameservers that
// never answer. What was found by then is tried.
func TestLocateIsBounded(t *testing.T) {
	z := &zone{srv: map[string][]*net.SRV{}, addr: map[string][]string{}}
	var many []*net.SRV
	for i := range 1000 {
		many = append(many, &net.SRV{Target: fmt.Sprintf("h%d.many.test.", i), Port: 5060})
	}
	z.srv["_sip._udp.many.test"], z.srv["_sip._tcp.many.test"] = many, many
	if _, err := z.locator().Locate(t.Context(), URI{Scheme: "sip", Host: "many.test"}, AnyTransport); err == nil {
		t.Error("found what has no address")
	}
	if n := len(z.asked); n > 2*maxTargets+10 {
		t.Errorf("%d questions", n)
	}
	synctest.Test(t, func(t *testing.T) {
		z := &zone{
			srv:  map[string][]*net.SRV{"_sip._udp.slow.test": {{Target: "a.slow.test.", Port: 5060}}},
			addr: map[string][]string{"a.slow.test": {"192.0.2.1"}},
		}
		for i := range 20 {
			z.srv["_sip._udp.slow.test"] = append(z.srv["_sip._udp.slow.test"], &net.SRV{Target: fmt.Sprintf("silent%d.slow.test.", i), Port: 5060, Priority: 1})
		}
		l := z.locator()
		l.Names = silentNames{z}
		start := time.Now()
		targets, err := l.Locate(t.Context(), URI{Scheme: "sip", Host: "slow.test"}, UDP)
		if took := time.Since(start); err != nil || len(targets) != 1 || took > locateTimeout {
			t.Errorf("%v, %v after %v", targets, err, took)
		}
		start = time.Now()
		_, err = l.Locate(t.Context(), URI{Scheme: "sip", Host: "silent.test", Port: 5060}, UDP)
		var le *LocateError
		if took := time.Since(start); !errors.As(err, &le) || took > locateTimeout {
			t.Errorf("%v after %v", err, took)
		}
	})
}

// silentNames never answers for the address of a silent host.
type silentNames struct{ *zone }

func (s silentNames) Addrs(ctx context.Context, host string) ([]netip.Addr, error) {
	if !strings.HasPrefix(host, "silent") {
		return s.zone.Addrs(ctx, host)
	}
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(14 * time.Second):
		return nil, &net.DNSError{Err: "timeout", Name: host, IsTimeout: true}
	}
}
