package jitter

import (
	"math/rand/v2"
	"testing"
	"time"

	"offhook/audio/rtp"
)

// The scheduler keeps the one who pulls waiting, now and then for 50 to 200 ms, and the
// pulls that were due are made up for: nothing is learned of the network by that.
func TestStalledPullsAreNoJitter(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	n := newNetwork(t, Config{})
	n.tick = 5 * msec
	n.late = func() time.Duration {
		if n.now < 20*time.Second && rng.IntN(300) == 0 {
			return 50*msec + time.Duration(rng.IntN(150))*msec
		}
		return 0
	}
	n.speak(voice(8000*30), 160, rtp.Packet{SSRC: 1}, 0, prompt)
	var worst time.Duration
	for n.now < 29*time.Second {
		n.run(n.now + 100*msec)
		worst = max(worst, n.b.Stats().Target)
	}
	s := n.b.Stats()
	t.Logf("target up to %v, %+v", worst, s)
	if worst > 5*msec || s.Delay > 25*msec || s.Concealed > 30*msec || s.Removed+s.Inserted > 60*msec || s.Late != 0 {
		t.Errorf("target up to %v, %+v", worst, s)
	}
}
