package audio

import (
	"bytes"
	"net/netip"
	"slices"
	"testing"
	"time"

	"offhook/audio/srtp"
	"offhook/codec/g711"
)

var binding = append([]byte{0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42}, make([]byte, 12)...)

// A flood is shut out, but not those whom the session itself has written to: the server that
// knows its address, the relay, the peer's other candidates.
func TestFloodDoesNotCutTheWay(t *testing.T) {
	l := newListener(t)
	l.in.in, l.in.taken = newSlots(1024), false
	heard := 0
	l.s.o.OnSTUN = func(_ []byte, from netip.AddrPort, _ time.Time) {
		if from == other {
			heard++
		}
	}
	if err := l.s.SendDatagram(binding, other); err != nil {
		t.Fatal(err)
	}
	shut := 0
	l.beats(300, func(int) {
		for range 300 {
			l.take(packet(0, 1, 1, 666, make([]byte, 160)), attacker)
			l.take(binding, attacker)
		}
		l.take(binding, other)
		if slices.Contains(l.in.alone, other) && slices.Contains(l.in.alone, far) && !slices.Contains(l.in.alone, attacker) {
			shut++
		}
	})
	if heard != 300 || shut < 250 {
		t.Errorf("%d of 300 messages of a server came through, %d beats shut", heard, shut)
	}
	l.hears(t, "flooded", 200)
	// With a route, and through a relay on our own socket.
	l.setRoute(Route{Remote: pair, Via: &carried{}}, l.now)
	if len(l.in.alone) > 0 {
		t.Error("the guard of the old route stands")
	}
	for range 3 {
		l.step()
		for range 100 {
			l.take(packet(0, 1, 1, 666, make([]byte, 160)), attacker)
		}
		l.s.Deliver(packet(0, l.seq, l.stamp, 1, l.tone), pair, l.now)
		l.seq, l.stamp = l.seq+1, l.stamp+160
		l.drain(l.now)
	}
	if !slices.Equal(l.in.alone, []netip.AddrPort{other}) {
		t.Errorf("through a relay the socket takes %v", l.in.alone)
	}
}

// A move leaves the filter behind with the socket, and the latch where it was: the peer, and
// a flood that follows, are treated as before.
func TestMoveUnderAFlood(t *testing.T) {
	l := newListener(t)
	l.in.in, l.in.taken = newSlots(1024), false
	flood := func(in *fakeSocket) func(int) {
		return func(int) {
			for range 200 {
				in.take(packet(0, 1, 1, 666, make([]byte, 160)), attacker, l.now)
			}
		}
	}
	l.beats(20, flood(l.in))
	if len(l.in.alone) == 0 {
		t.Fatal("not shut")
	}
	there := newFakeSocket(l.in.out)
	there.in = newSlots(1024)
	place := place{netip.MustParseAddrPort("198.51.100.1:4000"), netip.MustParseAddrPort("198.51.100.1:4001")}
	l.move(plugs{place, there, newFakeSocket(func([]byte, netip.AddrPort) {})}, l.now)
	l.in = there
	if l.guard.until != (time.Time{}) || l.latch.Remote() != far || !l.latch.Latched() {
		t.Errorf("guarded until %v, latched on %v", l.guard.until, l.latch.Remote())
	}
	l.beats(50, flood(there))
	if !slices.Equal(there.alone, []netip.AddrPort{far}) {
		t.Errorf("the new socket takes %v", there.alone)
	}
	l.hears(t, "moved", 40)
	var out []netip.AddrPort
	there.out = func(_ []byte, to netip.AddrPort) { out = append(out, to) }
	if err := l.s.SendDatagram(binding, other); err != nil || len(out) != 1 || out[0] != other {
		t.Errorf("%v: sent to %v from the new socket", err, out)
	}
}

// SRTP takes the place of SSRC and numbers: the peer is followed wherever its packets prove
// it to be, also with a new stream, and nobody who repeats or makes up packets is.
func TestInterop52SRTPDecidesWhoIsFollowed(t *testing.T) {
	c := newCrypted(t, srtp.AES128CM80)
	var seen [][]byte
	c.speak(t, c.seal, 50, func(raw []byte) {
		seen = append(seen, bytes.Clone(raw))
		c.take(raw, far)
		// Repeated at once from elsewhere, and made up, with the right SSRC and numbers.
		c.take(raw, attacker)
		c.take(append(shout(t, c.seq, c.stamp, 1), make([]byte, 10)...), attacker)
	})
	for i := range 100 { // the peer is silent
		c.step()
		c.take(seen[i%len(seen)], attacker)
		c.take(append(shout(t, c.seq+uint16(i), c.stamp, 1), make([]byte, 10)...), attacker)
		c.drain(c.now)
	}
	if c.latch.Remote() != far {
		t.Fatalf("packets go to %v", c.latch.Remote())
	}
	moved := netip.MustParseAddrPort("198.51.100.7:6002")
	ssrc := uint32(99)
	for i := range 20 {
		c.step()
		raw, err := c.seal.RTP(append(make([]byte, 0, 1500), packet(0, uint16(i), uint32(160*i), ssrc, c.tone)...))
		if err != nil {
			t.Fatal(err)
		}
		c.take(raw, moved)
		c.drain(c.now)
	}
	if got, _ := c.recv.ssrc(); c.latch.Remote() != moved || got != ssrc {
		t.Errorf("packets go to %v, SSRC %d is heard", c.latch.Remote(), got)
	}
	c.publish()
	if s := c.s.Stats(); s.Security.Forged == 0 || s.Security.Replayed == 0 {
		t.Errorf("%+v", s.Security)
	}
}

// The empty packets that keep the way open are protected like any other.
func TestKeepOpenIsProtected(t *testing.T) {
	c := newCrypted(t, srtp.AES128CM80)
	p := talk(far, g711.PCMU{}, 0)
	p.Security = SDES{Suite: srtp.AES128CM80, Local: c.local, Remote: c.remote}
	p.Send, p.Receive = false, false
	c.apply(p, c.now)
	c.sent = nil
	c.lookFor(40 * time.Second)
	if len(c.sent) != 2 {
		t.Fatalf("%d packets in 40 s of hold", len(c.sent))
	}
	for _, raw := range c.sent {
		plain, err := c.open.RTP(make([]byte, 1500), raw)
		if err != nil || len(plain) != 12 {
			t.Errorf("%x: %v", raw, err)
		}
	}
}
