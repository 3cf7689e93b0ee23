package plc

import "math"

// order of the linear prediction: two formants for each kHz of a telephone's
// band, and some for its edges.
const order = 20

// taper is the window under which n samples are analysed. It favours the last
// ones, next to the gap: a long rise, then a short fall (the shape that G.729,
// section 3.2.1, uses).
func taper(n int) []float64 {
	w := make([]float64, n)
	rise := float64(n) * 0.9
	for i := range w {
		if t := float64(i); t < rise {
			w[i] = 0.5 - 0.5*math.Cos(math.Pi*t/rise)
		} else {
			w[i] = math.Cos(math.Pi / 2 * (t - rise) / (float64(n) - rise))
		}
	}
	return w
}

// spread is by what the autocorrelation at each lag is damped: it widens
// resonances by 40 Hz, so that no filter rings on a single tone's edge.
func spread(rate int) (d [order + 1]float64) {
	for k := range d {
		d[k] = math.Exp(-0.5 * math.Pow(2*math.Pi*40*float64(k)/float64(rate), 2))
	}
	return d
}
