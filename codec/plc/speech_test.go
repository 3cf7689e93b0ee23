package plc

import (
	"math"
	"math/rand/v2"
	"testing"
)

// speech is n samples of made-up speech at 8 kHz: vowels whose pitch and formants move,
// hisses and pauses, 200 ms of each.
func speech(n int) []int16 {
	rng := rand.New(rand.NewPCG(3, 4))
	pcm := make([]int16, n)
	var y [3][2]float64
	phase, pitch, level := 0.0, 120.0, 0.0
	formants, target := [3]float64{500, 1500, 2500}, [3]float64{500, 1500, 2500}
	kind := 0
	for i := range pcm {
		if i%1600 == 0 {
			kind = rng.IntN(6) // 0 pause, 1 hiss, others vowels
			target = [3]float64{300 + 500*rng.Float64(), 900 + 1300*rng.Float64(), 2400 + 600*rng.Float64()}
		}
		want := 1.0
		if kind == 0 {
			want = 0
		}
		level += (want - level) / 200
		s := float64(i) / 8000
		pitch = 130 + 35*math.Sin(2*math.Pi*0.7*s) + 3*math.Sin(2*math.Pi*5*s)
		x := 0.0
		if phase += pitch / 8000; phase >= 1 {
			phase--
			x = 12
		}
		if kind == 1 {
			x = rng.NormFloat64() / 3
		}
		sum := 0.0
		for k := range y {
			formants[k] += (target[k] - formants[k]) / 400
			r := 0.97 - 0.02*float64(k)
			v := x + 2*r*math.Cos(2*math.Pi*formants[k]/8000)*y[k][0] - r*r*y[k][1]
			y[k][0], y[k][1] = v, y[k][0]
			if kind == 1 && k == 0 {
				continue
			}
			sum += v
		}
		pcm[i] = int16(max(-32768, min(32767, 130*level*sum+2*rng.NormFloat64())))
	}
	return pcm
}

// distortion is how far the spectrum of y is from that of x in dB, root of the mean
// square over 17 bands and all times. Under -60 dBov nothing counts.
func distortion(x, y []int16) float64 {
	const n = 256
	var cos, sin [n][n / 2]float64
	for i := range n {
		for k := range n / 2 {
			a := 2 * math.Pi * float64(i) * float64(k) / n
			cos[i][k], sin[i][k] = math.Cos(a), math.Sin(a)
		}
	}
	edges := []int{2, 5, 8, 11, 14, 17, 20, 24, 28, 33, 38, 44, 51, 60, 70, 83, 99, 117}
	bands := func(x []int16) (b [17]float64) {
		var re, im [n / 2]float64
		for i, s := range x {
			w := float64(s) * (0.5 - 0.5*math.Cos(2*math.Pi*float64(i)/n))
			for k := range re {
				re[k] += w * cos[i][k]
				im[k] += w * sin[i][k]
			}
		}
		for j := range b {
			sum := 0.0
			for k := edges[j]; k < edges[j+1]; k++ {
				sum += (re[k]*re[k] + im[k]*im[k]) / (n * n / 4)
			}
			b[j] = 10 * math.Log10(max(sum, 1000))
		}
		return b
	}
	sum, count := 0.0, 0
	for at := 0; at+n <= len(x); at += n / 2 {
		p, q := bands(x[at:at+n]), bands(y[at:at+n])
		for j := range p {
			sum += (p[j] - q[j]) * (p[j] - q[j])
			count++
		}
	}
	return math.Sqrt(sum / float64(max(count, 1)))
}

// The ways to fill a gap, and what they may cost on made-up speech. Each is judged by
// the very same losses. (P.862 put them in the same order.)
func TestDistortionOfLostSpeech(t *testing.T) {
	x := speech(8000 * 12)
	const n = 160
	run := func(loss float64, burst float64, fill func(c *Concealer, dst, next []int16)) float64 {
		rng := rand.New(rand.NewPCG(5, 6))
		c := New(8000)
		y := append([]int16(nil), x...)
		bad := make([]bool, len(x)/n)
		for i := range bad {
			if i > 0 && bad[i-1] {
				bad[i] = rng.Float64() >= 1/burst
			} else {
				bad[i] = rng.Float64() < loss/burst/(1-loss)
			}
		}
		for i := range bad {
			dst := y[i*n : (i+1)*n]
			switch {
			case bad[i] && i > 0:
				var next []int16
				if i+1 < len(bad) && !bad[i+1] {
					next = x[(i+1)*n : (i+2)*n]
				}
				fill(c, dst, next)
			default:
				c.Good(dst)
			}
		}
		return distortion(x, y)
	}
	for _, w := range []struct {
		name              string
		loss, burst       float64
		concealed, bridge float64 // dB at most
	}{
		{"single losses of 5 %", 0.05, 1, 0.7, 0.7},
		{"bursts", 0.05, 2.5, 2.1, 1.9},
	} {
		silent := run(w.loss, w.burst, func(c *Concealer, dst, _ []int16) {
			clear(dst)
			c.Good(dst)
		})
		concealed := run(w.loss, w.burst, func(c *Concealer, dst, _ []int16) { c.Conceal(dst) })
		bridged := run(w.loss, w.burst, func(c *Concealer, dst, next []int16) {
			if next == nil {
				c.Conceal(dst)
			} else {
				c.Interpolate(dst, next)
			}
		})
		t.Logf("%s: silence %.2f dB, concealed %.2f, bridged %.2f", w.name, silent, concealed, bridged)
		if concealed > w.concealed || bridged > w.bridge || bridged > concealed*1.02 || concealed > silent*3/4 {
			t.Errorf("%s: silence in the gaps distorts by %.2f dB, concealment by %.2f, bridges by %.2f; at most %.2f and %.2f are allowed",
				w.name, silent, concealed, bridged, w.concealed, w.bridge)
		}
	}
}
