package dtmf

import "time"

// Signal is a call-progress tone.
type Signal uint8

const (
	// Ringback: the far end rings.
	Ringback Signal = iota
	Busy
	// Congestion: the network can't complete the call.
	Congestion
	// Ringing: an incoming call, as played by a telephone's bell.
	Ringing
	// Waiting: a second incoming call.
	Waiting
	// Warning: the phone answers by itself, and somebody listens.
	Warning
	// Dial: a number may be dialled.
	Dial
	// Recording: the call is being recorded, and both sides are to know.
	Recording
)

// Cadence is a tone and its rhythm.
type Cadence struct {
	Hz []float64
	// OnOff are alternating durations, tone first; the pattern repeats. A single one is a
	// tone that never stops.
	OnOff []time.Duration
	// Level is of each frequency, in dBm0.
	Level float64
	// Warble is the rate in Hz at which the frequencies take turns instead of
	// sounding together. Zero is together.
	Warble float64
	// Swing is the rate in Hz at which the loudness swings, as 400 Hz x 25 of E.180
	// has it. Zero is steady.
	Swing float64
}

const ms = time.Millisecond

// Progress plays a Cadence without end: a source with the methods of
// audio.Source.
type Progress struct {
	rate   int
	oscs   []osc
	spans  []int // OnOff in samples
	span   int
	at     int
	ramp   int
	turn   int // samples a frequency has in a warble, 0 together
	swing  osc // of the loudness
	swings bool
	steady bool // the tone never stops
	silent bool
}

// NewProgress returns the source of c at rate Hz.
func NewProgress(rate int, c Cadence) *Progress {
	p := &Progress{rate: rate, ramp: rate / 200}
	sounds := false
	for _, hz := range c.Hz {
		p.oscs = append(p.oscs, newOsc(hz, rate, amplitude(c.Level)))
	}
	for _, d := range c.OnOff {
		n := int(max(d, 0) * time.Duration(rate) / time.Second)
		p.spans = append(p.spans, n)
		sounds = sounds || n > 0
	}
	p.silent = !sounds || len(c.Hz) == 0
	p.steady = len(p.spans) == 1
	if c.Swing > 0 {
		p.swing, p.swings = newOsc(c.Swing, rate, 1), true
	}
	if c.Warble > 0 {
		p.turn = max(int(float64(rate)/c.Warble/2), 1)
	}
	return p
}

// Rate is the sample rate in Hz.
func (p *Progress) Rate() int { return p.rate }

// Read fills dst; it never ends.
func (p *Progress) Read(dst []int16) (int, error) {
	if p.silent {
		clear(dst)
		return len(dst), nil
	}
	for i := range dst {
		for p.at >= p.spans[p.span] {
			p.at, p.span = 0, (p.span+1)%len(p.spans)
		}
		dst[i] = p.sample()
		p.at++
	}
	return len(dst), nil
}

func (p *Progress) sample() int16 {
	if p.span%2 != 0 {
		return 0
	}
	var v float64
	turn := 0
	if p.turn > 0 {
		turn = p.at / p.turn % len(p.oscs)
	}
	for i := range p.oscs {
		if s := p.oscs[i].next(); p.turn == 0 || i == turn {
			v += s
		}
	}
	if p.swings {
		v *= (1 + p.swing.next()) / 2
	}
	if edge := min(p.at+1, p.spans[p.span]-p.at); edge < p.ramp && !p.steady {
		v *= float64(edge) / float64(p.ramp)
	}
	return int16(v)
}
