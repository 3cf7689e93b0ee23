package dtmf

import (
	"fmt"
	"strings"
	"time"
)

// Plan is the call-progress tones of a country, by the table that ITU-T E.180 keeps in
// its supplement 2: the country's two letters. The zero value is Europe's.
//
//	code ──PlanOf──> Plan ──Cadence(signal)──> tones and rhythm ──NewProgress──> samples
type Plan string

const (
	// Europe is the plan of ETSI TR 101 041-2, one tone of 425 Hz: the default.
	Europe Plan = "eu"
	// NorthAmerica is the precise tone plan.
	NorthAmerica Plan = "us"
)

// UnknownPlanError says which plan there isn't.
type UnknownPlanError struct{ Code string }

func (e *UnknownPlanError) Error() string {
	return fmt.Sprintf("there are no call-progress tones for %q: take one of %s", e.Code, strings.Join(PlanCodes(), ", "))
}

// PlanOf finds the plan of a country's two letters, such as "de", in either case. Empty
// is Europe. The error is an *UnknownPlanError.
func PlanOf(code string) (Plan, error) {
	p := Plan(strings.ToLower(code))
	if _, ok := p.tones(); !ok {
		return "", &UnknownPlanError{Code: code}
	}
	return p, nil
}

// PlanCodes lists the plans that there are.
func PlanCodes() []string {
	return []string{
		"at", "au", "be", "br", "ca", "ch", "cz", "de", "dk", "es", "eu", "fi", "fr", "il", "in", "it", "jp", "mx", "nl",
		"no", "nz", "pl", "pt", "se", "uk", "us", "za",
	}
}

// Cadence is what a Signal sounds like.
func (p Plan) Cadence(s Signal) Cadence {
	tones, _ := p.tones()
	switch s {
	case Dial:
		return tones.dial
	case Ringback:
		return tones.ringback
	case Busy:
		return tones.busy
	case Congestion:
		return tones.congestion
	case Waiting:
		// It is mixed into a conversation: softer than what stands alone.
		c := tones.waiting
		c.Level = waitingLevel
		return c
	case Ringing: // the same everywhere: an electronic bell
		return Cadence{
			Hz: []float64{1000, 1250}, Warble: 20, Level: -13,
			OnOff: []time.Duration{400 * ms, 200 * ms, 400 * ms, 2000 * ms},
		}
	case Warning: // the same everywhere: three quick pips
		return Cadence{
			Hz: []float64{1400}, Level: -16,
			OnOff: []time.Duration{120 * ms, 80 * ms, 120 * ms, 80 * ms, 120 * ms, 10000 * ms},
		}
	case Recording: // the same everywhere: a short beep each 15 s
		return Cadence{Hz: []float64{1400}, Level: -20, OnOff: []time.Duration{200 * ms, 14800 * ms}}
	}
	return Cadence{}
}

// tones is a row of the table.
type tones struct{ dial, ringback, busy, congestion, waiting Cadence }

// Levels of a frequency in dBm0: a lone one, each of two, and of the waiting tone.
const (
	soloLevel    = -13
	pairLevel    = -19
	waitingLevel = -24
)

// solo sounds one frequency on and off, in milliseconds; without times it never stops.
func solo(hz float64, onOff ...int) Cadence {
	c := Cadence{Hz: []float64{hz}, Level: soloLevel, OnOff: []time.Duration{time.Second}}
	if len(onOff) > 0 {
		c.OnOff = c.OnOff[:0]
	}
	for _, n := range onOff {
		c.OnOff = append(c.OnOff, time.Duration(n)*ms)
	}
	return c
}

// pair sounds two frequencies together.
func pair(a, b float64, onOff ...int) Cadence {
	c := solo(a, onOff...)
	c.Hz, c.Level = []float64{a, b}, pairLevel
	return c
}

// wavering sounds a frequency whose loudness swings at another.
func wavering(hz, swing float64, onOff ...int) Cadence {
	c := solo(hz, onOff...)
	c.Swing = swing
	return c
}

