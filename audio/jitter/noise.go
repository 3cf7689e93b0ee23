package jitter

import "math"

// noise is the comfort noise of RFC 3389: white noise through an all-pole
// lattice of the spectrum that the peer described.
type noise struct {
	level float64 // RMS of what comes out
	k     [maxOrder]float64
	back  [maxOrder + 1]float64 // the lattice's backward errors
	order int
	seed  uint32
}

// maxOrder of the model. RFC 3389, section 3.2 leaves it open; G.711 appendix II
// uses up to 10, and what lies beyond changes nothing that can be heard.
const maxOrder = 12

// set takes a comfort noise payload: the level in -dBov, then reflection
// coefficients (sections 3.1 and 3.2). spectrum is false at a rate that the
// coefficients were not made for.
func (n *noise) set(payload []byte, spectrum bool) {
	if len(payload) == 0 {
		return
	}
	n.level = 32768 * math.Pow(10, -float64(payload[0]&0x7f)/20)
	n.order = 0
	if spectrum {
		n.order = min(len(payload)-1, maxOrder)
	}
	for i := range n.order {
		// Within ±0.98 the filter is stable and doesn't ring.
		k := (float64(payload[1+i]) - 127) / 128
		n.k[i] = min(max(k, -0.98), 0.98)
	}
}

// fill writes noise.
func (n *noise) fill(dst []int16) {
	gain := n.level
	for _, k := range n.k[:n.order] {
		gain *= math.Sqrt(1 - k*k) // the filter gives this back
	}
	for i := range dst {
		f := n.white() * gain
		for m := n.order - 1; m >= 0; m-- {
			f -= n.k[m] * n.back[m]
			n.back[m+1] = n.back[m] + n.k[m]*f
		}
		n.back[0] = f
		dst[i] = int16(min(max(f, -32768), 32767))
	}
}

// white is uniform noise of unit variance.
func (n *noise) white() float64 {
	n.seed = n.seed*1664525 + 1013904223
	return float64(int32(n.seed)) / (1 << 31) * math.Sqrt(3)
}
