package dsp

import (
	"fmt"
	"math"
)

// Resampler converts a stream from one rate to another by a polyphase windowed
// sinc. Its delay is half of the filter: 2 ms at 8 kHz and less above.
//
//	src ──> line (history, float) ──> bank[phase] · taps ──> dst
//	                                  phase += step mod phases
//
// One made by NewVariable has a ratio that SetRatio moves; its phase is a fraction
// that lies between two rows of the bank (see variable.go).
type Resampler struct {
	in, out int
	// A phase is a part of an input sample. Of a fixed ratio out/in = phases/step in
	// lowest terms, and the bank has a row for each phase; of a variable one phases is
	// fraction, and the bank has rows+1.
	phases, step int
	variable     bool
	taps         int
	bank         []float32 // rows x taps, each row in the order of line
	line         []float32 // taps-1 past samples, then the new ones
	have         int       // samples in line
	pos          int       // first sample of line under the filter
	phase        int
}

const (
	// zeros is the half width of the filter in samples of the lower rate, beta the
	// shape of its window: of a lower rate of 8 kHz, up to 3.4 kHz passes within
	// 0.3 dB (3.3 within 0.1), and from 4.6 kHz on all is 75 dB down. A longer filter
	// would be steeper, and later.
	zeros = 16
	beta  = 7.6
	// chunk is how many input samples are taken at a time.
	chunk = 480
	// maxPhases bounds the filter bank for odd pairs of rates.
	maxPhases = 1024
)

// Rates that NewResampler takes, in Hz.
const (
	MinRate = 4000
	MaxRate = 192000
)

// NewResampler returns a Resampler from in to out, both in Hz.
func NewResampler(in, out int) (*Resampler, error) {
	for _, hz := range [2]int{in, out} {
		if hz < MinRate || hz > MaxRate {
			return nil, fmt.Errorf("cannot resample %d Hz to %d Hz: rates from %d to %d Hz work", in, out, MinRate, MaxRate)
		}
	}
	r := &Resampler{in: in, out: out}
	g := gcd(in, out)
	r.phases, r.step = out/g, in/g
	if r.phases > maxPhases {
		return nil, fmt.Errorf("cannot resample %d Hz to %d Hz: the rates have no simple ratio", in, out)
	}
	if in == out {
		return r, nil
	}
	r.design(r.phases, r.phases)
	r.line = make([]float32, r.taps+chunk)
	r.Reset()
	return r, nil
}

// design fills the bank with rows at steps of 1/per of an input sample: the sinc of
// the lower rate under a Kaiser window, of unit gain at 0 Hz.
func (r *Resampler) design(rows, per int) {
	low := min(r.in, r.out)
	half := float64(zeros) * float64(r.in) / float64(low) // in input samples
	r.taps = (2*int(math.Ceil(half)) + 3) &^ 3            // the inner loop takes four at a time
	// The transition band is centred a little below the lower rate's edge.
	cut := 0.985 * float64(low) / float64(r.in)
	r.bank = make([]float32, rows*r.taps)
	for p := range rows {
		row := r.bank[p*r.taps : (p+1)*r.taps]
		centre := float64(r.taps/2-1) + float64(p)/float64(per)
		var sum float64
		for k := range row {
			x := float64(k) - centre
			v := 0.0
			if math.Abs(x) < half {
				v = sinc(cut*x) * bessel(beta*math.Sqrt(1-x*x/(half*half)))
			}
			row[k] = float32(v)
			sum += v
		}
		for k := range row {
			row[k] /= float32(sum)
		}
	}
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

// bessel is the modified Bessel function of order 0, without its constant
// factor: the rows are normalised anyway.
func bessel(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1; term > sum*1e-12; k++ {
		term *= (x / 2 / float64(k)) * (x / 2 / float64(k))
		sum += term
	}
	return sum
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// In and Out are the rates in Hz.
func (r *Resampler) In() int  { return r.in }
func (r *Resampler) Out() int { return r.out }

// Delay is how many input samples wait inside for the filter's second half.
func (r *Resampler) Delay() int { return r.taps / 2 }

// straight reports that samples pass as they are.
func (r *Resampler) straight() bool { return r.in == r.out && !r.variable }

// Reset forgets the stream: the next sample follows silence.
func (r *Resampler) Reset() {
	clear(r.line)
	r.have, r.pos, r.phase = max(r.taps/2-1, 0), 0, 0
}

// Need is how many input samples give at least n output samples from here.
func (r *Resampler) Need(n int) int {
	if r.straight() || n <= 0 {
		return max(n, 0)
	}
	last := r.pos + (r.phase+(n-1)*r.step)/r.phases
	return max(last+r.taps-r.have, 0)
}

// Process reads from src, writes to dst, and returns how many samples it read
// and wrote. It stops when src is used up or dst is full, and reads no more than
// dst takes.
func (r *Resampler) Process(dst, src []int16) (read, wrote int) {
	if r.straight() {
		n := copy(dst, src)
		return n, n
	}
	for {
		n := min(len(r.line)-r.have, len(src)-read, r.Need(len(dst)-wrote))
		to := r.line[r.have : r.have+n]
		for i, s := range src[read : read+n] {
			to[i] = float32(s)
		}
		r.have += n
		read += n
		wrote += r.filter(dst[wrote:])
		r.compact()
		if wrote == len(dst) || read == len(src) {
			return read, wrote
		}
	}
}

// filter makes as much output as the line gives.
func (r *Resampler) filter(dst []int16) int {
	if r.variable {
		return r.between(dst)
	}
	taps, pos, phase := r.taps, r.pos, r.phase
	n := 0
	for n < len(dst) && pos+taps <= r.have {
		dst[n] = clip(dot(r.bank[phase*taps:phase*taps+taps], r.line[pos:pos+taps]))
		n++
		phase += r.step
		for phase >= r.phases {
			phase -= r.phases
			pos++
		}
	}
	r.pos, r.phase = pos, phase
	return n
}

// compact moves what the filter still needs to the start of the line. With a
// full dst, pos can lie beyond what has come.
func (r *Resampler) compact() {
	n := min(r.pos, r.have)
	copy(r.line, r.line[n:r.have])
	r.have -= n
	r.pos -= n
}

// dot is the inner product of two slices of one length, a multiple of four.
func dot(a, b []float32) float32 {
	var s0, s1, s2, s3 float32
	b = b[:len(a)]
	for len(a) >= 4 && len(b) >= 4 {
		s0 += a[0] * b[0]
		s1 += a[1] * b[1]
		s2 += a[2] * b[2]
		s3 += a[3] * b[3]
		a, b = a[4:], b[4:]
	}
	return s0 + s1 + s2 + s3
}

func clip(f float32) int16 {
	switch {
	case f >= 32767:
		return 32767
	case f <= -32768:
		return -32768
	case f >= 0:
		return int16(f + 0.5)
	default:
		return int16(f - 0.5)
	}
}
