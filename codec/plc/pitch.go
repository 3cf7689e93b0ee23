package plc

import "math"

// Bounds of the pitch in Hz: cycles of 4 to 15 ms. A higher voice is repeated
// two or three periods at a time.
const (
	pitchLow  = 66
	pitchHigh = 250
)

// Pitch returns the lag in samples, between lo and hi, at which the last window
// samples of x are most like those before them, and how alike they are: 1 is a
// perfect period. x must hold window+hi samples. No allocation.
func Pitch(x []int16, window, lo, hi int) (lag int, likeness float64) {
	if lo < 1 || hi < lo || window < 1 || len(x) < window+hi {
		return max(lo, 1), 0
	}
	return pitch(x, window, window, lo, hi)
}

// pitch is Pitch for an x that may be short: long lags are judged by what there
// is, at least by the last least samples.
func pitch(x []int16, window, least, lo, hi int) (lag int, likeness float64) {
	hi = min(hi, len(x)-least)
	// A coarse pass at about 8 kHz of both lag and window, then a fine one
	// around the best: the cost stays flat from 8 to 48 kHz.
	step := max(window/80, 1)
	lag, likeness = search(x, window, lo, hi, step)
	if step > 1 {
		lag, likeness = search(x, window, max(lo, lag-step), min(hi, lag+step), 1)
	}
	return lag, likeness
}

// search tries each step-th lag on each step-th sample.
func search(x []int16, window, lo, hi, step int) (best int, score float64) {
	best, score = max(lo, 1), -1
	for lag := lo; lag <= hi; lag += step {
		n := min(window, len(x)-lag)
		tail := x[len(x)-n:]
		past := x[len(x)-n-lag:][:len(tail)]
		var cross, own, energy int64
		for i := 0; i < len(tail); i += step {
			t, p := int64(tail[i]), int64(past[i])
			cross += t * p
			own += t * t
			energy += p * p
		}
		// 1 keeps silence from dividing by zero.
		if s := float64(cross) / math.Sqrt(float64(own)*float64(energy)+1); s > score {
			best, score = lag, s
		}
	}
	return best, max(score, 0)
}
