package dsp

import "math"

// VAD tells speech from background noise. It looks at 10 ms at a time.
//
//	pcm ──> 8 kHz ──> 6 bands ──> level of each, in dB ──┐
//	                                 │                    ├─ mean excess ──> speech?
//	       quietest 100 ms of 2 s ──> floor of each ──────┘                    │
//	                                   ^                                 hangover ──> Write
//	                                   └── follows while there is no speech ──┘
//
// The floor adapts to noise that grows, but not to what is as loud as talk or
// tones: those are sent however steady they are. Not safe for concurrent use.
type VAD struct {
	step  int // samples that become one
	chunk int // of those in 10 ms
	acc   float64
	part  int // samples in acc
	n     int // in the chunk so far

	bands  [vadBands]band
	energy float64 // of the chunk

	excess float64 // dB, smoothed
	run    int     // chunks of speech in a row
	hang   int     // chunks of speech to come after it
	speech bool
}

const (
	vadBands = 6
	// vadFloor is the level in dBFS of a band below which nothing is speech.
	vadFloor = -72.0
	// vadCeiling is the level of a band that no floor exceeds.
	vadCeiling = -35.0
	// vadOnset and vadStay are the mean excess over the floor, in dB, that begins
	// speech and that keeps it.
	vadOnset, vadStay = 4.6, 3.2
	// A window of the search for the quietest moment, in chunks, and how many.
	vadWindow, vadWindows = 20, 10
	// Chunks of hangover, after a word and after what may be a click.
	vadHang, vadShortHang = 20, 8
	vadWord               = 8
)

// band is a resonator and what it knows of its noise.
type band struct {
	b0, a1, a2     float64 // band-pass
	x1, x2, y1, y2 float64
	sum            float64
	slow           float64 // level, smoothed over 100 ms
	floor          float64 // dB
	least          [vadWindows]float64
	low            float64 // of the window that runs
	chunks, window int
}

// NewVAD returns a detector for PCM at rate Hz, 8000 or more.
func NewVAD(rate int) *VAD {
	v := &VAD{step: max(rate/8000, 1)}
	hz := float64(rate) / float64(v.step)
	v.chunk = max(int(hz/100), 1)
	for i, c := range [vadBands]struct{ centre, q float64 }{
		{170, 1.2}, {350, 1.5}, {700, 1.5}, {1300, 1.6}, {2200, 2}, {3200, 2.5},
	} {
		w := 2 * math.Pi * c.centre / hz
		alpha := math.Sin(w) / (2 * c.q)
		v.bands[i] = band{
			b0: alpha / (1 + alpha), a1: -2 * math.Cos(w) / (1 + alpha), a2: (1 - alpha) / (1 + alpha),
			slow: vadFloor, floor: -60, low: math.Inf(1),
		}
		for k := range v.bands[i].least {
			v.bands[i].least[k] = math.Inf(-1) // not before a whole search
		}
	}
	return v
}

// Write takes pcm and reports whether some of it is speech, or follows speech so
// closely that it may be the end of a word.
func (v *VAD) Write(pcm []int16) bool {
	heard := v.speech
	for _, s := range pcm {
		v.acc += float64(s)
		if v.part++; v.part < v.step {
			continue
		}
		v.sample(v.acc / float64(v.step))
		v.acc, v.part = 0, 0
		if v.n++; v.n == v.chunk {
			v.n = 0
			v.judge()
			heard = heard || v.speech
		}
	}
	return heard
}

// Speech reports whether there was speech at the end of the last Write.
func (v *VAD) Speech() bool { return v.speech }

func (v *VAD) sample(x float64) {
	v.energy += x * x
	for i := range v.bands {
		b := &v.bands[i]
		y := b.b0*(x-b.x2) - b.a1*b.y1 - b.a2*b.y2
		b.x2, b.x1 = b.x1, x
		b.y2, b.y1 = b.y1, y
		b.sum += y * y
	}
}

// judge decides on a chunk.
func (v *VAD) judge() {
	total := v.level(v.energy)
	v.energy = 0
	var excess, peak float64
	var levels [vadBands]float64
	for i := range v.bands {
		b := &v.bands[i]
		levels[i] = v.level(b.sum)
		b.sum = 0
		b.quietest(levels[i])
		over := min(max(levels[i]-b.floor, 0), 20)
		excess += over / vadBands
		peak = max(peak, over)
	}
	// A vowel may fill two bands and leave the rest as it is.
	excess = max(excess, peak/2.2)
	v.excess += (excess - v.excess) / 2
	need := vadOnset
	if v.speech {
		need = vadStay
	}
	raw := total > vadFloor && v.excess > need
	for i := range v.bands {
		v.bands[i].follow(levels[i], raw)
	}
	v.hangover(raw)
}

// hangover keeps the ends of words, which sink into the noise.
func (v *VAD) hangover(raw bool) {
	switch {
	case raw:
		v.run++
		v.speech = true
		v.hang = max(v.hang, vadShortHang)
		if v.run >= vadWord {
			v.hang = vadHang
		}
	case v.hang > 0:
		v.hang--
		v.run = 0
	default:
		v.speech, v.run = false, 0
	}
}

// level is the mean of a sum over the chunk in dBFS.
func (v *VAD) level(sum float64) float64 {
	return max(10*math.Log10(sum/float64(v.chunk)/(32768*32768)+1e-12), -96)
}

// quietest finds the lowest level of the last 2 s, as an average over 100 ms.
func (b *band) quietest(level float64) {
	b.slow += (level - b.slow) / 10
	b.low = min(b.low, b.slow)
	if b.chunks++; b.chunks == vadWindow {
		b.least[b.window] = b.low
		b.window = (b.window + 1) % vadWindows
		b.low, b.chunks = math.Inf(1), 0
	}
}

// follow moves the floor.
func (b *band) follow(level float64, speech bool) {
	least := b.least[0]
	for _, l := range b.least {
		least = min(least, l)
	}
	switch {
	case level < b.floor:
		b.floor += (level - b.floor) / 8
	case !speech:
		b.floor += (level - b.floor) / 20
	}
	// Noise that has grown: not even the quietest moment is below it.
	b.floor = min(max(b.floor, least), vadCeiling)
}
