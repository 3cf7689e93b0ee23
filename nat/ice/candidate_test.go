package ice

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
)

func ap(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }

func TestParseCandidate(t *testing.T) {
	for _, c := range []struct {
		name, value string
		want        Candidate
		err         error
	}{
		{"RFC 8839, section 5.1", "1 1 UDP 2130706431 203.0.113.141 8998 typ host",
			Candidate{"1", 1, "udp", 2130706431, ap("203.0.113.141:8998"), Host, netip.AddrPort{}}, nil},
		{"RFC 8839, reflexive", "2 1 UDP 1694498815 192.0.2.3 45664 typ srflx raddr 203.0.113.141 rport 8998",
			Candidate{"2", 1, "udp", 1694498815, ap("192.0.2.3:45664"), ServerReflexive, ap("203.0.113.141:8998")}, nil},
		{"a relay over IPv6", "R 1 udp 5 2001:db8::1 9 typ relay raddr 2001:db8::2 rport 10",
			Candidate{"R", 1, "udp", 5, ap("[2001:db8::1]:9"), Relayed, ap("[2001:db8::2]:10")}, nil},
		{"a browser's extensions", "842163049 1 udp 1677729535 198.51.100.7 46154 typ srflx raddr 0.0.0.0 rport 0 generation 0 ufrag EEtu network-id 3 network-cost 10",
			Candidate{"842163049", 1, "udp", 1677729535, ap("198.51.100.7:46154"), ServerReflexive, ap("0.0.0.0:0")}, nil},
		{"RTCP's", "1 2 UDP 2130706430 203.0.113.141 8999 typ host",
			Candidate{"1", 2, "udp", 2130706430, ap("203.0.113.141:8999"), Host, netip.AddrPort{}}, nil},
		{"over TCP", "1 1 TCP 2105524479 192.0.2.3 9 typ host tcptype active",
			Candidate{"1", 1, "tcp", 2105524479, ap("192.0.2.3:9"), Host, netip.AddrPort{}}, nil},
		{"a priority that is too high", "1 1 UDP 4294967295 192.0.2.3 9 typ host",
			Candidate{"1", 1, "udp", 1<<31 - 1, ap("192.0.2.3:9"), Host, netip.AddrPort{}}, nil},
		{"an IPv4 address within IPv6", "1 1 UDP 1 ::ffff:192.0.2.3 9 typ host",
			Candidate{"1", 1, "udp", 1, ap("192.0.2.3:9"), Host, netip.AddrPort{}}, nil},
		{"a related address that is none", "1 1 UDP 1 192.0.2.3 9 typ srflx raddr nowhere rport 5",
			Candidate{"1", 1, "udp", 1, ap("192.0.2.3:9"), ServerReflexive, netip.AddrPort{}}, nil},
		{"a name of multicast DNS", "1 1 UDP 1 2b3c.local 9 typ host", Candidate{}, ErrUnusable},
		{"a type of tomorrow", "1 1 UDP 1 192.0.2.3 9 typ quantum", Candidate{}, ErrUnusable},
		{"a zone", "1 1 UDP 1 fe80::1%eth0 9 typ host", Candidate{}, ErrUnusable},
		{"nothing", "", Candidate{}, ErrMalformed},
		{"no type", "1 1 UDP 1 192.0.2.3 9", Candidate{}, ErrMalformed},
		{"a component of 0", "1 0 UDP 1 192.0.2.3 9 typ host", Candidate{}, ErrMalformed},
		{"a port of 65536", "1 1 UDP 1 192.0.2.3 65536 typ host", Candidate{}, ErrMalformed},
		{"a negative priority", "1 1 UDP -1 192.0.2.3 9 typ host", Candidate{}, ErrMalformed},
		{"a foundation of 33 characters", strings.Repeat("f", 33) + " 1 UDP 1 192.0.2.3 9 typ host", Candidate{}, ErrMalformed},
		{"a foundation of other characters", "a-b 1 UDP 1 192.0.2.3 9 typ host", Candidate{}, ErrMalformed},
		{"a related port that is none", "1 1 UDP 1 192.0.2.3 9 typ srflx raddr 10.0.0.1 rport x", Candidate{}, ErrMalformed},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := ParseCandidate(c.value)
			if got != c.want || !errors.Is(err, c.err) {
				t.Errorf("got %+v, %v; want %+v, %v", got, err, c.want, c.err)
			}
		})
	}
}

// FuzzParseCandidate: what is read is written and read again the same, and an error comes
// with nothing.
func FuzzParseCandidate(f *testing.F) {
	for _, s := range []string{
		"1 1 UDP 2130706431 203.0.113.141 8998 typ host",
		"2 1 UDP 1694498815 192.0.2.3 45664 typ srflx raddr 203.0.113.141 rport 8998",
		"R 1 udp 5 2001:db8::1 9 typ relay raddr 2001:db8::2 rport 10 generation 0 ufrag EEtu",
		"1 1 TCP 2105524479 192.0.2.3 9 typ host tcptype active",
		"1 1 UDP 1 ::ffff:192.0.2.3 9 typ prflx raddr",
		"1 1 UDP 1 2b3c.local 9 typ host",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := ParseCandidate(s)
		if err != nil {
			if c != (Candidate{}) || !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrUnusable) {
				t.Fatalf("%q: %+v with %v", s, c, err)
			}
			return
		}
		again, err := ParseCandidate(c.String())
		if err != nil || again != c {
			t.Fatalf("%q: %+v became %+v, %v", s, c, again, err)
		}
	})
}

func TestUsable(t *testing.T) {
	good := Candidate{"1", 1, "udp", 1, ap("192.0.2.3:9"), Host, netip.AddrPort{}}
	for name, change := range map[string]func(*Candidate){
		"component 2":  func(c *Candidate) { c.Component = 2 },
		"TCP":          func(c *Candidate) { c.Transport = "tcp" },
		"port 0":       func(c *Candidate) { c.Addr = ap("192.0.2.3:0") },
		"everywhere":   func(c *Candidate) { c.Addr = ap("0.0.0.0:9") },
		"to a group":   func(c *Candidate) { c.Addr = ap("224.0.0.1:9") },
		"of some link": func(c *Candidate) { c.Addr = ap("[fe80::1]:9") },
		"no address":   func(c *Candidate) { c.Addr = netip.AddrPort{} },
	} {
		bad := good
		change(&bad)
		if bad.usable() {
			t.Errorf("%s: used", name)
		}
	}
	if !good.usable() {
		t.Error("a good one isn't used")
	}
}

// TestPasswordStaysIn: whichever way a server is printed.
func TestPasswordStaysIn(t *testing.T) {
	s := TURNServer{Addr: ap("192.0.2.1:3478"), Username: "u", Password: "planted-secret"}
	for _, out := range []string{fmt.Sprint(s), fmt.Sprintf("%v %+v %#v %s", s, s, s, s), s.LogValue().String()} {
		if strings.Contains(out, s.Password) {
			t.Errorf("it says %q", out)
		}
	}
}
