package dsp

import (
	"math"
	"testing"
)

// Two tones that meet out of step: without the seam the sound jumps, with it it bends.
func TestSeamHasNoStep(t *testing.T) {
	for _, rate := range []int{8000, 48000} {
		tone := func(from, n int, phase float64) []int16 {
			pcm := make([]int16, n)
			for i := range pcm {
				pcm[i] = int16(8000 * math.Sin(2*math.Pi*300*float64(from+i)/float64(rate)+phase))
			}
			return pcm
		}
		n := rate/50 + 7
		var s Seam
		a, b := tone(0, n, 0), tone(n, n, 2)
		most := 0.0
		for i := 1; i < n; i++ {
			most = max(most, math.Abs(float64(a[i])-float64(a[i-1])))
		}
		s.Mend(a, rate)
		s.Open()
		want := append([]int16(nil), b...)
		s.Mend(b[:3], rate) // in pieces
		s.Mend(b[3:], rate)
		out := append(a, b...)
		for i := 1; i < len(out); i++ {
			if d := math.Abs(float64(out[i]) - float64(out[i-1])); d > 2*most {
				t.Errorf("%d Hz: a step of %.0f at %d, the tone's largest is %.0f", rate, d, i-n, most)
			}
		}
		for i := rate * 6 / 1000; i < n; i++ {
			if b[i] != want[i] {
				t.Fatalf("%d Hz: sample %d after the seam is %d, not %d", rate, i, b[i], want[i])
			}
		}
	}
}

func TestSeamChangesNothingElse(t *testing.T) {
	var s Seam
	pcm := []int16{1, -32768, 32767, 5}
	s.Mend(pcm, 8000)
	s.Mend(nil, 8000)
	if pcm[0] != 1 || pcm[1] != -32768 || pcm[2] != 32767 || pcm[3] != 5 {
		t.Error(pcm)
	}
	s.Open()
	s.Mend(make([]int16, 1), 0) // a rate of nothing is survived
}
