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
	// The filters are short: the strong tone leaks into the weak one's. Take it
	// out there, then what is left of the weak one's leak out of the strong one's.
	var low, high found
	x, y := *a, *b
	if groupPower(&x, &y, 0) >= groupPower(&x, &y, 4) {
		low = d.strongest(&x, &y, 0)
		d.remove(&x, &y, low, 4)
		high = d.strongest(&x, &y, 4)
		d.remove(&x, &y, high, 0)
		low = d.strongest(&x, &y, 0)
	} else {
		high = d.strongest(&x, &y, 4)
		d.remove(&x, &y, high, 0)
		low = d.strongest(&x, &y, 0)
		d.remove(&x, &y, low, 4)
		high = d.strongest(&x, &y, 4)
	}
	if !low.alone || !high.alone || low.far() || high.far() ||
		low.power > high.power*maxTwist || high.power > low.power*maxTwist ||
		low.power+high.power < share*total {
		return 0
	}
	return grid[low.tone*4+high.tone-4]
}

// found is the strongest tone of a group.
type found struct {
	tone   int
	power  float64
	offset float64 // of its frequency, in Hz
	alone  bool    // it stands above the others of its group
}

// far reports whether the frequency is too far off.
func (f found) far() bool { return math.Abs(f.offset) > maxOffset*toneHz(f.tone) }

// groupPower is what the four filters of a group hold together.
func groupPower(a, b *spectrum, group int) (sum float64) {
	for i := group; i < group+4; i++ {
		sum += square(a.tone[i]) + square(b.tone[i])
	}
	return sum
}

func square(x complex128) float64 { return real(x)*real(x) + imag(x)*imag(x) }

// strongest finds the strongest tone of a group.
func (d *Detector) strongest(a, b *spectrum, group int) found {
	var p [4]float64
	best := 0
	for i := range p {
		p[i] = square(a.tone[group+i] + b.tone[group+i]*cmplx.Conj(d.turn[group+i]))
		if p[i] > p[best] {
			best = i
		}
	}
	f := found{tone: group + best, alone: true}
	for i := range p {
		f.alone = f.alone && (i == best || p[i]*peak <= p[best])
	}
	// The phase that the tone gained over a half, beyond what its nominal
	// frequency gains, is how far off it is.
	gain := b.tone[f.tone] * cmplx.Conj(a.tone[f.tone]) * cmplx.Conj(d.turn[f.tone])
	f.offset = cmplx.Phase(gain) / (2 * math.Pi) * detectRate / half
	// Off its nominal frequency a tone loses power in the filter; give it back.
	loss := cmplx.Abs(kernel(f.offset, block)) / block
	f.power = 2 * p[best] / (block * block) / (loss * loss)
	return f
}

// remove takes what f leaks into the filters of a group out of both halves.
func (d *Detector) remove(a, b *spectrum, f found, group int) {
	self := kernel(f.offset, half)
	for i := group; i < group+4; i++ {
		leak := kernel(toneHz(f.tone)+f.offset-toneHz(i), half) / self
		a.tone[i] -= a.tone[f.tone] * leak
		b.tone[i] -= b.tone[f.tone] * leak
	}
}

// kernel is what a filter of n samples passes of a tone that is hz away.
func kernel(hz float64, n int) complex128 {
	x := math.Pi * hz / detectRate
	if math.Abs(x) < 1e-9 {
		return complex(float64(n), 0)
	}
	return cmplx.Rect(math.Sin(float64(n)*x)/math.Sin(x), x*float64(n-1))
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
