package g722

import (
	"math"
	"testing"

	"offhook/codec"
)

// vowel is a steady voiced sound: pulses of 125 Hz through two resonances.
func vowel(n int) []int16 {
	pcm := make([]int16, n)
	var y [2][2]float64
	for i := range pcm {
		x := 0.0
		if i%128 == 0 {
			x = 1
		}
		sum := 0.0
		for k, hz := range []float64{700, 2300} {
			v := x + 1.94*math.Cos(2*math.Pi*hz/rate)*y[k][0] - 0.97*0.97*y[k][1]
			y[k][0], y[k][1] = v, y[k][0]
			sum += v
		}
		pcm[i] = int16(3000 * sum)
	}
	return pcm
}

// After a gap the decoder is where the sender's encoder is, if what was heard is like
// what was lost; without that it takes a tenth of a second to find back.
func TestDecoderCatchesUpWithAGap(t *testing.T) {
	pcm := vowel(3 * rate)
	for _, bridged := range []bool{false, true} {
		e, whole := both(t)
		_, ours := both(t)
		_, left := both(t) // behind
		var with, without float64
		code := make([]byte, len(pcm)/2)
		if _, err := e.Encode(code, pcm); err != nil {
			t.Fatal(err)
		}
		want, got := make([]int16, 320), make([]int16, 320)
		for i := 0; i+320 <= len(code); i += 160 {
			p := code[i : i+160]
			_, _ = whole.Decode(want, p)
			frame := i / 160 % 20
			if frame == 10 {
				if bridged {
					_ = ours.Interpolate(got, code[i+160:i+320])
					_ = left.Interpolate(got, code[i+160:i+320])
				} else {
					ours.Conceal(got)
					left.Conceal(got)
				}
				left.lost = 0
				continue
			}
			_, _ = ours.Decode(got, p)
			off := func() (sum float64) {
				for k := range want {
					sum += math.Pow(float64(got[k])-float64(want[k]), 2)
				}
				return sum
			}
			after := frame > 11 && frame < 16 // the first is joined
			if after {
				with += off()
			}
			_, _ = left.Decode(got, p)
			if after {
				without += off()
			}
		}
		if with > without*3/4 {
			t.Errorf("bridged %v: after a gap the error is %.0f, %.0f without catching up", bridged, with, without)
		}
	}
}

// The catching up is bounded whatever is lost, and needs no memory.
func TestResyncOfAnyLength(t *testing.T) {
	for _, n := range []int{1, 2, 21, 320, 5760, 100000} {
		e, d := both(t)
		code, pcm := make([]byte, 160), make([]int16, 320)
		_, _ = e.Encode(code, vowel(320))
		if k := testing.AllocsPerRun(3, func() {
			_, _ = d.Decode(pcm, code)
			for rest := n; rest > 0; rest -= min(rest, 5000) {
				d.Conceal(make([]int16, codec.MaxFrame)[:min(rest, 5000)])
			}
			_ = d.Interpolate(pcm[:min(n, 320)], code)
		}); k != 0 {
			t.Errorf("%d lost: %v allocations", n, k)
		}
	}
}
