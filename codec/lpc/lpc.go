// Package lpc is linear prediction, for codecs that conceal (codec/plc) or shape noise
// (codec/g711). It is pure and allocates nothing.
package lpc

// MaxOrder bounds the order of a predictor.
const MaxOrder = 32

// Predict finds the filter that best tells a sample of x from those before it: the sum
// of a[j]*x[i-len(a)+j]. (The newest sample's coefficient is the last, as samples lie
// in memory.) damp holds len(a)+1 weights of the autocorrelation, which widen
// resonances.
//
// x is under its window already; silence gives a filter of zeros.
func Predict(a, x, damp []float64) {
	var r, h, old [MaxOrder + 1]float64
	order := len(a)
	for k := range min(order+1, len(x)) {
		r[k] = dot(x[k:], x) * damp[k]
	}
	// A floor 40 dB below, and for digital silence.
	e := r[0]*1.0001 + 1
	// Levinson and Durbin's recursion.
	for m := 1; m <= order; m++ {
		sum := r[m]
		for i := 1; i < m; i++ {
			sum -= h[i] * r[m-i]
		}
		k := sum / e
		old = h
		for i := 1; i < m; i++ {
			h[i] -= k * old[m-i]
		}
		h[m] = k
		e *= 1 - k*k
	}
	for j := range a {
		a[j] = h[order-j]
	}
}

// dot is the product of x and the start of y; four sums don't wait for each other.
func dot(x, y []float64) float64 {
	var s [4]float64
	y = y[:len(x)]
	i := 0
	for ; i+4 <= len(x); i += 4 {
		p, q := x[i:i+4:i+4], y[i:i+4:i+4]
		s[0] += p[0] * q[0]
		s[1] += p[1] * q[1]
		s[2] += p[2] * q[2]
		s[3] += p[3] * q[3]
	}
	for ; i < len(x); i++ {
		s[0] += x[i] * y[i]
	}
	return s[0] + s[1] + s[2] + s[3]
}