// tones is the plan's row of the table.
func (p Plan) tones() (tones, bool) {
	switch p {
	case "", Europe:
		return tones{solo(425), solo(425, 1000, 4000), solo(425, 500, 500), solo(425, 250, 250), solo(425, 200, 200, 200, 9400)}, true
	case "at":
		return tones{solo(420), solo(420, 1000, 5000), solo(420, 400, 400), solo(420, 200, 200), solo(420, 40, 1960)}, true
	case "au":
		return tones{
			pair(413, 438), pair(413, 438, 400, 200, 400, 2000), solo(425, 375, 375), solo(425, 375, 375), solo(425, 200, 200, 200, 4400),
		}, true
	case "be":
		return tones{solo(425), solo(425, 1000, 3000), solo(425, 500, 500), solo(425, 167, 167), solo(1400, 175, 175, 175, 3500)}, true
	case "br":
		return tones{solo(425), solo(425, 1000, 4000), solo(425, 250, 250), solo(425, 250, 250, 750, 250), solo(425, 50, 1000)}, true
	case "ch":
		return tones{solo(425), solo(425, 1000, 4000), solo(425, 500, 500), solo(425, 200, 200), solo(425, 200, 200, 200, 4000)}, true
	case "cz":
		return tones{
			solo(425, 330, 330, 660, 660), solo(425, 1000, 4000), solo(425, 330, 330), solo(425, 165, 165), solo(425, 330, 9000),
		}, true
	case "de":
		return tones{solo(425), solo(425, 1000, 4000), solo(425, 480, 480), solo(425, 240, 240), solo(425, 200, 200, 200, 5000)}, true
	case "dk":
		return tones{solo(425), solo(425, 1000, 4000), solo(425, 500, 500), solo(425, 200, 200), solo(425, 200, 600, 200, 3000)}, true
	case "es":
		return tones{
			solo(425), solo(425, 1500, 3000), solo(425, 200, 200), solo(425, 200, 200, 200, 200, 200, 600), solo(425, 175, 175, 175, 3500),
		}, true
	case "fi":
		return tones{solo(425), solo(425, 1000, 4000), solo(425, 300, 300), solo(425, 200, 200), solo(425, 150, 150, 150, 8000)}, true
	case "fr":
		return tones{solo(440), solo(440, 1500, 3500), solo(440, 500, 500), solo(440, 250, 250), solo(440, 300, 10000)}, true
	case "il":
		return tones{
			solo(414), solo(414, 1000, 3000), solo(414, 500, 500), solo(414, 250, 250), solo(414, 100, 100, 100, 100, 600, 3000),
		}, true
	case "in":
		return tones{
			wavering(400, 25), wavering(400, 25, 400, 200, 400, 2000), solo(400, 750, 750), solo(400, 250, 250), solo(400, 200, 100, 200, 7500),
		}, true
	case "it":
		return tones{
			solo(425, 200, 200, 600, 1000), solo(425, 1000, 4000), solo(425, 500, 500), solo(425, 200, 200),
			solo(425, 400, 100, 250, 100, 150, 14000),
		}, true
	case "jp":
		return tones{
			solo(400), wavering(400, 16, 1000, 2000), solo(400, 500, 500), solo(400, 500, 500), wavering(400, 16, 500, 8000),
		}, true
	case "mx":
		return tones{solo(425), solo(425, 1000, 4000), solo(425, 250, 250), solo(425, 250, 250), solo(425, 200, 600, 200, 10000)}, true
	case "nl":
		return tones{solo(425), solo(425, 1000, 4000), solo(425, 500, 500), solo(425, 250, 250), solo(425, 500, 9500)}, true
	case "no":
		return tones{solo(425), solo(425, 1000, 4000), solo(425, 500, 500), solo(425, 200, 200), solo(425, 200, 600, 200, 10000)}, true
	case "nz":
		return tones{
			solo(400), pair(400, 450, 400, 200, 400, 2000), solo(400, 500, 500), solo(400, 250, 250), solo(400, 200, 3000),
		}, true
	case "pl":
		return tones{solo(425), solo(425, 1000, 4000), solo(425, 500, 500), solo(425, 500, 500), solo(425, 150, 150, 150, 4000)}, true
	case "pt":
		return tones{solo(425), solo(425, 1000, 5000), solo(425, 500, 500), solo(425, 200, 200), solo(425, 200, 200, 200, 5000)}, true
	case "se":
		return tones{solo(425), solo(425, 1000, 5000), solo(425, 250, 250), solo(425, 250, 750), solo(425, 200, 500, 200, 9100)}, true
	case "uk":
		return tones{
			pair(350, 440), pair(400, 450, 400, 200, 400, 2000), solo(400, 375, 375), solo(400, 400, 350, 225, 525), solo(400, 100, 4000),
		}, true
	case NorthAmerica, "ca":
		return tones{
			pair(350, 440), pair(440, 480, 2000, 4000), pair(480, 620, 500, 500), pair(480, 620, 250, 250), solo(440, 300, 9700),
		}, true
	case "za":
		return tones{
			wavering(400, 33), wavering(400, 33, 400, 200, 400, 2000), solo(400, 500, 500), solo(400, 250, 250),
			wavering(400, 33, 250, 250, 250, 5000),
		}, true
	}
	return tones{}, false
}
