package g711

import (
	"math"

	"offhook/codec/lpc"
)

// shaper moves the noise of the quantiser to where the voice hides it, as ITU-T G.711
// Appendix III does: any decoder then sounds better, and none need know.
//
//	x ──>(+)──> quantiser ──┬──> code
//	      ^                 v
//	      └── A(z/0.8)-1 <──(-)── x      what was decoded less what was meant
//
// A is the linear prediction of the sound, so the noise has its formants, if flatter.
// Noise that the feedback doesn't make: what is on the quantiser's grid already, sound
// that was G.711 before, passes unchanged.
type shaper struct {
	law    func(int16) uint8
	decode [256]int16
	past   [window]float64 // the sound that was coded last
	work   [window]float64
	a      [order]float64
	off    [order + block]float64 // decoded less meant, the newest last
}

func newShaper(law func(int16) uint8, back func(uint8) int16) *shaper {
	s := &shaper{law: law}
	for i := range s.decode {
		s.decode[i] = back(uint8(i))
	}
	return s
}

const (
	order  = 12
	window = rate * 30 / 1000
	block  = rate * 20 / 1000
	// floor is the level, as root of the mean square, under which sound is left as it
	// is: -56 dBov. The steps there are all alike, and the noise isn't masked.
	floor = 50
)

// taper and damp are the analysis window and the weights of the autocorrelation (40 Hz
// of bandwidth); weaken is the power of 0.8 for each coefficient.
var taper, damp, weaken = func() (w [window]float64, d [order + 1]float64, g [order]float64) {
	for i := range w {
		w[i] = 0.54 - 0.46*math.Cos(2*math.Pi*(float64(i)+0.5)/window)
	}
	for k := range d {
		d[k] = math.Exp(-0.5 * math.Pow(2*math.Pi*40*float64(k)/rate, 2))
	}
	d[0] = 1.003 // a floor 25 dB below: sharp resonances would make more noise than they hide
	for j := range g {
		g[j] = math.Pow(0.8, float64(order-j))
	}
	return w, d, g
}()

func (s *shaper) Encode(dst []byte, pcm []int16) (int, error) {
	if len(dst) < len(pcm) {
		return 0, errRoom(len(dst), len(pcm))
	}
	for done := 0; done < len(pcm); done += block {
		part := pcm[done:min(done+block, len(pcm))]
		if s.adapt(part) {
			s.shape(dst[done:], part)
		} else {
			clear(s.off[:order])
			plain(s.law).code(dst[done:], part)
		}
	}
	return len(pcm), nil
}

// adapt learns the filter for the sound that ends with x, and reports whether there is
// one.
func (s *shaper) adapt(x []int16) bool {
	copy(s.past[:], s.past[len(x):])
	energy := 0.0
	for i, v := range x {
		f := float64(v)
		s.past[window-len(x)+i] = f
		energy += f * f
	}
	if energy < floor*floor*float64(len(x)) {
		return false
	}
	for i, v := range s.past {
		s.work[i] = v * taper[i]
	}
	lpc.Predict(s.a[:], s.work[:], damp[:])
	for j := range s.a {
		s.a[j] *= weaken[j]
	}
	return true
}

func (s *shaper) shape(dst []byte, x []int16) {
	for i, v := range x {
		meant := float64(v)
		// Two sums don't wait for each other.
		off, even, odd := (*[order]float64)(s.off[i:]), 0.0, 0.0
		for j := 0; j < order; j += 2 {
			even += s.a[j] * off[j]
			odd += s.a[j+1] * off[j+1]
		}
		u := math.Round(meant + even + odd)
		code := s.law(int16(min(max(u, -32768), 32767)))
		dst[i] = code
		s.off[order+i] = float64(s.decode[code]) - meant
	}
	copy(s.off[:order], s.off[len(x):])
}
