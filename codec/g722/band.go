package g722

// band is the predictor and the adaptive step of one sub-band; encoder and
// decoder run it alike, so they stay in step without side information. Names in
// brackets are the Recommendation's blocks.
//
//	code ──> inverse quantiser ──> d ──> zeros (6) ──┐
//	  │                            │                 +──> s, predicts the next
//	  └──> step (log, leaky)       └──> poles (2) ───┘
type band struct {
	s, sz  int32    // predicted sample, and the zeros' part of it
	a1, a2 int32    // poles
	r1     int32    // reconstructed sample
	p1, p2 int32    // partly reconstructed samples
	b, d   [6]int32 // zeros, and the differences that they weigh
	log    int32    // logarithm of step
	step   int32
}

// scale adapts the step [LOGSCL, SCALEL; LOGSCH, SCALEH]: by is from the code,
// most bounds the logarithm, base is the band's exponent.
func (n *band) scale(by, most, base int32) {
	n.log = min(max(n.log*127>>7+by, 0), most)
	v := antilog[n.log>>6&31]
	if shift := base - n.log>>11; shift >= 0 {
		v >>= shift
	} else {
		v <<= -shift
	}
	n.step = v << 2
}

// predict takes the quantised difference d and predicts the next sample.
func (n *band) predict(d int32) {
	r, p := saturate(n.s+d), saturate(n.sz+d) // [RECONS, PARREC]

	// Second pole [UPPOL2]. Signs, not values, drive all adaptation.
	w := saturate(n.a1 << 2)
	if alike(p, n.p1) {
		w = min(-w, 32767)
	}
	lean := int32(-128)
	if alike(p, n.p2) {
		lean = 128
	}
	a2 := min(max(w>>7+lean+n.a2*32512>>15, -12288), 12288)

	// First pole, bounded so that the filter is stable [UPPOL1].
	w = -192
	if alike(p, n.p1) {
		w = 192
	}
	most := 15360 - a2
	a1 := min(max(saturate(w+n.a1*32640>>15), -most), most)

	// Zeros [UPZERO] and their sum [FILTEZ].
	lean = 128
	if d == 0 {
		lean = 0
	}
	var sz int32
	next := d
	for i, old := range n.d {
		w = -lean
		if alike(d, old) {
			w = lean
		}
		n.b[i] = saturate(w + n.b[i]*32640>>15)
		n.d[i] = next
		sz += n.b[i] * saturate(next<<1) >> 15
		next = old
	}

	sp := saturate(a1*saturate(r<<1)>>15 + a2*saturate(n.r1<<1)>>15) // [FILTEP]
	n.sz = saturate(sz)
	n.s = saturate(sp + n.sz) // [PREDIC]
	n.a1, n.a2 = a1, a2
	n.r1 = r
	n.p1, n.p2 = p, n.p1
}

// low takes a code of the lower sub-band; only its upper 4 bits drive the
// predictor, so that a network may use the lowest two for data [INVQAL].
func (n *band) low(code uint8) {
	d := n.step * inverse4[code>>2] >> 15
	n.scale(lowStep[code>>2], 18432, 8)
	n.predict(d)
}

// high takes a code of the higher sub-band.
func (n *band) high(code uint8) {
	d := n.step * inverse2[code] >> 15
	n.scale(highStep[code], 22528, 10)
	n.predict(d)
}

// alike reports whether two values have one sign; zero is positive.
func alike(a, b int32) bool { return a^b >= 0 }

func saturate(v int32) int32 { return min(max(v, -32768), 32767) }

// bands is the state of either direction at its start.
func bands() (low, high band) { return band{step: 32}, band{step: 8} }
