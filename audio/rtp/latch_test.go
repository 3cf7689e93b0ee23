package rtp

import (
	"net/netip"
	"testing"
	"time"
)

var (
	home    = netip.MustParseAddrPort("192.0.2.1:4000")
	nat     = netip.MustParseAddrPort("198.51.100.7:6000")
	moved   = netip.MustParseAddrPort("198.51.100.7:6002")
	homeNAT = netip.MustParseAddrPort("192.0.2.1:4600")  // the host that signalling named
	door    = netip.MustParseAddrPort("192.0.2.99:7000") // the host that signalling comes from
	evil    = netip.MustParseAddrPort("203.0.113.66:9")
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
		"the signalled address sends":                   {{home, 1, 10, 5, 0, home}},
		"behind a NAT":                                  {{nat, 1, 10, 1, 0, home}, {nat, 1, 11, 1, 0, nat}},
		"as an IPv4-mapped address":                     {{netip.MustParseAddrPort("[::ffff:198.51.100.7]:6000"), 1, 10, 2, 0, nat}},
		"one stray first":                               {{evil, 9, 10, 1, 0, home}, {nat, 1, 10, 2, 0, nat}},
		"strays out of sequence":                        {{evil, 9, 10, 1, 0, home}, {evil, 9, 20, 1, 0, home}, {evil, 9, 5, 1, 0, home}},
		"the NAT gives a new port":                      {{nat, 1, 10, 2, 0, nat}, {moved, 1, 12, 2, 0, nat}, {moved, 1, 14, 1, 0, moved}},
		"the NAT gives a new port after a long hold":    {{nat, 1, 10, 2, 0, nat}, {moved, 1, 12, 3, time.Hour, moved}},
		"an injector in a running call":                 {{nat, 1, 10, 5, 0, nat}, {evil, 9, 10, 4, 0, nat}, {nat, 1, 15, 1, 0, nat}, {evil, 9, 14, 20, 0, nat}},
		"an injector while the peer is silent":          {{nat, 1, 10, 5, 0, nat}, {evil, 9, 10, 500, time.Minute, nat}, {nat, 1, 15, 1, 0, nat}},
		"who knows the SSRC, not the numbers":           {{nat, 1, 10, 5, 0, nat}, {evil, 1, 14, 1, 0, nat}, {evil, 1, 0xf000, 50, time.Minute, nat}},
		"the signalled address unseats who came first":  {{evil, 9, 10, 5, 0, evil}, {home, 2, 10, 1, 0, evil}, {evil, 9, 15, 1, 0, evil}, {home, 2, 11, 1, 0, home}, {evil, 9, 16, 20, 0, home}},
		"the signalled address comes later":             {{nat, 1, 10, 5, 0, nat}, {home, 2, 10, 40, 0, home}},
		"the signalled host unseats who came first":     {{evil, 9, 10, 5, 0, evil}, {homeNAT, 2, 10, 1, 0, evil}, {homeNAT, 2, 11, 1, 0, homeNAT}, {evil, 9, 15, 20, 0, homeNAT}},
		"the host of signalling unseats who came first": {{evil, 9, 10, 5, 0, evil}, {door, 2, 10, 2, 0, door}, {evil, 9, 15, 20, 0, door}, {homeNAT, 3, 1, 2, 0, homeNAT}},
		"who knows all, and used a gap, is found out": {{nat, 1, 10, 5, 0, nat}, {evil, 1, 20, 4, 200 * time.Millisecond, evil},
			{nat, 1, 15, 3, 100 * time.Millisecond, evil}, {nat, 1, 18, 2, 0, nat}, {evil, 1, 25, 50, 0, nat}},
		"what was on its way to the old port": {{nat, 1, 10, 5, 0, nat}, {moved, 1, 18, 3, 0, moved}, {nat, 1, 15, 3, 0, moved}, {moved, 1, 21, 5, 0, moved}},
		"another stream of the same source":   {{nat, 1, 10, 5, 0, nat}, {nat, 2, 100, 3, 0, nat}, {moved, 2, 103, 3, 0, moved}},
		"one spoofed packet makes no stream":  {{nat, 1, 10, 5, 0, nat}, {nat, 9, 100, 1, 0, nat}, {evil, 9, 101, 50, time.Second, nat}},
	} {
		var l Latch
		l.Signal(home)
		l.Vouch(door.Addr())
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

// Before an answer another fork is heard once the present one is silent; after it no longer.
func TestLatchIsOpenBeforeAnAnswer(t *testing.T) {
	for _, open := range []bool{true, false} {
		var l Latch
		l.Signal(home)
		l.Open(open)
		now := time.Unix(1000, 0)
		for i := range 5 {
			l.Observe(nat, &Packet{SSRC: 1, Sequence: uint16(i)}, now)
		}
		for i := range 50 {
			now = now.Add(20 * time.Millisecond)
			l.Observe(moved, &Packet{SSRC: 2, Sequence: uint16(i)}, now)
		}
		if got := l.Remote() == moved; got != open {
			t.Errorf("open %v: at %v", open, l.Remote())
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

// A stream that is authenticated needs no SSRC or numbers: it is the peer's wherever it
// comes from, once its last source has stopped.
func TestLatchOfAnAuthenticatedStream(t *testing.T) {
	var l Latch
	l.Signal(home)
	l.Authenticate(true)
	now := time.Unix(1000, 0)
	if !l.Observe(nat, &Packet{SSRC: 1, Sequence: 5}, now) {
		t.Error("the first packet proves the place")
	}
	for i := range 3 {
		if l.Observe(moved, &Packet{SSRC: 2, Sequence: 900 + uint16(i)}, now.Add(20*time.Millisecond)) {
			t.Errorf("packet %d moves us while the source sends", i)
		}
	}
	if !l.Observe(moved, &Packet{SSRC: 2, Sequence: 903}, now.Add(80*time.Millisecond)) || l.Remote() != moved {
		t.Errorf("a new stream after the old one isn't followed: %v", l.Remote())
	}
	l.Signal(evil)
	if !l.Observe(nat, &Packet{SSRC: 1, Sequence: 6}, now.Add(time.Second)) {
		t.Error("another address makes it forget what authenticates")
	}
}

// After a hold the peer may come with another stream from another port: its NAT has
// forgotten the one before. Once the peer is heard, nobody else may.
func TestLatchAfterAHold(t *testing.T) {
	for _, heard := range []bool{false, true} {
		var l Latch
		l.Signal(home)
		now := time.Unix(1000, 0)
		for i := range 5 {
			l.Observe(nat, &Packet{SSRC: 1, Sequence: uint16(i)}, now)
		}
		now = now.Add(time.Minute)
		l.Reopen()
		if heard {
			l.Observe(nat, &Packet{SSRC: 1, Sequence: 5}, now)
			now = now.Add(time.Minute)
		}
		for i := range 50 {
			now = now.Add(20 * time.Millisecond)
			l.Observe(moved, &Packet{SSRC: 2, Sequence: uint16(i)}, now)
		}
		if got := l.Remote() == moved; got == heard {
			t.Errorf("heard again %v: at %v", heard, l.Remote())
		}
	}
}

// Whatever comes, packets go only to an address that was signalled or has sent a stream, and
// once latched to nobody of another SSRC but from likelier places.
func FuzzLatch(f *testing.F) {
	f.Add([]byte{0x00, 0x11, 0x12, 0x23, 0x80, 0x45})
	f.Add([]byte("-m((  \xd90mM-m\x8d"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var l Latch
		l.Signal(home)
		l.Vouch(door.Addr())
		places := []netip.AddrPort{home, nat, moved, evil, homeNAT, door}
		seqs := map[[2]int]uint16{}
		now := time.Unix(1000, 0)
		for _, b := range raw {
			who, ssrc := int(b&7)%len(places), int(b>>3&3)
			key := [2]int{who, ssrc}
			seqs[key]++
			if b&0x80 != 0 {
				now = now.Add(time.Duration(b&0x60) * 10 * time.Millisecond)
			}
			was, latched, old := l.Remote(), l.Latched(), l.current.ssrc
			p := Packet{SSRC: uint32(ssrc), Sequence: seqs[key]}
			changed := l.Observe(places[who], &p, now)
			switch {
			case changed != (was != l.Remote()):
				t.Fatalf("says %v, from %v to %v", changed, was, l.Remote())
			case changed && l.Remote() != places[who]:
				t.Fatalf("a packet from %v turns to %v", places[who], l.Remote())
			case changed && latched && old != p.SSRC && l.rank(places[who]) <= l.rank(was):
				t.Fatalf("SSRC %d of %v takes the place of %d of %v", ssrc, places[who], old, was)
			case changed && seqs[key] < minSequential:
				t.Fatal("one packet is no stream")
			}
		}
	})
}
