package dsp

import (
	"fmt"
	"math"
)

const (
	// fraction is the phases of a variable ratio: SetRatio is good to 0.001 ppm.
	fraction = 1 << fractionBits
	// rows of the bank within an input sample. Between two the filter is interpolated
	// along a line, whose error is 85 dB down.
	rows         = 1 << rowBits
	fractionBits = 30
	rowBits      = 7

	// MaxPPM is the most that SetRatio takes, either way: 5 %.
	MaxPPM = 50_000
)

// NewVariable returns a Resampler whose ratio SetRatio changes, as for the drift
// between two clocks that should have the same rate: in and out may be equal. It
// costs twice of what a fixed ratio does. Its delay is 2 ms at 8 kHz, less above.
func NewVariable(in, out int) (*Resampler, error) {
	for _, hz := range [2]int{in, out} {
		if hz < MinRate || hz > MaxRate {
			return nil, fmt.Errorf("cannot resample %d Hz to %d Hz: rates from %d to %d Hz work", in, out, MinRate, MaxRate)
		}
	}
	r := &Resampler{in: in, out: out, phases: fraction, variable: true}
	r.SetRatio(0)
	r.design(rows+1, rows)
	r.line = make([]float32, r.taps+chunk)
	r.Reset()
	return r, nil
}

// SetRatio makes the output longer by ppm millionths than the nominal rates say, from
// the next sample on: with 100, a second of input gives out/in * 1.0001 of samples,
// and with -100 less by as much. The filter goes on where it is, so nothing clicks
// however often or far the ratio moves, and nothing is allocated. Beyond ±MaxPPM it
// is bounded. Of a Resampler that NewVariable didn't make the ratio is fixed.
func (r *Resampler) SetRatio(ppm float64) {
	if !r.variable || math.IsNaN(ppm) {
		return
	}
	ppm = min(max(ppm, -MaxPPM), MaxPPM)
	r.step = int(math.Round(float64(r.in) / float64(r.out) / (1 + ppm/1e6) * fraction))
}

// between is filter for a phase that lies between two rows.
func (r *Resampler) between(dst []int16) int {
	taps, pos, phase := r.taps, r.pos, r.phase
	n := 0
	for n < len(dst) && pos+taps <= r.have {
		at := phase >> (fractionBits - rowBits) * taps
		part := float32(phase&(1<<(fractionBits-rowBits)-1)) / (1 << (fractionBits - rowBits))
		line := r.line[pos : pos+taps]
		a := dot(r.bank[at:at+taps], line)
		b := dot(r.bank[at+taps:at+2*taps], line)
		dst[n] = clip(a + part*(b-a))
		n++
		phase += r.step
		pos += phase >> fractionBits
		phase &= fraction - 1
	}
	r.pos, r.phase = pos, phase
	return n
}
