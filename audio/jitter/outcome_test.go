package jitter

import (
	"slices"
	"testing"
	"time"

	"offhook/audio/rtp"
)

// What became of each packet is told once, in the order of playout.
func TestOutcomesAreTold(t *testing.T) {
	var got []Outcome
	n := newNetwork(t, Config{Outcome: func(o Outcome) { got = append(got, o) }})
	n.speak(voice(16000), 160, rtp.Packet{SSRC: 1}, 0, func(i int) (time.Duration, bool) {
		switch {
		case i == 20 || i == 21:
			return 0, false
		case i == 40:
			return 300 * msec, true // long after its turn
		}
		return 0, true
	})
	n.run(2500 * msec)
	count := map[Outcome]int{}
	for _, o := range got {
		count[o]++
	}
	if count[Played] != 97 || count[Lost] != 3 || count[Late] != 1 || len(got) != 101 {
		t.Errorf("%v", count)
	}
	if !slices.Equal(got[19:23], []Outcome{Played, Lost, Lost, Played}) || got[40] != Lost {
		t.Errorf("not in order: %v", got[:42])
	}
}
