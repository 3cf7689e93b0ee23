package pbx

import (
	"math"
	"time"
)

// note is a MIDI key, 0 for a rest, and a length in eighths.
type note struct{ key, eighths int }

// tune is what a musical voice plays, over and over.
type tune struct {
	eighth time.Duration
	notes  []note
}

// odeToJoy is the theme of Beethoven's ninth symphony, fourth movement (1824).
func odeToJoy() tune {
	const (
		d, e, fs, g, a = 62, 64, 66, 67, 69
	)
	line := []note{{fs, 2}, {fs, 2}, {g, 2}, {a, 2}, {a, 2}, {g, 2}, {fs, 2}, {e, 2}, {d, 2}, {d, 2}, {e, 2}, {fs, 2}}
	var notes []note
	notes = append(notes, line...)
	notes = append(notes, note{fs, 3}, note{e, 1}, note{e, 4})
	notes = append(notes, line...)
	notes = append(notes, note{e, 3}, note{d, 1}, note{d, 4}, note{0, 4})
	return tune{eighth: 180 * time.Millisecond, notes: notes}
}

// chime is three rising notes and a rest: an announcement is to come.
func chime() tune {
	return tune{eighth: 200 * time.Millisecond, notes: []note{{72, 1}, {76, 1}, {79, 2}, {0, 4}}}
}

// player plays a tune as a music box would: a struck note with two
// overtones, that dies away.
type player struct {
	tune tune
	rate int

	next     int // index of the note after this one
	at, last int // samples into the note, and its length
	phase    float64
	step     float64
	level    float64
	decay    float64 // of level per sample
}

// peak keeps the sum of the partials at -9 dBFS: as loud as speech, and no more.
const peak = 32767 * 0.355

// ring is how long a note takes to fall to a third.
const ring = 350 * time.Millisecond

func (t tune) voice(rate int) voice {
	return &player{tune: t, rate: rate, decay: math.Exp(-1 / (ring.Seconds() * float64(rate)))}
}

func (p *player) fill(dst []int16) {
	for i := range dst {
		if p.at == p.last {
			p.strike()
		}
		dst[i] = p.sample()
		p.at++
	}
}

func (p *player) strike() {
	n := p.tune.notes[p.next]
	p.next = (p.next + 1) % len(p.tune.notes)
	p.at, p.last = 0, int(time.Duration(n.eighths)*p.tune.eighth*time.Duration(p.rate)/time.Second)
	p.phase, p.level = 0, 0
	if n.key != 0 {
		hz := 440 * math.Pow(2, float64(n.key-69)/12)
		p.step, p.level = 2*math.Pi*hz/float64(p.rate), 1
	}
}

func (p *player) sample() int16 {
	if p.level == 0 {
		return 0
	}
	v := (math.Sin(p.phase) + 0.4*math.Sin(2*p.phase) + 0.2*math.Sin(3*p.phase)) / 1.6
	p.phase += p.step
	p.level *= p.decay
	// 4 ms of edge, so that a note neither clicks in nor out.
	edge := 1.0
	if ramp := p.rate / 250; ramp > 0 {
		edge = min(1, float64(min(p.at, p.last-p.at))/float64(ramp))
	}
	return int16(peak * edge * p.level * v)
}
