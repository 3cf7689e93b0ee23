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
)

// Plan is the tones of a country.
type Plan uint8

const (
	// Europe is the plan of ETSI TR 101 041-2: one tone of 425 Hz.
	Europe Plan = iota
	// NorthAmerica is the precise tone plan.
	NorthAmerica
)

// Cadence is a tone and its rhythm.
type Cadence struct {
	Hz []float64
	// OnOff are alternating durations, tone first; the pattern repeats.
	OnOff []time.Duration
	// Level is of each frequency, in dBm0.
	Level float64
	// Warble is the rate in Hz at which the frequencies take turns instead of
	// sounding together. Zero is together.
	Warble float64
}

const ms = time.Millisecond

// Cadence is what a Signal sounds like.
func (p Plan) Cadence(s Signal) Cadence {
	america := p == NorthAmerica
	switch s {
	case Ringback:
		if america {
			return Cadence{Hz: []float64{440, 480}, OnOff: []time.Duration{2000 * ms, 4000 * ms}, Level: -19}
		}
		return Cadence{Hz: []float64{425}, OnOff: []time.Duration{1000 * ms, 4000 * ms}, Level: -13}
	case Busy:
		if america {
			return Cadence{Hz: []float64{480, 620}, OnOff: []time.Duration{500 * ms, 500 * ms}, Level: -21}
		}
		return Cadence{Hz: []float64{425}, OnOff: []time.Duration{500 * ms, 500 * ms}, Level: -13}
	case Congestion:
		if america {
			return Cadence{Hz: []float64{480, 620}, OnOff: []time.Duration{250 * ms, 250 * ms}, Level: -21}
		}
		return Cadence{Hz: []float64{425}, OnOff: []time.Duration{250 * ms, 250 * ms}, Level: -13}
	case Ringing:
		return Cadence{
			Hz: []float64{1000, 1250}, Warble: 20, Level: -13,
			OnOff: []time.Duration{400 * ms, 200 * ms, 400 * ms, 2000 * ms},
		}
	case Waiting:
		if america {
			return Cadence{Hz: []float64{440}, OnOff: []time.Duration{300 * ms, 9700 * ms}, Level: -24}
		}
		return Cadence{Hz: []float64{425}, OnOff: []time.Duration{200 * ms, 200 * ms, 200 * ms, 9400 * ms}, Level: -24}
	case Warning: // the same everywhere: three quick pips
		return Cadence{
			Hz: []float64{1400}, Level: -16,
			OnOff: []time.Duration{120 * ms, 80 * ms, 120 * ms, 80 * ms, 120 * ms, 10000 * ms},
		}
	}
	return Cadence{}
}

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
	if edge := min(p.at+1, p.spans[p.span]-p.at); edge < p.ramp {
		v *= float64(edge) / float64(p.ramp)
	}
	return int16(v)
}
