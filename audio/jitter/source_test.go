package jitter

import (
	"slices"
	"testing"
	"time"

	"offhook/audio/rtp"
)

// shouted counts samples of a square wave at full scale, which no voice of these tests is.
func shouted(pcm []int16) (n int) {
	for _, v := range pcm {
		if v > 30000 || v < -30000 {
			n++
		}
	}
	return n
}

// shout adds packets of a square wave from a forged source.
func (n *network) shout(count int, ssrc uint32, from time.Duration, every time.Duration) {
	payload := slices.Repeat([]byte{0x80, 0x80, 0x80, 0x80, 0, 0, 0, 0}, 20)
	for i := range count {
		n.events = append(n.events, event{from + time.Duration(i)*every, rtp.Packet{
			SSRC: ssrc, Sequence: 7000 + uint16(i), Timestamp: uint32(160 * i), Payload: payload,
		}})
	}
}

// Who forges the peer's address and sends a stream of his own beside the peer's isn't heard
// once there is one peer: neither slowly, nor in bursts between two of its packets.
func TestAStreamBesideThePeersIsNotHeard(t *testing.T) {
	for name, add := range map[string]func(n *network){
		"as fast as voice": func(n *network) { n.shout(140, 66, 1003*msec, 20*msec) },
		"in bursts":        func(n *network) { n.shout(3000, 66, 1003*msec, msec) },
		"far ahead in the peer's own": func(n *network) {
			n.shout(140, 1, 1003*msec, 20*msec)
		},
	} {
		n := newNetwork(t, Config{})
		n.b.Settle(true)
		n.speak(voice(40000), 160, rtp.Packet{SSRC: 1}, 0, prompt)
		add(n)
		n.run(4800 * msec)
		if s := n.b.Stats(); shouted(n.out) != 0 || s.Resyncs != 0 || s.Concealed > 25*msec {
			t.Errorf("%s: %d samples of the stranger; %+v", name, shouted(n.out), s)
		}
	}
}

// Who uses a gap is found out by the peer's stream, which goes on, and not heard again.
func TestAnIntruderIsFoundOut(t *testing.T) {
	n := newNetwork(t, Config{})
	n.b.Settle(true)
	n.speak(voice(80000), 160, rtp.Packet{SSRC: 1}, 0, func(i int) (time.Duration, bool) { return 0, i < 100 || i > 110 })
	n.shout(380, 66, 2003*msec, 20*msec)
	n.run(9800 * msec)
	heard := shouted(n.out)
	if s := n.b.Stats(); heard == 0 || heard > 8000*6/10 || s.Resyncs != 2 {
		t.Errorf("%d samples of the stranger; %+v", heard, s)
	}
	if late := shouted(n.out[8000*3:]); late != 0 {
		t.Errorf("%d samples of the stranger once it was found out", late)
	}
}

// Row 45 all the same: the peer's next stream is heard from its first packet on, without a longer
// pause between the two than its buffering takes.
func TestInterop45ANewStreamOfASettledPeer(t *testing.T) {
	for _, settled := range []bool{false, true} {
		n := newNetwork(t, Config{})
		n.b.Settle(settled)
		n.speak(voice(16000), 160, rtp.Packet{SSRC: 1}, 0, prompt)
		n.speak(voice(24000), 160, rtp.Packet{SSRC: 2, Sequence: 900, Timestamp: 12345}, 2*time.Second, prompt)
		n.run(4900 * msec)
		if s := n.b.Stats(); s.Resyncs != 1 || s.Concealed > 10*msec || s.Played < 240 {
			t.Errorf("settled %v: %+v", settled, s)
		}
	}
}

// What the network held up of the stream before doesn't bring it back.
func TestStragglersDontTurnBack(t *testing.T) {
	n := newNetwork(t, Config{})
	n.b.Settle(true)
	n.speak(voice(16000), 160, rtp.Packet{SSRC: 1}, 0, func(i int) (time.Duration, bool) {
		if i >= 96 {
			return 90 * msec, true
		}
		return 0, true
	})
	n.speak(voice(24000), 160, rtp.Packet{SSRC: 2, Sequence: 900}, 1930*msec, prompt)
	n.run(4800 * msec)
	if s := n.b.Stats(); s.Resyncs != 1 || n.b.line.ssrc != 2 {
		t.Errorf("%+v", s)
	}
}
