package plc

import "math"

// Pitch bounds in Hz: 15 ms to 5 ms, as in Appendix I.
const (
	pitchLow  = 66
	pitchHigh = 200
)

// Pitch returns the lag in samples, between lo and hi, at which the last window
// samples of x are most like those before them, and how alike they are: 1 is a
// perfect period. x must hold window+hi samples. No allocation.
func Pitch(x []int16, window, lo, hi int) (lag int, likeness float64) {
	if lo < 1 || hi < lo || window < 1 || len(x) < window+hi {
		return max(lo, 1), 0
	}
	// A coarse pass at about 4 kHz of both lag and window, then a fine one
	// around the best: the cost stays flat from 8 to 48 kHz.
	step := max(window/80, 1)
	lag, _ = search(x, window, lo, hi, step)
	return search(x, window, max(lo, lag-step), min(hi, lag+step), 1)
}

// search tries each step-th lag on each step-th sample.
func search(x []int16, window, lo, hi, step int) (best int, score float64) {
	tail := x[len(x)-window:]
	var own float64
	for i := 0; i < window; i += step {
		own += float64(tail[i]) * float64(tail[i])
	}
	best, score = lo, -1
	for lag := lo; lag <= hi; lag += step {
		past := x[len(x)-window-lag : len(x)-lag]
		var cross, energy float32
		for i := 0; i < window; i += step {
			p := float32(past[i])
			cross += float32(tail[i]) * p
			energy += p * p
		}
		// 1 keeps silence from dividing by zero.
		if s := float64(cross) / math.Sqrt(own*float64(energy)+1); s > score {
			best, score = lag, s
		}
	}
	return best, max(score, 0)
}
