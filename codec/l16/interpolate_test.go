package l16

import (
	"errors"
	"math"
	"testing"

	"offhook/codec"
)

// A gap in a steady sound, bridged from both sides, can't be told from the sound.
func TestInterpolateBridgesAGap(t *testing.T) {
	for _, c := range []Codec{{Rate: 8000}, {Rate: 16000}, {Rate: 16000, Stereo: true}, {Rate: 48000}} {
		e, d := both(t, c)
		n := c.Rate / 100
		pcm := make([]int16, 30*n)
		for i := range pcm {
			w := 2 * math.Pi * 150 * float64(i) / float64(c.Rate)
			pcm[i] = int16(6000*math.Sin(w) + 3000*math.Sin(3*w))
		}
		var code [30][]byte
		for i := range code {
			code[i] = make([]byte, 4*n)
			k, err := e.Encode(code[i], pcm[i*n:(i+1)*n])
			if err != nil {
				t.Fatal(err)
			}
			code[i] = code[i][:k]
		}
		dst := make([]int16, n)
		var off, power float64
		for i := range code {
			if i%7 == 6 {
				if err := d.(codec.Interpolator).Interpolate(dst, code[i+1]); err != nil {
					t.Fatal(err)
				}
			} else if _, err := d.Decode(dst, code[i]); err != nil {
				t.Fatal(err)
			}
			for k, s := range dst {
				x := float64(pcm[i*n+k])
				off += (float64(s) - x) * (float64(s) - x)
				power += x * x
			}
		}
		if off > power/100 {
			t.Errorf("%v: the error is %.3f of the sound", c.Info(), off/power)
		}
	}
	_, d := both(t, Codec{Rate: 48000, Stereo: true})
	for _, next := range [][]byte{nil, {1, 2, 3}} {
		if err := d.(codec.Interpolator).Interpolate(make([]int16, 480), next); !errors.Is(err, codec.ErrPayload) {
			t.Errorf("% x: %v", next, err)
		}
	}
	dst, next := make([]int16, 480), make([]byte, 4*480)
	if n := testing.AllocsPerRun(50, func() { _ = d.(codec.Interpolator).Interpolate(dst, next) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
