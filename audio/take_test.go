package audio

import (
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"offhook/audio/rtp"
)

// A flood is told with the address that it comes from, not with the peer's.
func TestFloodIsBlamedOnWhoMakesIt(t *testing.T) {
	l := newListener(t)
	l.in.in = newSlots(1024)
	l.in.taken = false
	l.events = nil
	stranger := netip.MustParseAddrPort("203.0.113.5:9")
	flood := packet(0, 1, 1, 666, make([]byte, 160))
	l.beats(1, func(int) {
		for range 2 * floodLook {
			l.take(flood, stranger)
		}
	})
	for _, e := range eventsOf[Odd](l.bareLoop) {
		if e.Kind == OddFlood && e.From == stranger {
			return
		}
	}
	t.Errorf("told %+v", eventsOf[Odd](l.bareLoop))
}

// What keeps a NAT open is nothing odd: an empty datagram, an empty packet of a payload type
// that nobody has, and an empty one of the stream, whose number isn't lost (RFC 6263,
// sections 4.1, 4.3 and 4.6).
func TestKeepAlivesAreNothingOdd(t *testing.T) {
	for name, keepAlive := range map[string]func(l *listener) []byte{
		"empty datagram":       func(*listener) []byte { return nil },
		"unknown payload type": func(l *listener) []byte { return packet(20, l.seq, l.stamp, 1, nil) },
		"in the stream": func(l *listener) []byte {
			l.seq++
			return packet(0, l.seq-1, l.stamp, 1, nil)
		},
	} {
		l := newListener(t)
		l.events = nil
		before := l.s.Stats()
		l.beats(100, func(i int) {
			if i%5 == 0 {
				l.take(keepAlive(l), far)
			}
		})
		s := l.s.Stats()
		if told := eventsOf[Odd](l.bareLoop); len(told) != 0 || s.Invalid != before.Invalid {
			t.Errorf("%s: told %+v, %d invalid", name, told, s.Invalid-before.Invalid)
		}
		if s.Lost != before.Lost || s.Concealed != before.Concealed || s.MOSIn.Loss != 0 {
			t.Errorf("%s: %d lost, %v concealed, loss of %v", name, s.Lost-before.Lost, s.Concealed-before.Concealed, s.MOSIn.Loss)
		}
		l.hears(t, name, 80)
	}
}

// Some gateways send digits as a stream of its own. It doesn't take the place of the voice.
func TestDigitsOfAStreamOfTheirOwn(t *testing.T) {
	l := newListener(t)
	l.events = nil
	before := l.s.Stats()
	l.beats(60, func(i int) {
		if i < 20 {
			end := byte(10)
			if i >= 17 {
				end |= 0x80
			}
			units := 160 * (i + 1)
			l.take(packet(101, uint16(9000+i), 77777, 4711, []byte{5, end, byte(units >> 8), byte(units)}), far)
		}
	})
	if d := eventsOf[DigitReceived](l.bareLoop); len(d) != 1 || d[0].Digit != '5' {
		t.Errorf("%+v", d)
	}
	s := l.s.Stats()
	if told := eventsOf[FirstPacket](l.bareLoop); len(told) != 0 || s.RemoteSSRC != 1 || s.Lost != before.Lost {
		t.Errorf("told %+v, the stream is %d, %d lost", told, s.RemoteSSRC, s.Lost)
	}
	if b, ok := l.recv.block(); !ok || b.SSRC != 1 || b.Lost != 0 {
		t.Errorf("reported %+v, %v", b, ok)
	}
	l.hears(t, "with digits", 50)
}

// A peer that goes on sending while we don't listen has lost nothing: its packets came.
func TestWhatComesOnHoldIsNotLost(t *testing.T) {
	l := newListener(t)
	p := l.params
	hold := p
	hold.Receive = false
	l.apply(hold, l.now)
	l.beats(100, nil)
	l.apply(p, l.now)
	l.beats(100, nil)
	if s := l.s.Stats(); s.Lost != 0 {
		t.Errorf("%d lost", s.Lost)
	}
	if b, ok := l.recv.block(); !ok || b.Lost != 0 || b.Fraction != 0 {
		t.Errorf("reported %+v, %v", b, ok)
	}
	l.hears(t, "after hold", 50)
}

// A stream that goes on after its BYE is reported on again; stragglers don't count.
func TestReportsGoOnWithTheStream(t *testing.T) {
	l := newListener(t)
	bye := mustReport(t, rtp.Report{SSRC: 1, CNAME: "x", Bye: true})
	l.reportsIn.take(bye, nextPort(far), l.now)
	l.beats(10, nil)
	if !l.ctl.gone(1) {
		t.Fatal("BYE wasn't taken, or a straggler undid it")
	}
	l.beats(200, nil)
	if l.ctl.gone(1) {
		t.Error("the stream goes on, and isn't reported on")
	}
}

// What looked encrypted says nothing about the stream that takes its place.
func TestAnotherStreamIsJudgedAnew(t *testing.T) {
	l := newListener(t)
	rnd := rand.NewChaCha8([32]byte{9})
	plain := l.tone
	for range 50 {
		l.tone = make([]byte, 170)
		rnd.Read(l.tone)
		l.beats(1, nil)
	}
	l.tone = plain
	before := l.s.Stats().Odd[OddEncrypted]
	for i := range 20 {
		l.step()
		l.take(packet(0, uint16(i), uint32(i)*160, 2, plain), far)
		l.drain(l.now)
	}
	l.publish()
	if n := l.s.Stats().Odd[OddEncrypted] - before; n != 0 {
		t.Errorf("%d packets of a clear stream weren't played", n)
	}
}

// A peer's metrics can add up to more than all; what is told of them doesn't.
func TestMetricsThatMakeNoSense(t *testing.T) {
	l := newListener(t)
	ssrc := l.send.rtp.SSRC()
	l.reportsIn.take(mustReport(t, rtp.Report{SSRC: 1, CNAME: "x",
		Blocks:   []rtp.Block{{SSRC: ssrc, Fraction: 255, Lost: 1<<23 - 1, Jitter: 1<<32 - 1, LastSR: rtp.Middle(rtp.NTP(l.now.Add(-9 * time.Hour)))}},
		Extended: &rtp.XR{VoIP: []rtp.VoIPMetrics{{SSRC: ssrc, Gmin: 16, Loss: 1, Discard: 1, EndSystem: time.Minute}}}}), nextPort(far), l.now)
	l.beats(60, nil)
	s := l.s.Stats()
	for _, q := range []Quality{s.MOSOut, s.CallOut} {
		if q.Loss > 1 || q.LQ < 1 || q.CQ < 1 {
			t.Errorf("%+v", q)
		}
	}
	if s.RTT > time.Minute {
		t.Errorf("a round trip of %v", s.RTT)
	}
}
