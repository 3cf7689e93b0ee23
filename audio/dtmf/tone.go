package dtmf

import (
	"io"
	"math"
	"time"
)

// osc is a sine by its recurrence: one multiplication a sample, and no drift
// that matters within an hour.
type osc struct{ k, a, b float64 }

func newOsc(hz float64, rate int, amplitude float64) osc {
	w := 2 * math.Pi * hz / float64(rate)
	return osc{k: 2 * math.Cos(w), a: -amplitude * math.Sin(w), b: 0}
}

func (o *osc) next() float64 {
	s := o.b
	o.a, o.b = o.b, o.k*o.b-o.a
	return s
}

// amplitude of a sine at dBm0: full scale is +3.14 dBm0 in G.711.
func amplitude(dBm0 float64) float64 { return 32767 * math.Pow(10, (dBm0-3.14)/20) }

// Generator plays digits as tones: a source of PCM with the methods of
// audio.Source. Read ends with io.EOF once all that was queued has sounded.
type Generator struct {
	rate      int
	tone, gap int // samples
	ramp      int // of the tone's edges
	queue     []byte

	digit     byte // that sounds, 0 in a gap
	at, until int
	low, high osc
	ended     []byte
}

// Level of each tone: -8 and -6 dBm0, the column 2 dB up to survive lines that
// lose the high tones (ETSI ES 201 235-2).
const (
	lowLevel  = -8
	highLevel = -6
)

// DefaultTone is how long a digit sounds, unless something else is asked for.
const DefaultTone = 100 * time.Millisecond

// NewGenerator returns a Generator at rate Hz. Zero durations mean 100 ms of
// tone and 50 ms of gap.
func NewGenerator(rate int, tone, gap time.Duration) *Generator {
	if tone <= 0 {
		tone = DefaultTone
	}
	if gap <= 0 {
		gap = 50 * time.Millisecond
	}
	in := func(d time.Duration) int { return int(d * time.Duration(rate) / time.Second) }
	return &Generator{rate: rate, tone: in(tone), gap: in(gap), ramp: in(2 * time.Millisecond)}
}

// Queue adds digits. On an error none is added.
func (g *Generator) Queue(digits string) error {
	if err := Check(digits); err != nil {
		return err
	}
	g.queue = append(g.queue, digits...)
	return nil
}

// Active reports whether Read would give anything.
func (g *Generator) Active() bool { return g.at < g.until || len(g.queue) > 0 }

// Clear drops what is queued; the digit that sounds goes on to its end.
func (g *Generator) Clear() { g.queue = g.queue[:0] }

// Rate is the sample rate in Hz.
func (g *Generator) Rate() int { return g.rate }

// Read fills dst.
func (g *Generator) Read(dst []int16) (int, error) {
	for i := range dst {
		if g.at == g.until && !g.begin() {
			return i, io.EOF
		}
		dst[i] = g.sample()
		if g.at++; g.at == g.until && g.digit != 0 {
			g.ended = append(g.ended, g.digit)
			g.digit, g.at, g.until = 0, 0, g.gap
		}
	}
	return len(dst), nil
}

// Ended returns a digit whose tone has been read whole, each once.
func (g *Generator) Ended() (digit byte, ok bool) {
	if len(g.ended) == 0 {
		return 0, false
	}
	digit = g.ended[0]
	copy(g.ended, g.ended[1:])
	g.ended = g.ended[:len(g.ended)-1]
	return digit, true
}

// begin takes the next of the queue.
func (g *Generator) begin() bool {
	if len(g.queue) == 0 {
		return false
	}
	next := g.queue[0]
	copy(g.queue, g.queue[1:])
	g.queue = g.queue[:len(g.queue)-1]
	g.at, g.until, g.digit = 0, int(PauseTime.Seconds())*g.rate, 0
	if low, high, ok := Tones(next); ok {
		code, _ := Event(next)
		g.digit, g.until = Digits[code], g.tone
		g.low = newOsc(low, g.rate, amplitude(lowLevel))
		g.high = newOsc(high, g.rate, amplitude(highLevel))
	}
	return true
}

func (g *Generator) sample() int16 {
	if g.digit == 0 {
		return 0
	}
	v := g.low.next() + g.high.next()
	if edge := min(g.at+1, g.until-g.at); edge < g.ramp {
		v *= float64(edge) / float64(g.ramp)
	}
	return int16(v)
}
