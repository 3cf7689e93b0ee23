package audio

import (
	"math"
	"net/netip"
	"testing"

	"offhook/audio/rtp"
	"offhook/codec"
	"offhook/codec/g711"
)

var attacker = netip.MustParseAddrPort("203.0.113.66:40000")

// shout is a packet of a 1300 Hz tone at full scale.
func shout(t testing.TB, seq uint16, stamp, ssrc uint32) []byte {
	t.Helper()
	pcm := make([]int16, 160)
	for i := range pcm {
		pcm[i] = int16(30000 * math.Sin(2*math.Pi*1300*float64(int(stamp%8000)+i)/8000))
	}
	enc, err := g711.PCMU{}.NewEncoder(codec.Params{})
	if err != nil {
		t.Fatal(err)
	}
	payload := make([]byte, 160)
	if _, err := enc.Encode(payload, pcm); err != nil {
		t.Fatal(err)
	}
	return packet(0, seq, stamp, ssrc, payload)
}

// shouted says whether the ear heard the attacker.
func (l *listener) shouted(t *testing.T, what string) {
	t.Helper()
	if p := loudest(l.heard, 8000, 1300); p > 300 {
		t.Errorf("%s: the attacker is heard, with an amplitude of %.0f", what, p)
	}
}

// silence lets n packet times pass in which the peer says nothing.
func (l *listener) silence(n int, disturb func(i int)) {
	pcm := make([]int16, 160)
	for i := range n {
		l.step()
		disturb(i)
		l.drain(l.now)
		l.recv.now = l.now
		if _, err := l.recv.Read(pcm); err != nil {
			panic(err)
		}
		l.heard = append(l.heard, pcm...)
	}
}

// Row 52: packets that come from another address than the SDP's are latched on to, as soon
// as two in sequence have shown a stream, and ours go there (RFC 4961).
func TestInterop52LatchesOn(t *testing.T) {
	b := newKeeper(t)
	b.apply(talk(far, g711.PCMU{}, 0), b.now)
	nat := netip.MustParseAddrPort("198.51.100.7:31000")
	for i := range 10 {
		b.take(packet(0, uint16(i), uint32(160*i), 1, make([]byte, 160)), nat)
		b.tick()
	}
	if got := b.to[len(b.to)-1]; got != nat {
		t.Errorf("packets go to %v, want %v", got, nat)
	}
	if n := b.recv.rx.Totals().Packets; n != 10 {
		t.Errorf("%d of 10 packets heard", n)
	}
}

// Row 52: latched again only on a valid stream (SSRC, sequence). Whatever an attacker sends
// to our port never reaches the ear, and our sound never goes to it.
func TestInterop52AnInjectedStreamNeverReachesTheEar(t *testing.T) {
	type state struct {
		*listener
		n int
	}
	for name, attack := range map[string]func(t *testing.T, l *state){
		"beside the peer": func(t *testing.T, l *state) {
			l.beats(200, func(i int) { l.take(shout(t, uint16(i), uint32(160*i), 66), attacker) })
		},
		"in bursts": func(t *testing.T, l *state) {
			l.beats(200, func(int) {
				for range 30 {
					l.take(shout(t, uint16(l.n), uint32(160*l.n), 66), attacker)
					l.n++
				}
			})
		},
		"while the peer is silent": func(t *testing.T, l *state) {
			l.silence(500, func(i int) { l.take(shout(t, uint16(i), uint32(160*i), 66), attacker) })
		},
		"with the peer's SSRC and numbers far away": func(t *testing.T, l *state) {
			l.silence(200, func(i int) { l.take(shout(t, l.seq-20000+uint16(i), uint32(160*i), 1), attacker) })
		},
		"with all that the peer sends, ahead of it": func(t *testing.T, l *state) {
			l.beats(200, func(int) {
				for k := range uint16(5) {
					l.take(shout(t, l.seq+k, l.stamp+160*uint32(k), 1), attacker)
				}
			})
		},
		"from the peer's address, forged": func(t *testing.T, l *state) {
			l.beats(200, func(i int) {
				l.take(shout(t, uint16(2*i), uint32(320*i), 66), far)
				l.take(shout(t, uint16(2*i+1), uint32(320*i+160), 66), far)
			})
		},
		"as an event, and empty": func(t *testing.T, l *state) {
			l.beats(100, func(i int) {
				l.take(packet(101, uint16(i), 1000, 66, []byte{1, 0x80, 1, 0}), attacker)
				l.take(packet(0, uint16(i), 1000, 66, nil), attacker)
			})
		},
		"as a flood of streams": func(t *testing.T, l *state) {
			l.in.in, l.in.taken = newSlots(1024), false
			l.beats(200, func(int) {
				for range 300 {
					l.take(shout(t, uint16(l.n), uint32(160*l.n), uint32(l.n/2)), attacker)
					l.n++
				}
			})
		},
		"to the port of reports": func(t *testing.T, l *state) {
			l.beats(200, func(i int) { l.reportsIn.take(shout(t, uint16(i), uint32(160*i), 66), attacker, l.now) })
		},
		"delivered by another way": func(t *testing.T, l *state) {
			l.setRoute(Route{Remote: far}, l.now)
			l.beats(200, func(i int) { l.s.Deliver(shout(t, uint16(i), uint32(160*i), 66), attacker, l.now) })
		},
	} {
		l := &state{listener: newListener(t)}
		l.to = nil
		attack(t, l)
		l.shouted(t, name)
		for _, to := range l.to {
			if to != far {
				t.Errorf("%s: a packet went to %v", name, to)
				break
			}
		}
		if n := len(eventsOf[DigitReceived](l.bareLoop)); n != 0 {
			t.Errorf("%s: %d digits", name, n)
		}
		l.beats(60, nil)
		l.hears(t, name, 40)
	}
}

