package main

import (
	"math"
	"math/cmplx"
)

// match is how well a signal was found in another.
type match struct {
	// score is the normalised correlation at the best lag: 1 is the same
	// signal at any loudness, 0 nothing of it.
	score float64
	// lag is by how many samples the copy comes later.
	lag int
}

// correlate finds reference in heard: the lag from 0 to maxLag at which the two
// are most alike. Both have one sample rate. Loudness doesn't matter, and what
// heard has before and after the copy doesn't either.
func correlate(reference, heard []int16, maxLag int) match {
	if len(reference) == 0 || len(heard) == 0 {
		return match{}
	}
	maxLag = min(maxLag, len(heard)-1)
	n := 1
	for n < len(reference)+len(heard) {
		n *= 2
	}
	a, b := make([]complex128, n), make([]complex128, n)
	for i, s := range reference {
		a[i] = complex(float64(s), 0)
	}
	for i, s := range heard {
		b[i] = complex(float64(s), 0)
	}
	fft(a, false)
	fft(b, false)
	for i := range b {
		b[i] *= cmplx.Conj(a[i])
	}
	fft(b, true)

	referenceEnergy := prefixEnergy(reference)
	heardEnergy := prefixEnergy(heard)
	best := match{}
	for lag := 0; lag <= maxLag; lag++ {
		overlap := min(len(reference), len(heard)-lag)
		// A copy cut short matches little by chance: most of it must be there.
		if overlap*2 < len(reference) {
			break
		}
		energy := math.Sqrt(referenceEnergy[overlap] * (heardEnergy[lag+overlap] - heardEnergy[lag]))
		if energy == 0 {
			continue
		}
		if score := real(b[lag]) / energy; score > best.score {
			best = match{score: min(score, 1), lag: lag}
		}
	}
	return best
}

// prefixEnergy[i] is the energy of the first i samples.
func prefixEnergy(pcm []int16) []float64 {
	out := make([]float64, len(pcm)+1)
	for i, s := range pcm {
		out[i+1] = out[i] + float64(s)*float64(s)
	}
	return out
}

// fft is the radix-2 transform in place; len(x) is a power of two. The inverse
// is scaled.
func fft(x []complex128, inverse bool) {
	n := len(x)
	for i, j := 1, 0; i < n; i++ {
		bit := n >> 1
		for ; j&bit != 0; bit >>= 1 {
			j ^= bit
		}
		j ^= bit
		if i < j {
			x[i], x[j] = x[j], x[i]
		}
	}
	sign := -2 * math.Pi
	if inverse {
		sign = -sign
	}
	for size := 2; size <= n; size <<= 1 {
		// Twiddles by table: a running product drifts over a long transform.
		twiddle := make([]complex128, size/2)
		for k := range twiddle {
			twiddle[k] = cmplx.Rect(1, sign*float64(k)/float64(size))
		}
		for start := 0; start < n; start += size {
			for k, w := range twiddle {
				even, odd := x[start+k], w*x[start+k+size/2]
				x[start+k], x[start+k+size/2] = even+odd, even-odd
			}
		}
	}
	if inverse {
		for i := range x {
			x[i] /= complex(float64(n), 0)
		}
	}
}
