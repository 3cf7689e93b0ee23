package lab

import "math"

// ToneShare says how much of the energy of x, at 8 kHz, is in the tone: of its loudest half second.
func ToneShare(x []float64, hz float64) float64 {
	const window = 4000
	var best, loudest float64
	for from := 0; from+window <= len(x); from += window / 4 {
		var re, im, energy float64
		for i, s := range x[from : from+window] {
			sin, cos := math.Sincos(2 * math.Pi * hz * float64(i) / 8000)
			re, im, energy = re+s*cos, im+s*sin, energy+s*s
		}
		if energy > loudest {
			loudest, best = energy, 2*(re*re+im*im)/(window*energy)
		}
	}
	return best
}
