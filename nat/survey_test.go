package nat

import (
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const (
	anyone  = FilteringEndpointIndependent
	address = FilteringAddressDependent
	exact   = FilteringAddressAndPortDependent
	same    = MappingEndpointIndependent
)

// TestSurvey puts each behaviour of RFC 4787 between us and the server (RFC 5780, section 4).
func TestSurvey(t *testing.T) {
	for _, c := range []struct {
		name string
		n    rules
		more []netip.AddrPort // servers
		kind Kind
		want Report
		err  error // in Report.Untold
	}{
		{"no NAT", rules{mapping: MappingNone, filter: anyone}, nil, KindNone, Report{Mapping: MappingNone, Filtering: anyone}, nil},
		{"a firewall", rules{mapping: MappingNone, filter: exact}, nil, KindFirewall, Report{Mapping: MappingNone, Filtering: exact}, nil},
		{"full cone", rules{mapping: same, filter: anyone, hairpin: true}, nil, KindFullCone, Report{Mapping: same, Filtering: anyone, Hairpin: HairpinWorks}, nil},
		{"address-restricted", rules{mapping: same, filter: address}, nil, KindAddressRestricted, Report{Mapping: same, Filtering: address, Hairpin: HairpinFails}, nil},
		{"port-restricted", rules{mapping: same, filter: exact}, nil, KindPortRestricted, Report{Mapping: same, Filtering: exact, Hairpin: HairpinFails}, nil},
		{"port-restricted, hairpin", rules{mapping: same, filter: exact, hairpin: true}, nil, KindPortRestricted, Report{Mapping: same, Filtering: exact, Hairpin: HairpinWorks}, nil},
		{"a packet in five is lost", rules{mapping: same, filter: address, lose: 5}, nil, KindAddressRestricted, Report{Mapping: same, Filtering: address, Hairpin: HairpinFails}, nil},
		{"symmetric", rules{mapping: MappingAddressAndPortDependent, filter: exact}, nil, KindSymmetric, Report{Mapping: MappingAddressAndPortDependent, Filtering: exact, Hairpin: HairpinFails}, nil},
		{"symmetric by address", rules{mapping: MappingAddressDependent, filter: address}, nil, KindSymmetric, Report{Mapping: MappingAddressDependent, Filtering: address, Hairpin: HairpinFails}, nil},
		{"one address", rules{mapping: same, filter: exact, oneAddr: true}, nil, KindUnknown, Report{Hairpin: HairpinFails}, ErrOneAddress},
		{"two servers of one address each", rules{mapping: same, filter: exact, oneAddr: true}, []netip.AddrPort{thirdOne}, KindCone, Report{Mapping: same, Hairpin: HairpinFails}, ErrOneAddress},
		{"the same behind a symmetric NAT", rules{mapping: MappingAddressAndPortDependent, filter: exact, oneAddr: true}, []netip.AddrPort{thirdOne}, KindSymmetric, Report{Mapping: MappingAddressDependent, Hairpin: HairpinFails}, ErrOneAddress},
		{"the better of two servers", rules{mapping: same, filter: address}, []netip.AddrPort{thirdOne}, KindAddressRestricted, Report{Mapping: same, Filtering: address, Hairpin: HairpinFails}, nil},
		{"a server that stays where it is", rules{mapping: same, filter: anyone, stays: true}, nil, KindCone, Report{Mapping: same, Hairpin: HairpinFails}, errStays},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := &network{rules: c.n, t: t}
				cfg := n.config()
				cfg.Servers = append(c.more, cfg.Servers...)
				r, err := Survey(t.Context(), cfg)
				if err != nil {
					t.Fatal(err)
				}
				if r.Mapping != c.want.Mapping || r.Filtering != c.want.Filtering || r.Hairpin != c.want.Hairpin || r.Kind() != c.kind {
					t.Errorf("mapping %v, filtering %v, hairpin %v: %v", r.Mapping, r.Filtering, r.Hairpin, r.Kind())
				}
				if !errors.Is(r.Untold, c.err) {
					t.Errorf("untold: %v", r.Untold)
				}
				if natted := c.n.mapping != MappingNone; natted != (r.Mapped.Addr() == outside) || !r.UDP || r.Local.Addr() != inside {
					t.Errorf("%v is seen as %v", r.Local, r.Mapped)
				}
			})
		})
	}
}

// TestSurveyWithoutUDP: nothing but TCP gets through.
func TestSurveyWithoutUDP(t *testing.T) {
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { server.Close(); <-done })
	go func() {
		defer close(done)
		for {
			c, err := server.Accept()
			if err != nil {
				return
			}
			head := make([]byte, 20)
			_, _ = c.Read(head)
			_, _ = c.Write(success(t, [12]byte(head[8:]), xorMapped("192.0.2.77:7")))
			c.Close()
		}
	}()
	n := &network{rules: rules{deaf: true}, t: t}
	cfg := n.config()
	cfg.Servers = []netip.AddrPort{server.Addr().(*net.TCPAddr).AddrPort()}
	cfg.Dial, cfg.Local, cfg.Timeout = nil, netip.MustParseAddr("127.0.0.1"), 100*time.Millisecond
	r, err := Survey(t.Context(), cfg)
	if !errors.Is(err, ErrNoAnswer) || r.UDP || !r.TCP || r.Kind() != KindBlocked {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestSurveyWithoutServers(t *testing.T) {
	if _, err := Survey(t.Context(), Config{}); !errors.Is(err, ErrNoServer) {
		t.Error(err)
	}
}

// TestLifetime measures RFC 5780, section 4.6, on synthetic time.
func TestLifetime(t *testing.T) {
	const s = time.Second
	for _, c := range []struct {
		lifetime, limit time.Duration
		want            Lived
		takes           time.Duration // at most
	}{
		{32 * s, 5 * time.Minute, Lived{30 * s, 40 * s}, 46 * s},
		{125 * s, 10 * time.Minute, Lived{120 * s, 150 * s}, 156 * s},
		{2 * s, time.Minute, Lived{0, 5 * s}, 12 * s},
		{0, time.Minute, Lived{60 * s, 0}, 61 * s},
	} {
		synctest.Test(t, func(t *testing.T) {
			n := &network{rules: rules{mapping: MappingAddressAndPortDependent, filter: exact, lifetime: c.lifetime}, t: t}
			cfg, began := n.config(), time.Now()
			got, err := Lifetime(t.Context(), cfg, Silences(c.limit))
			if got != c.want || err != nil || time.Since(began) > c.takes {
				t.Errorf("%v: %+v, %v, in %v", c.lifetime, got, err, time.Since(began))
			}
			if got.KeepAlive() != max(c.want.AtLeast, 5*s)/2 {
				t.Errorf("keep alive each %v", got.KeepAlive())
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		n := &network{rules: rules{mapping: same, filter: exact, noPort: true}, t: t}
		if _, err := Lifetime(t.Context(), n.config(), Silences(time.Minute)); !errors.Is(err, ErrNoResponsePort) {
			t.Error(err)
		}
	})
}

func TestWords(t *testing.T) {
	for k := KindUnknown; k <= KindBlocked; k++ {
		if k != KindUnknown && k.String() == "unknown" {
			t.Errorf("kind %d has no name", k)
		}
	}
	if s := KindOf(same, address).String(); !strings.Contains(s, "restricted") {
		t.Error(s)
	}
	if KindOf(MappingNone, FilteringUnknown) != KindNone || KindOf(same, FilteringUnknown) != KindCone || KindOf(MappingUnknown, anyone) != KindUnknown {
		t.Error("half a behaviour has another name")
	}
}
