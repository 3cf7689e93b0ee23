package nsim

import (
	"math"
	"math/bits"
	"math/cmplx"
)

// fft is a transform of a power of two: radix 2, in place.
type fft struct {
	size  int
	turns []complex128
}

func newFFT(size int) *fft {
	f := &fft{size: size, turns: make([]complex128, size/2)}
	for i := range f.turns {
		f.turns[i] = cmplx.Rect(1, -2*math.Pi*float64(i)/float64(size))
	}
	return f
}

func (f *fft) transform(x []complex128) {
	shift := 64 - bits.TrailingZeros(uint(f.size))
	for i := range x {
		if j := int(bits.Reverse64(uint64(i)) >> shift); j > i {
			x[i], x[j] = x[j], x[i]
		}
	}
	for half := 1; half < f.size; half *= 2 {
		stride := f.size / (2 * half)
		for at := 0; at < f.size; at += 2 * half {
			for k := range half {
				a, b := x[at+k], x[at+k+half]*f.turns[k*stride]
				x[at+k], x[at+k+half] = a+b, a-b
			}
		}
	}
}
