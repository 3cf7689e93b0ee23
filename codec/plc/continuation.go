package plc

import "offhook/codec/lpc"

// continuation goes on with a sound past its end, from what precedes the end
// alone: the last period of the excitation, again and again, through the filter
// of the vocal tract.
//
//	x ──┬──> predictor ─────────────────────────────┐
//	    ├──> pitch ──> period                        v
//	    └──> residual of the last period ──(loop)──> 1/A ──> sound
//
// Repeating the excitation and not the sound itself needs no cross-fade where
// the periods meet: the filter joins them, and it rings on from the last sample
// without a step.
type continuation struct {
	rate  int
	taper []float64
	damp  [order + 1]float64
	work  []float64 // x under the taper

	a      [order]float64
	cycle  []float64 // excitation of one period
	at     int       // next of cycle
	period int
	pitch  int                 // the period, if it is a voice's
	top    float64             // nothing is louder
	y      [order + 64]float64 // the last order samples of the sound, and room for a block
}

func newContinuation(rate int) *continuation {
	n := rate * 25 / 1000
	return &continuation{
		rate: rate, taper: taper(n), damp: spread(rate), work: make([]float64, n),
		cycle: make([]float64, 0, rate/pitchLow+1),
	}
}

// begin analyses x, which is to be continued: 60 ms at best, at least enough. A
// period that x is too short to show may be known from elsewhere; 0 for none.
func (k *continuation) begin(x []int16, known int) {
	n := min(len(x), len(k.taper))
	work := k.work[:n]
	for i, s := range x[len(x)-n:] {
		work[i] = float64(s) * k.taper[len(k.taper)-n+i]
	}
	lpc.Predict(k.a[:], work, k.damp[:])

	longest := min(k.rate/pitchLow, len(x)-order)
	var likeness float64
	least := k.rate / 200
	k.period, likeness = pitch(x, k.rate/125, least, k.rate/pitchHigh, longest)
	switch {
	case known <= longest && known > len(x)-least:
		k.period = known
	case likeness < voiced:
		k.period = longest // a short cycle of noise would be heard as a tone
	}
	k.pitch = 0
	if likeness >= voiced {
		k.pitch = k.period
	}
	k.cycle = k.cycle[:k.period]
	k.at = 0
	last := x[len(x)-k.period-order:]
	for i := range k.cycle {
		e := float64(last[i+order])
		for j, a := range k.a {
			e -= a * float64(last[i+j])
		}
		k.cycle[i] = e
	}
	for j := range order {
		k.y[j] = float64(x[len(x)-order+j])
	}
	loudest := 0
	for _, s := range x[len(x)-min(len(x), k.rate/50):] {
		loudest = max(loudest, int(s), -int(s))
	}
	k.top = 1.2 * float64(loudest)
}

// voiced is the likeness of two periods from which there is a pitch to keep.
const voiced = 0.4

// enough is the least number of samples that begin takes.
func (k *continuation) enough() int { return k.rate/200 + k.rate/pitchHigh + order }

// generate writes the next samples of the sound.
func (k *continuation) generate(dst []float64) {
	for len(dst) > 0 {
		n := min(len(dst), len(k.y)-order)
		for i := range n {
			s := k.cycle[k.at]
			if k.at++; k.at == len(k.cycle) {
				k.at = 0
			}
			past := (*[order]float64)(k.y[i:])
			for j, a := range &k.a {
				s += a * past[j]
			}
			k.y[i+order] = s
			dst[i] = min(max(s, -k.top), k.top)
		}
		copy(k.y[:order], k.y[n:n+order])
		dst = dst[n:]
	}
}
