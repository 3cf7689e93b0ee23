package plc

import (
	"math"
	"testing"
)

// A bridged gap meets both of its sides without a step and keeps the level.
func TestInterpolateMeetsBothSides(t *testing.T) {
	for _, rate := range []int{8000, 16000, 48000} {
		for _, frame := range []int{5, 10, 20, 40, 60, 80} {
			n := rate * frame / 1000
			x := buzz(130, rate, rate/2)
			c := New(rate)
			out := append([]int16(nil), x...)
			at := rate / 4
			c.Good(out[:at])
			c.Interpolate(out[at:at+n], out[at+n:at+n+rate/50])
			for i := at + n; i+rate/50 <= len(out); i += rate / 50 {
				c.Good(out[i : i+rate/50])
			}
			step := 0.0
			for i := 1; i < len(x); i++ {
				step = max(step, math.Abs(float64(x[i])-float64(x[i-1])))
			}
			for i := at - 1; i < at+n+2; i++ {
				if d := math.Abs(float64(out[i]) - float64(out[i-1])); d > 1.5*step {
					t.Errorf("%d Hz, %d ms: a step of %.0f at %d of the gap, %.0f in the original", rate, frame, d, i-at, step)
					break
				}
			}
			for i := at + n; i < len(out); i++ {
				if out[i] != x[i] {
					t.Errorf("%d Hz, %d ms: what follows the gap was changed at %d", rate, frame, i-at-n)
					break
				}
			}
		}
	}
}

func TestInterpolateNoAllocations(t *testing.T) {
	c, pcm, gap := New(8000), buzz(100, 8000, 160), make([]int16, 160)
	if n := testing.AllocsPerRun(100, func() { c.Good(pcm); c.Interpolate(gap, pcm) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkInterpolate(b *testing.B) {
	b.ReportAllocs()
	c, pcm, gap := New(8000), buzz(100, 8000, 160), make([]int16, 160)
	for b.Loop() {
		c.Good(pcm)
		c.Interpolate(gap, pcm)
	}
}
