package g722

import (
	"errors"
	"fmt"

	"offhook/codec"
	"offhook/codec/plc"
)

const rate = 16000

// Codec is G.722 at 64 kbit/s: a byte for each two samples.
type Codec struct{}

var _ codec.Codec = Codec{}

// Info describes G.722: 16000 samples a second on a clock of 8000, an error of
// RFC 1890 that stays (RFC 3551, section 4.5.2).
func (Codec) Info() codec.Info {
	return codec.Info{Name: "G722", ClockRate: 8000, SampleRate: rate, Channels: 1, StaticPT: 9}
}

// NewEncoder ignores the parameters: over RTP there is only 64 kbit/s.
func (Codec) NewEncoder(codec.Params) (codec.Encoder, error) {
	e := &encoder{}
	e.low, e.high = bands()
	return e, nil
}

// NewDecoder ignores the parameters.
func (Codec) NewDecoder(codec.Params) (codec.Decoder, error) {
	d := &decoder{loss: plc.New(rate)}
	d.low, d.high = bands()
	return d, nil
}

// Errors of Encode.
var (
	// ErrRoom: dst is too short for the frame.
	ErrRoom = errors.New("g722: no room for the encoded frame")
	// ErrOdd: a byte holds two samples, so a frame has an even number.
	ErrOdd = errors.New("g722: an odd number of samples")
)

// encoder splits sound into two sub-bands and codes each against its prediction.
//
//	pcm ──> mirror filter ─┬─ low 0-4 kHz ──> 6 bits ─┐
//	                       └─ high 4-8 kHz ─> 2 bits ─┴──> byte
type encoder struct {
	low, high band
	even, odd [12]int32 // the filter's past
}

func (e *encoder) Encode(dst []byte, pcm []int16) (int, error) {
	n := len(pcm) / 2
	switch {
	case len(pcm)%2 != 0:
		return 0, fmt.Errorf("%w: %d", ErrOdd, len(pcm))
	case len(dst) < n:
		return 0, fmt.Errorf("%w: %d samples into %d bytes", ErrRoom, len(pcm), len(dst))
	}
	for i := range dst[:n] {
		low, high := e.split(int32(pcm[2*i]), int32(pcm[2*i+1]))
		l := quantiseLow(saturate(low-e.low.s), e.low.step)
		h := quantiseHigh(saturate(high-e.high.s), e.high.step)
		e.low.low(l)
		e.high.high(h)
		dst[i] = h<<6 | l
	}
	return n, nil
}

// split is the transmit mirror filter.
func (e *encoder) split(a, b int32) (low, high int32) {
	push(&e.even, a)
	push(&e.odd, b)
	var x, y int32
	for i, c := range mirror {
		x += e.even[i] * c
		y += e.odd[i] * mirror[11-i]
	}
	return (y + x) >> 14, (y - x) >> 14
}

// quantiseLow finds the interval of a difference [QUANTL].
func quantiseLow(e, step int32) uint8 {
	mag, code := e, &lowPositive
	if e < 0 {
		mag, code = -(e + 1), &lowNegative
	}
	i := 1
	for i < len(decisions) && mag >= decisions[i]*step>>12 {
		i++
	}
	return code[i]
}

// quantiseHigh is the same in two bits [QUANTH].
func quantiseHigh(e, step int32) uint8 {
	level := 564 * step >> 12
	switch {
	case e >= level:
		return 2
	case e >= 0:
		return 3
	case -(e + 1) >= level:
		return 0
	default:
		return 1
	}
}

// decoder is the way back, and what hides losses.
type decoder struct {
	core
	loss *plc.Concealer
	lost int // samples that the core must catch up with
	// heard is room for what it catches up by: the past, a gap and what follows.
	heard [rate*16/100 + delay]int16
	next  [rate / 20]int16 // what follows a gap: 50 ms are enough to see its pitch
}

var _ codec.Interpolator = (*decoder)(nil)

// core is all that decoding remembers.
type core struct {
	low, high band
	sum, diff [12]int32 // the filter's past
}

func (d *decoder) Decode(dst []int16, payload []byte) (int, error) {
	n := 2 * len(payload)
	switch {
	case n == 0:
		return 0, fmt.Errorf("g722: empty: %w", codec.ErrPayload)
	case n > len(dst):
		return 0, fmt.Errorf("g722: %d samples into %d: %w", n, len(dst), codec.ErrPayload)
	}
	if d.lost > 0 {
		d.core.resync(d.foresee(0), d.lost)
		d.lost = 0
	}
	d.decode(dst, payload)
	d.loss.Good(dst[:n])
	return n, nil
}

func (d *decoder) Conceal(dst []int16) {
	d.loss.Conceal(dst)
	d.lost += len(dst)
}

// Interpolate decodes next twice: first after what the past alone tells of the gap, to
// know its other side, and then, when it comes to Decode, after what was heard.
func (d *decoder) Interpolate(dst []int16, next []byte) error {
	if len(next) == 0 {
		return fmt.Errorf("g722: empty: %w", codec.ErrPayload)
	}
	guess := d.core
	guess.resync(d.foresee(len(dst)), d.lost+len(dst))
	n := min(len(next), len(d.next)/2)
	guess.decode(d.next[:], next[:n])
	d.loss.Interpolate(dst, d.next[:2*n])
	d.lost += len(dst)
	return nil
}

// foresee is what was heard, and what would be concealed for n samples more and until
// resync can see them.
func (d *decoder) foresee(n int) []int16 {
	past := d.loss.Past()
	n = min(n+delay, len(d.heard)-len(past))
	heard := d.heard[:len(past)+n]
	copy(heard, past)
	d.loss.Peek(heard[len(past):])
	return heard
}

func (d *core) decode(dst []int16, payload []byte) {
	for i, code := range payload {
		l, h := code&0x3f, code>>6
		low := limit(d.low.s + d.low.step*inverse6[l]>>15)
		high := limit(d.high.s + d.high.step*inverse2[h]>>15)
		d.low.low(l)
		d.high.high(h)
		dst[2*i], dst[2*i+1] = d.join(low, high)
	}
}

// join is the receive mirror filter.
func (d *core) join(low, high int32) (a, b int16) {
	push(&d.sum, low+high)
	push(&d.diff, low-high)
	var x, y int32
	for i, c := range mirror {
		y += d.sum[i] * c
		x += d.diff[i] * mirror[11-i]
	}
	return int16(saturate(x >> 11)), int16(saturate(y >> 11))
}

// limit is 15 bits [LIMIT].
func limit(v int32) int32 { return min(max(v, -16384), 16383) }

// push appends to a filter's past.
func push(past *[12]int32, v int32) {
	copy(past[:], past[1:])
	past[11] = v
}