// Who sends before the peer does is heard until the peer is, from where it said, or from its
// host: a NAT changes the port.
func TestInterop52ThePeerUnseatsWhoCameFirst(t *testing.T) {
	for name, peer := range map[string]netip.AddrPort{"signalled": far, "the signalled host": netip.AddrPortFrom(far.Addr(), 61000)} {
		l := &listener{bareLoop: newKeeper(t)}
		l.apply(talk(far, g711.PCMU{}, 0), l.now)
		l.silence(50, func(i int) { l.take(shout(t, uint16(i), uint32(160*i), 66), attacker) })
		if l.latch.Remote() != attacker {
			t.Fatalf("%s: at %v: nobody is there to tell better", name, l.latch.Remote())
		}
		l.heard = nil
		l.silence(100, func(i int) {
			l.take(shout(t, uint16(50+i), uint32(160*(50+i)), 66), attacker)
			l.take(packet(0, uint16(i), uint32(160*i), 1, make([]byte, 160)), peer)
		})
		if l.latch.Remote() != peer {
			t.Errorf("%s: packets go to %v, want %v", name, l.latch.Remote(), peer)
		}
		if p := loudest(l.heard[20*160:], 8000, 1300); p > 300 {
			t.Errorf("%s: the attacker is heard on, with an amplitude of %.0f", name, p)
		}
	}
}

// A peer that a NAT gives a new port is heard on, with the loss of what proves it.
func TestInterop52FollowsThePeersOwnStream(t *testing.T) {
	l := newListener(t)
	lost := l.recv.rx.Lost()
	elsewhere := netip.MustParseAddrPort("198.51.100.9:2222")
	l.silence(100, func(int) {
		l.take(packet(0, l.seq, l.stamp, 1, l.tone), elsewhere)
		l.seq, l.stamp = l.seq+1, l.stamp+160
	})
	if n := l.recv.rx.Lost() - lost; l.latch.Remote() != elsewhere || n > 3 {
		t.Errorf("at %v, %d lost", l.latch.Remote(), n)
	}
	l.hears(t, "after the move", 80)
}

// Reports that anybody sends change nothing: no BYE ends the stream, no figures are taken.
func TestInterop52InjectedReportsChangeNothing(t *testing.T) {
	l := newListener(t)
	before := l.s.Stats()
	l.beats(100, func(i int) {
		for _, r := range []rtp.Report{
			{SSRC: 66, CNAME: "x", Bye: true},
			{SSRC: 66, CNAME: "x", Blocks: []rtp.Block{{SSRC: 67, Fraction: 255, Lost: 9999}}},
		} {
			l.reportsIn.take(mustReport(t, r), attacker, l.now)
			l.take(mustReport(t, r), attacker)
		}
	})
	s := l.s.Stats()
	if s.RemoteLost != before.RemoteLost || s.RemoteFraction != 0 || !l.ctl.leftAt.IsZero() || l.ctl.learnt.IsValid() {
		t.Errorf("%+v, BYE at %v, reports go to %v", s, l.ctl.leftAt, l.ctl.learnt)
	}
	l.hears(t, "reports", 60)
}
