package audio

import (
	"math"
	"time"
)

// A cadence is what a call-progress tone does, over and over. ITU-T E.180 leaves
// frequencies to each country; these are the common European ones at 425 Hz.
type cadence []toneStep

type toneStep struct {
	hz    [2]float64 // 0 is none
	level float64    // amplitude of each, full scale is 1
	last  time.Duration
}

const (
	toneLoud = 0.12
	toneSoft = 0.03
)

func cadenceOf(t Tone) cadence {
	beep := func(on, off time.Duration) cadence {
		return cadence{{hz: [2]float64{425}, level: toneLoud, last: on}, {last: off}}
	}
	switch t {
	case ToneNone:
		return nil
	case ToneRingback:
		return beep(time.Second, 4*time.Second)
	case ToneBusy:
		return beep(500*time.Millisecond, 500*time.Millisecond)
	case ToneCongestion:
		return beep(250*time.Millisecond, 250*time.Millisecond)
	case ToneRinging:
		var c cadence // a warble of two thirds, 1 s, and 3 s of rest
		for range 10 {
			c = append(c,
				toneStep{hz: [2]float64{784, 1568}, level: toneLoud, last: 50 * time.Millisecond},
				toneStep{hz: [2]float64{988, 1976}, level: toneLoud, last: 50 * time.Millisecond})
		}
		return append(c, toneStep{last: 3 * time.Second})
	case ToneWaiting:
		return cadence{
			{hz: [2]float64{425}, level: toneSoft, last: 200 * time.Millisecond}, {last: 200 * time.Millisecond},
			{hz: [2]float64{425}, level: toneSoft, last: 200 * time.Millisecond}, {last: 5 * time.Second},
		}
	}
	return nil
}

// toner plays a cadence. The zero toner is silent. Owner: one loop.
type toner struct {
	cadence cadence
	rate    int
	step    int
	at, len int // samples into the step
	phase   [2]float64
	inc     [2]float64
}

func newToner(t Tone, rate int) toner {
	g := toner{cadence: cadenceOf(t), rate: rate}
	g.enter(0)
	return g
}

func (g *toner) silent() bool { return len(g.cadence) == 0 }

func (g *toner) enter(step int) {
	if g.silent() {
		return
	}
	g.step, g.at = step, 0
	s := g.cadence[step]
	g.len = int(s.last * time.Duration(g.rate) / time.Second)
	for i, hz := range s.hz {
		g.inc[i] = 2 * math.Pi * hz / float64(g.rate)
		g.phase[i] = 0
	}
}

// mix adds the tone to dst. Steps swell and fade in 5 ms, so that nothing clicks.
func (g *toner) mix(dst []int16) {
	if g.silent() {
		return
	}
	ramp := g.rate / 200
	for i := range dst {
		for g.at >= g.len {
			g.enter((g.step + 1) % len(g.cadence))
		}
		s := &g.cadence[g.step]
		if s.level > 0 {
			gain := s.level * math.MaxInt16
			if edge := min(g.at, g.len-1-g.at); edge < ramp {
				gain *= float64(edge) / float64(ramp)
			}
			v := 0.0
			for k, hz := range s.hz {
				if hz == 0 {
					continue
				}
				v += math.Sin(g.phase[k])
				if g.phase[k] += g.inc[k]; g.phase[k] > 2*math.Pi {
					g.phase[k] -= 2 * math.Pi
				}
			}
			dst[i] = clip(int(dst[i]) + int(v*gain))
		}
		g.at++
	}
}

func clip(v int) int16 { return int16(max(math.MinInt16, min(math.MaxInt16, v))) }
