package dtmf

import (
	"math"
	"math/cmplx"
	"time"

	"offhook/audio/dsp"
)

// The detector works at 8 kHz on halves of 6.4 ms; two halves make a block.
const (
	detectRate = 8000
	half       = 51
	block      = 2 * half
)

// Limits, after ITU-T Q.24.
const (
	// leastPower of a block, mean square: -36 dBm0.
	leastPower = 32767 * 32767 / 2 * 0.000122
	// share of a block's power that the two tones must have: speech and music
	// don't reach it for long.
	share = 0.85
	// maxTwist is the power ratio of the tones either way: 9 dB passes 8 dB.
	maxTwist = 7.9
	// peak is how much a tone must stand above the others of its group: 8 dB.
	peak = 6.3
	// maxOffset of a frequency: 1.5 % must pass, 3.5 % must not.
	maxOffset = 0.025
	// hits in a row confirm a digit: 4 fit into 40 ms, and not into 23 ms.
	hits = 4
	// misses in a row end it: an interruption of 10 ms has 4, a gap of 40 ms 6.
	misses = 5
)

// Detector finds DTMF in PCM and reports each digit once, at its end.
//
//	PCM ──> 8 kHz ──> 8 Goertzel filters a half ──> block: level, twist, share of
//	        the power, frequency by the phase between halves ──> hit ──> digit
type Detector struct {
	down *dsp.Resampler // nil at 8 kHz
	low  [half * 4]int16

	buf  [half]float64
	n    int
	last spectrum
	turn [8]complex128 // rotation of each tone over a half
	coef [8]float64    // 2 cos w

	candidate byte
	run       int // hits of candidate in a row
	digit     byte
	length    int // halves from its first hit to its last
	missed    int

	ready [8]Digit
	count int
}

// spectrum is what a half holds.
type spectrum struct {
	tone  [8]complex128
	power float64 // sum of squares
	loud  bool    // tone was computed
}

// NewDetector returns a Detector for PCM at rate Hz.
func NewDetector(rate int) (*Detector, error) {
	d := &Detector{}
	if rate != detectRate {
		r, err := dsp.NewResampler(rate, detectRate)
		if err != nil {
			return nil, err
		}
		d.down = r
	}
	for i := range d.coef {
		w := 2 * math.Pi * toneHz(i) / detectRate
		d.coef[i] = 2 * math.Cos(w)
		d.turn[i] = cmplx.Rect(1, w*half)
	}
	return d, nil
}

// toneHz lists the rows, then the columns.
func toneHz(i int) float64 {
	if i < 4 {
		return rows[i]
	}
	return cols[i-4]
}

// Write takes pcm of any length.
func (d *Detector) Write(pcm []int16) {
	if d.down == nil {
		d.write(pcm)
		return
	}
	for len(pcm) > 0 {
		read, wrote := d.down.Process(d.low[:], pcm)
		d.write(d.low[:wrote])
		pcm = pcm[read:]
	}
}

func (d *Detector) write(pcm []int16) {
	for _, s := range pcm {
		d.buf[d.n] = float64(s)
		if d.n++; d.n == half {
			d.n = 0
			now := d.analyse()
			d.step(d.decide(&d.last, &now))
			d.last = now
		}
	}
}

// analyse measures the half in buf. Quiet ones are not worth the filters.
func (d *Detector) analyse() (s spectrum) {
	for _, x := range d.buf {
		s.power += x * x
	}
	if s.power < half*leastPower/2 {
		return s
	}
	s.loud = true
	for i := range d.coef {
		var a, b float64
		k := d.coef[i]
		for _, x := range d.buf {
			a, b = b, x+k*b-a
		}
		// The Goertzel sum, with the phase at the start of the half.
		w := 2 * math.Pi * toneHz(i) / detectRate
		s.tone[i] = (complex(b, 0) - cmplx.Rect(a, -w)) * cmplx.Rect(1, -w*(half-1))
	}
	return s
}

// decide returns the digit that the block of two halves holds, 0 for none.
func (d *Detector) decide(a, b *spectrum) byte {
	total := (a.power + b.power) / block
	if !a.loud || !b.loud || total < leastPower {
		return 0
	}
	row, rowPower, ok := d.strongest(a, b, 0)
	if !ok {
		return 0
	}
	col, colPower, ok := d.strongest(a, b, 4)
	if !ok || rowPower > colPower*maxTwist || colPower > rowPower*maxTwist {
		return 0
	}
	if rowPower+colPower < share*total {
		return 0
	}
	return grid[row*4+col-4]
}

// strongest finds the tone of a group of four that stands out, and its power.
func (d *Detector) strongest(a, b *spectrum, group int) (tone int, power float64, ok bool) {
	var p [4]float64
	best := 0
	for i := range p {
		x := a.tone[group+i] + b.tone[group+i]*cmplx.Conj(d.turn[group+i])
		p[i] = real(x)*real(x) + imag(x)*imag(x)
		if p[i] > p[best] {
			best = i
		}
	}
	for i := range p {
		if i != best && p[i]*peak > p[best] {
			return 0, 0, false
		}
	}
	tone = group + best
	// The phase that the tone gained over a half, beyond what its nominal
	// frequency gains, is how far off it is.
	gain := b.tone[tone] * cmplx.Conj(a.tone[tone]) * cmplx.Conj(d.turn[tone])
	offset := cmplx.Phase(gain) / (2 * math.Pi) * detectRate / half
	if math.Abs(offset) > maxOffset*toneHz(tone) {
		return 0, 0, false
	}
	// Off its nominal frequency a tone loses power in the filter; give it back.
	power = 2 * p[best] / (block * block)
	if x := math.Pi * offset * block / detectRate; x != 0 {
		power /= math.Pow(math.Sin(x)/x, 2)
	}
	return tone, power, true
}

// step takes the verdict on one block.
//
//	         4 hits of one digit            5 misses, or 4 of another
//	quiet ───────────────────────> sounding ─────────────────────────> report
func (d *Detector) step(found byte) {
	if found != d.candidate {
		d.candidate, d.run = found, 0
	}
	d.run++
	if d.digit != 0 {
		d.length++
		if found == d.digit {
			d.missed = 0
			return
		}
		d.missed++
		if d.missed < misses && (found == 0 || d.run < hits) {
			return
		}
		d.report()
	}
	if found != 0 && d.run >= hits {
		d.digit, d.length, d.missed = found, d.run, 0
	}
}

func (d *Detector) report() {
	if d.count < len(d.ready) {
		n := d.length - d.missed + 1 // a block is two halves long
		d.ready[d.count] = Digit{Code: d.digit, Duration: time.Duration(n*half) * time.Second / detectRate}
		d.count++
	}
	d.digit = 0
}

// Sounding is the digit being heard, 0 for none.
func (d *Detector) Sounding() byte { return d.digit }

// Next returns the digits that ended, in order, until ok is false. Call it after
// each Write.
func (d *Detector) Next() (digit Digit, ok bool) {
	if d.count == 0 {
		return Digit{}, false
	}
	digit = d.ready[0]
	copy(d.ready[:], d.ready[1:d.count])
	d.count--
	return digit, true
}
