package rtp

import (
	"net/netip"
	"testing"
	"time"
)

var (
	home  = netip.MustParseAddrPort("192.0.2.1:4000")
	nat   = netip.MustParseAddrPort("198.51.100.7:6000")
	moved = netip.MustParseAddrPort("198.51.100.7:6002")
	evil  = netip.MustParseAddrPort("203.0.113.66:9")
)

// step is a run of packets from one address, 20 ms apart.
type step struct {
	from  netip.AddrPort
	ssrc  uint32
	seq   uint16
	count int
	pause time.Duration // before it
	want  netip.AddrPort
}

func TestLatchFollowsOnlyValidStreams(t *testing.T) {
	for name, steps := range map[string][]step{
		"the signalled address sends":                  {{home, 1, 10, 5, 0, home}},
		"behind a NAT":                                 {{nat, 1, 10, 1, 0, home}, {nat, 1, 11, 1, 0, nat}},
		"as an IPv4-mapped address":                    {{netip.MustParseAddrPort("[::ffff:198.51.100.7]:6000"), 1, 10, 2, 0, nat}},
		"one stray first":                              {{evil, 9, 10, 1, 0, home}, {nat, 1, 10, 2, 0, nat}},
		"strays out of sequence":                       {{evil, 9, 10, 1, 0, home}, {evil, 9, 20, 1, 0, home}, {evil, 9, 5, 1, 0, home}},
		"the NAT gives a new port":                     {{nat, 1, 10, 2, 0, nat}, {moved, 1, 12, 2, 0, nat}, {moved, 1, 14, 1, 0, moved}},
		"an injector in a running call":                {{nat, 1, 10, 5, 0, nat}, {evil, 9, 10, 4, 0, nat}, {nat, 1, 15, 1, 0, nat}, {evil, 9, 14, 20, 0, nat}},
		"another source once it is silent":             {{nat, 1, 10, 5, 0, nat}, {evil, 9, 10, 2, time.Second, nat}, {evil, 9, 12, 1, 0, evil}},
		"the signalled address unseats who came first": {{evil, 9, 10, 5, 0, evil}, {home, 2, 10, 1, 0, evil}, {evil, 9, 15, 1, 0, evil}, {home, 2, 11, 1, 0, home}, {evil, 9, 16, 20, 0, home}},
		"the signalled address comes later":            {{nat, 1, 10, 5, 0, nat}, {home, 2, 10, 40, 0, home}},
	} {
		var l Latch
		l.Signal(home)
		now := time.Unix(1000, 0)
		for i, s := range steps {
			now = now.Add(s.pause)
			for k := range s.count {
				before := l.Remote()
				p := Packet{SSRC: s.ssrc, Sequence: s.seq + uint16(k)}
				if changed := l.Observe(s.from, &p, now); changed != (before != l.Remote()) {
					t.Errorf("%s: step %d reports a change: %v", name, i, changed)
				}
				now = now.Add(20 * time.Millisecond)
			}
			if l.Remote() != s.want {
				t.Errorf("%s: after step %d at %v, want %v", name, i, l.Remote(), s.want)
			}
		}
	}
}

func TestLatchObeysANewAddress(t *testing.T) {
	var l Latch
	if l.Remote().IsValid() {
		t.Error("an address before any was named")
	}
	l.Signal(home)
	now := time.Unix(1000, 0)
	for i := range 2 {
		l.Observe(nat, &Packet{SSRC: 1, Sequence: uint16(i)}, now)
	}
	l.Signal(home) // a re-INVITE that changes nothing
	if l.Remote() != nat || !l.Latched() {
		t.Errorf("the same answer sent us back to %v", l.Remote())
	}
	l.Signal(moved)
	if l.Remote() != moved || l.Latched() {
		t.Errorf("the new address is not followed: %v", l.Remote())
	}
	l.Signal(netip.AddrPort{})
	if l.Remote().IsValid() {
		t.Error("nowhere is not followed")
	}
}
