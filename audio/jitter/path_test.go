package jitter

import (
	"testing"
	"time"

	"offhook/audio/rtp"
)

// Another network is slower or faster, and between the two nothing comes. Of the old one
// nothing remains after some seconds.
func TestAnotherPathCostsDelayForSecondsOnly(t *testing.T) {
	for _, c := range []struct{ outage, before, after time.Duration }{
		{0, 20 * msec, 80 * msec},
		{0, 80 * msec, 20 * msec},
		{0, 20 * msec, 35 * msec},
		{200 * msec, 20 * msec, 80 * msec},
		{2 * time.Second, 20 * msec, 80 * msec},
		{2 * time.Second, 80 * msec, 20 * msec},
		{5 * time.Second, 20 * msec, 20 * msec},
		{5 * time.Second, 20 * msec, 300 * msec},
	} {
		n := newNetwork(t, Config{})
		const moved = 10 * time.Second
		n.speak(voice(8000*40), 160, rtp.Packet{SSRC: 1}, 0, func(i int) (time.Duration, bool) {
			switch at := time.Duration(i) * 20 * msec; {
			case at < moved:
				return c.before, true
			case at < moved+c.outage:
				return 0, false
			}
			return c.after, true
		})
		n.run(moved + c.outage + 10*time.Second)
		s := n.b.Stats()
		if s.Delay > 40*msec || s.Target > 25*msec {
			t.Errorf("%+v: delay %v, target %v", c, s.Delay, s.Target)
		}
	}
}

// A card that stands still now and then has no other clock, and the network no jitter.
func TestStallsAreNoDrift(t *testing.T) {
	for _, stall := range []time.Duration{5 * msec, 12 * msec, 40 * msec, 150 * msec} {
		n := newNetwork(t, Config{})
		n.tick = 5 * msec
		n.speak(voice(8000*150), 160, rtp.Packet{SSRC: 1}, 0, prompt)
		for n.now < 90*time.Second {
			n.run(n.now + 3100*msec)
			n.now += stall / n.tick * n.tick
		}
		n.run(148 * time.Second)
		if s := n.b.Stats(); s.Drift != 0 || n.b.smooth() || s.Delay > 25*msec || s.Concealed != 0 || s.Target > 5*msec {
			t.Errorf("stalls of %v: %+v", stall, s)
		}
	}
}
