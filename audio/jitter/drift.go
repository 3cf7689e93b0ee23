package jitter

import (
	"math"
	"time"

	"offhook/audio/dsp"
)

// drift compares the clock of the sender, which shows in timestamps, with that of
// whoever pulls, which shows in samples: both against the clock of the machine.
//
//	packets: arrival - stream time ──> least of 4 s ──┐ -
//	                                                  ├──> line through the last minutes
//	pulls:   now - sound pulled ─────> least of 4 s ──┘ +            │
//	                                                          slope: ppm, and how sure
//
// The least of some seconds is what neither the network nor the scheduler delayed.
type drift struct {
	transit, lag float64 // least of the present window, in seconds
	packets      int     // in the window
	pulls        int
	from         time.Duration // when it began
	last         time.Duration // pull
	pulled       time.Duration

	at, off [points]float64 // the windows, a ring
	n       int

	ppm   float64
	known bool
}

const (
	points = 64
	frameD = 4 * time.Second
	// fewest points make a line, sure is the standard error in ppm at which it is
	// believed, and leap is how far, in seconds, a point may be off it: what is
	// further is another path, or another device.
	fewest = 8
	sure   = 10.0
	leap   = 0.015
	// absurd is more than clocks of machines are apart.
	absurd = 2000.0
)

// arrive takes the transit time of a packet.
func (d *drift) arrive(transit time.Duration) {
	t := transit.Seconds()
	if d.packets == 0 || t < d.transit {
		d.transit = t
	}
	d.packets++
}

// draw takes a pull of span at a time.
func (d *drift) draw(span, at time.Duration) {
	if at-d.last > time.Second || at < d.last {
		d.restart() // nobody listened, or another device does now
	}
	d.last = at
	lag := (at - d.pulled).Seconds()
	if d.pulls == 0 || lag < d.lag {
		d.lag = lag
	}
	d.pulls++
	d.pulled += span
	if at-d.from < frameD {
		return
	}
	if d.packets > 0 {
		d.point((at - frameD/2).Seconds(), d.lag-d.transit)
	}
	d.packets, d.pulls, d.from = 0, 0, at
}

// restart forgets the line, not what it told: clocks stay what they are.
func (d *drift) restart() { d.n, d.packets, d.pulls, d.from = 0, 0, 0, d.last }

// point takes a window.
func (d *drift) point(at, off float64) {
	slope, mean, middle, _ := d.fit()
	if d.n >= fewest && math.Abs(off-mean-slope*(at-middle)) > leap {
		d.n = 0
	}
	d.at[d.n%points], d.off[d.n%points] = at, off
	if d.n++; d.n >= 2*points {
		d.n -= points
	}
	if d.n < fewest {
		return
	}
	slope, _, _, deviation := d.fit()
	if ppm := slope * 1e6; deviation*1e6 < sure && math.Abs(ppm) < absurd {
		d.ppm, d.known = ppm, true
	}
}

// fit is the line through the points, and the standard error of its slope.
func (d *drift) fit() (slope, mean, middle, deviation float64) {
	n := min(d.n, points)
	if n < 3 {
		return 0, 0, 0, math.Inf(1)
	}
	for i := range n {
		middle += d.at[i]
		mean += d.off[i]
	}
	middle /= float64(n)
	mean /= float64(n)
	var xx, xy, yy float64
	for i := range n {
		x, y := d.at[i]-middle, d.off[i]-mean
		xx += x * x
		xy += x * y
		yy += y * y
	}
	if xx == 0 {
		return 0, mean, middle, math.Inf(1)
	}
	slope = xy / xx
	rest := max(yy-slope*xy, 0) / float64(n-2)
	// Timestamps and sample counts have a grain of their own: never surer than that.
	return slope, mean, middle, math.Sqrt((rest + 1e-9) / xx)
}

const (
	// Drift beyond driftWorth is taken out by resampling when there are no pauses, as
	// in music, and beyond driftMuch always. Less is a cut of some ms in a pause, now
	// and then, which costs no filter and less delay.
	driftWorth = 20.0
	driftMuch  = 300.0
	noPause    = 10 * time.Second
)

// smooth reports that the drift is taken out by resampling. Packets then slide along
// the Pulls, so that each must be there a whole Pull before it is heard.
func (b *Buffer) smooth() bool {
	return b.cur >= 0 && b.fine[b.formats[b.cur].SampleRate] != nil
}

// steer makes the output as much shorter as the sender is fast. It is called when the
// frame is used up: past is what was heard last.
func (b *Buffer) steer(past []int16) {
	d := &b.drift
	if !d.known || b.cur < 0 {
		return
	}
	rate := b.formats[b.cur].SampleRate
	if b.fine[rate] == nil {
		talk := b.pace.seen - b.pace.calmed
		if len(past) >= b.in(chunk) && (math.Abs(d.ppm) > driftWorth && talk > noPause || math.Abs(d.ppm) > driftMuch && talk == 0) {
			b.refine(rate, past)
		}
		return
	}
	// In small steps, so that a better estimate isn't heard.
	const step = 2.0
	if b.ratio != -d.ppm {
		b.ratio += min(max(-d.ppm-b.ratio, -step), step)
		b.fine[rate].SetRatio(b.ratio)
	}
}

// refine puts a resampler of variable ratio in the place of the one that there is,
// and at the same place of the sound.
func (b *Buffer) refine(rate int, past []int16) {
	v, err := dsp.NewVariable(rate, b.rate)
	if err != nil {
		return // then all is done in pauses
	}
	b.fine[rate] = v
	for len(past) > 0 {
		read, _ := v.Process(b.scrap[:], past)
		past = past[read:]
	}
	if rate == b.rate {
		// Up to now nothing waited in a filter.
		b.skip = min(v.Delay(), len(b.scrap))
	}
	b.out = v
	b.pace.reset()
}
