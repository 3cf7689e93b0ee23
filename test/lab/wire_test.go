package lab

import (
	"testing"
	"time"
)

func TestOnlyRTPSuffersOnAWire(t *testing.T) {
	datagram := func(first, second byte) []byte {
		b := make([]byte, 20+8+12)
		b[0], b[9] = 0x45, 17
		b[28], b[29] = first, second
		return b
	}
	tcp := datagram(0x80, 0)
	tcp[9] = 6
	for _, c := range []struct {
		name string
		raw  []byte
		want bool
	}{
		{"RTP, PCMU", datagram(0x80, 0), true},
		{"RTP, marked telephone-event", datagram(0x80, 0x80|101), true},
		{"RTCP sender report", datagram(0x80, 200), false},
		{"RTCP extended report", datagram(0x80, 207), false},
		{"SIP", datagram('I', 'N'), false},
		{"STUN", datagram(0, 1), false},
		{"TCP", tcp, false},
		{"too short", datagram(0x80, 0)[:39], false},
		{"options beyond the end", append([]byte{0x4f}, datagram(0x80, 0)[1:]...), false},
		{"nothing", nil, false},
	} {
		if got := isRTP(c.raw); got != c.want {
			t.Errorf("%s: %t", c.name, got)
		}
	}
}

func TestDriftMovesPacketsAndNeverIntoThePast(t *testing.T) {
	start := time.Now()
	for _, c := range []struct {
		drift float64
		after time.Duration
		want  time.Duration
	}{
		{0, time.Minute, 0},
		{100, time.Minute, 6 * time.Millisecond},
		{-100, 0, slack},
		{-100, time.Minute, slack - 6*time.Millisecond},
	} {
		now := start.Add(c.after)
		if got := (WireSpec{Drift: c.drift}).at(start, now).Sub(now); got != c.want {
			t.Errorf("%g ppm after %v: %v, want %v", c.drift, c.after, got, c.want)
		}
	}
}
