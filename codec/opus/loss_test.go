package opus

import (
	"math"
	"testing"

	"offhook/codec"
)

func TestLossGrowsAtOnceAndFallsSlowly(t *testing.T) {
	l := loss{fec: true, told: 5}
	for i, c := range []struct {
		fraction float64
		percent  int
		changed  bool
	}{
		{0, 0, true}, {0.1, 10, true}, {0.1, 10, false}, {0, 8, true}, {0, 6, true}, {0.01, 6, false}, {0.9, 25, true},
		{math.NaN(), 25, false}, {math.Inf(1), 25, false}, {-5, 25, false},
	} {
		if percent, changed := l.update(c.fraction); percent != c.percent || changed != c.changed {
			t.Errorf("report %d of %v: %d %v, want %d %v", i, c.fraction, percent, changed, c.percent, c.changed)
		}
	}
	for range 40 {
		l.update(0)
	}
	if l.told != 0 {
		t.Errorf("without loss %d%% are prepared for", l.told)
	}
	without := loss{told: 5}
	if _, changed := without.update(0.5); changed {
		t.Error("a peer that wants no FEC gets it")
	}
}

// copies counts the packets that carry the frame before them, in each of the
// stretches that a report begins.
func copies(t *testing.T, c Codec, fmtp string, reports ...float64) (with []int) {
	t.Helper()
	e, _ := pair(t, c, fmtp)
	for _, fraction := range reports {
		if fraction >= 0 {
			e.(codec.LossAware).SetLoss(fraction)
		}
		n := 0
		for _, p := range encode(t, e, voice(2*rate), 960) {
			if hasFEC(p) {
				n++
			}
		}
		with = append(with, n)
	}
	return with
}

// RFC 7587, section 3.3: FEC goes to who asks for it, as far as packets are lost.
func TestFECFollowsTheMeasuredLoss(t *testing.T) {
	n := copies(t, Codec{}, "useinbandfec=1", 0, 0.1, 0)
	if n[0] > 2 || n[1] < 70 || n[2] < 70 {
		t.Errorf("%v of 100 packets have a copy without loss, with 10 %%, and just after it", n)
	}
	if n := copies(t, Codec{}, "", 0.1); n[0] != 0 {
		t.Errorf("%d packets have a copy that the peer didn't ask for", n[0])
	}
	if n := copies(t, Codec{FEC: Always}, "", 0.1); n[0] < 70 {
		t.Errorf("%d packets have a copy though we want them always", n[0])
	}
	if n := copies(t, Codec{FEC: Never}, "useinbandfec=1", 0.1); n[0] != 0 {
		t.Errorf("%d packets have a copy though we never want them", n[0])
	}
	if n := copies(t, Codec{}, "useinbandfec=1", -1); n[0] < 70 {
		t.Errorf("before any report %d packets have a copy", n[0])
	}
}

func TestSetLossDoesNotAllocate(t *testing.T) {
	e, _ := pair(t, Codec{}, "useinbandfec=1")
	f := 0.0
	if n := testing.AllocsPerRun(100, func() {
		f = 0.3 - f
		e.(codec.LossAware).SetLoss(f)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
