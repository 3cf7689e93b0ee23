package lab

import "math"

// ToneShare is how much of the sound, 0 to 1, is a tone of hz. Sound is at 8 kHz, as ReadWAV
// gives it; the loudest second counts.
func ToneShare(x []float64, hz float64) float64 {
	const rate = 8000
	best, energy := 0.0, 0.0
	for len(x) >= rate {
		var re, im, sum float64
		for i, v := range x[:rate] {
			phase := 2 * math.Pi * hz * float64(i) / rate
			re, im, sum = re+v*math.Cos(phase), im+v*math.Sin(phase), sum+v*v
		}
		if sum > energy {
			// A sine has half of the squared amplitude as power.
			best, energy = 2*(re*re+im*im)/(rate*sum), sum
		}
		x = x[rate:]
	}
	return best
}
