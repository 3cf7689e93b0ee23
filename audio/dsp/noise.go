package dsp

import "math"

// NoiseOrder is the order of the model of a noise's spectrum: what G.711 Appendix
// II uses.
const NoiseOrder = 10

// NoiseShape is background noise: how loud it is and of what colour. The zero value
// has full scale and is white.
type NoiseShape struct {
	// Level in dBov: 0 is a full-scale square wave, negative below.
	Level float64
	// K are reflection coefficients: the noise is white noise behind an all-pole
	// lattice of them. Of the first, -1 is dull and 1 is sharp.
	K [NoiseOrder]float64
}

// Noise generates noise of a shape. The zero value is silent. Not safe for
// concurrent use.
//
//	white ──> lattice of K ──> gain, gliding to Level ──> out
type Noise struct {
	k          [NoiseOrder]float64
	order      int // coefficients that aren't zero
	back       [NoiseOrder + 1]float64
	gain, want float64
	seed       uint32
}

// Set makes s the noise from now on; the level glides there.
func (n *Noise) Set(s NoiseShape) {
	n.want = 32768 * math.Pow(10, math.Min(s.Level, 0)/20)
	n.order = 0
	for i, k := range s.K {
		// Within ±0.98 the lattice is stable and doesn't ring.
		n.k[i] = min(max(k, -0.98), 0.98)
		if k != 0 {
			n.order = i + 1
		}
		n.want *= math.Sqrt(1 - n.k[i]*n.k[i]) // the lattice gives this back
	}
	if n.gain == 0 {
		n.gain = n.want
	}
}

// Fill writes noise.
func (n *Noise) Fill(dst []int16) {
	for i := range dst {
		n.gain += (n.want - n.gain) / 256
		f := n.white() * n.gain
		for m := n.order - 1; m >= 0; m-- {
			f -= n.k[m] * n.back[m]
			n.back[m+1] = n.back[m] + n.k[m]*f
		}
		n.back[0] = f
		dst[i] = int16(min(max(f, -32768), 32767))
	}
}

// white is uniform noise of unit variance.
func (n *Noise) white() float64 {
	n.seed = n.seed*1664525 + 1013904223
	return float64(int32(n.seed)) / (1 << 31) * math.Sqrt(3)
}

// NoiseMeter measures the shape of what it is given: pieces of noise between talk.
// Not safe for concurrent use.
//
//	pcm ──> autocorrelation, averaged over pieces ──> Levinson-Durbin ──> NoiseShape
type NoiseMeter struct {
	r      [NoiseOrder + 1]float64 // a sample's
	count  int                     // samples, up to a second's worth of averaging
	memory int
}

// NewNoiseMeter returns a meter that follows changes within half a second.
func NewNoiseMeter(rate int) *NoiseMeter { return &NoiseMeter{memory: rate / 2} }

// Write takes a piece of noise.
func (m *NoiseMeter) Write(pcm []int16) {
	n := len(pcm)
	if n <= NoiseOrder {
		return
	}
	m.count = min(m.count+n, m.memory)
	weight := min(float64(n)/float64(m.count), 1)
	for lag := range m.r {
		var sum float64
		for i := lag; i < n; i++ {
			sum += float64(pcm[i]) * float64(pcm[i-lag])
		}
		m.r[lag] += (sum/float64(n) - m.r[lag]) * weight
	}
}

// Known reports whether there was any noise to measure.
func (m *NoiseMeter) Known() bool { return m.count > 0 }

// Shape is what was measured.
func (m *NoiseMeter) Shape() NoiseShape {
	s := NoiseShape{Level: decibel(math.Sqrt(m.r[0]) / 32768)}
	// Levinson-Durbin. The floor under r0 keeps pure tones and silence stable.
	e := m.r[0]*1.0001 + 1e-3
	var a [NoiseOrder + 1]float64
	for i := range NoiseOrder {
		sum := m.r[i+1]
		for j := 1; j <= i; j++ {
			sum += a[j] * m.r[i+1-j]
		}
		k := -sum / e
		s.K[i] = k
		old := a
		for j := 1; j <= i; j++ {
			a[j] = old[j] + k*old[i+1-j]
		}
		a[i+1] = k
		e *= 1 - k*k
	}
	return s
}
