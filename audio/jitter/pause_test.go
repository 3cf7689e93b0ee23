package jitter

import (
	"math/rand/v2"
	"testing"
	"time"

	"offhook/audio/rtp"
)

// Who sends nothing in pauses begins each time with a packet that may be late itself:
// what was learned of the network before stays as it was.
func TestPausesDontInflateTheTarget(t *testing.T) {
	const spoken, silent = 25, 25 // packets
	through := func(pause bool) (worst time.Duration, s Stats) {
		rng := rand.New(rand.NewPCG(3, 4))
		n := newNetwork(t, Config{})
		jitter := func(int) (time.Duration, bool) { return time.Duration(rng.IntN(20000)) * time.Microsecond, true }
		talk := voice(8000 * 40)
		sent := 0
		for at := 0; at+spoken*160 <= len(talk); {
			first := rtp.Packet{SSRC: 1, Sequence: uint16(sent), Timestamp: uint32(at), Marker: pause}
			n.speak(talk[at:at+spoken*160], 160, first, time.Duration(at)*time.Second/8000, jitter)
			sent += spoken
			if at += spoken * 160; pause {
				at += silent * 160
			}
		}
		for n.now < 39*time.Second {
			n.run(n.now + 100*msec)
			if n.now > 10*time.Second {
				worst = max(worst, n.b.Stats().Target)
			}
		}
		return worst, n.b.Stats()
	}
	steady, _ := through(false)
	worst, s := through(true)
	t.Logf("target up to %v, with pauses up to %v; %+v", steady, worst, s)
	if worst > steady+6*msec {
		t.Errorf("with pauses the target is up to %v, without %v", worst, steady)
	}
}
