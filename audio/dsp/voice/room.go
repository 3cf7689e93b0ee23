package voice

import "math"

// room listens how loud the noise behind the voice is, and says when the suppressor is
// worth its delay of 6 ms: in a quiet room there is nothing to take away.
//
//	       floor above noisy for a second
//	      ──────────────────────────────>
//	quiet                                 noisy     both only while nobody speaks, so
//	      <──────────────────────────────           that nobody hears the change
//	       floor below calm for 3 seconds
type room struct {
	last, low float32    // of the high-pass, which keeps hum and wind out
	past      [2]float32 // powers of the two frames before, full scale is 1
	power     float32    // mean of three
	least     [2]float32 // power's minima of the window before and of this one
	frames    int        // of this window
	windows   int
	noisy     bool
	held      int // frames for which the floor has asked for the other state
}

const (
	// Powers at which a room becomes noisy, and quiet again: -58 and -64 dBFS.
	noisyFloor = 1.6e-6
	calmFloor  = 4.0e-7
	// Whoever speaks leaves a gap within one or two windows.
	roomWindow = 2 * framesPerSecond
	noisyAfter = 1 * framesPerSecond
	calmAfter  = 3 * framesPerSecond
	// spoken is how far above the floor somebody speaks.
	spoken = 4
)

// hear takes a frame of the microphone and reports whether there is noise to suppress.
func (r *room) hear(pcm []int16) bool {
	// 150 Hz, whatever the rate.
	keep := float32(math.Exp(-2 * math.Pi * 150 / float64(len(pcm)*framesPerSecond)))
	var sum float32
	for _, v := range pcm {
		x := float32(v) / 32768
		r.low = keep * (r.low + x - r.last)
		r.last = x
		sum += r.low * r.low
	}
	now := sum / float32(len(pcm))
	if r.windows == 0 && r.frames == 0 {
		r.past, r.least = [2]float32{now, now}, [2]float32{math.MaxFloat32, math.MaxFloat32}
	}
	r.power = (r.past[0] + r.past[1] + now) / 3
	r.past = [2]float32{r.past[1], now}
	r.least[1] = min(r.least[1], r.power)
	if r.frames++; r.frames >= roomWindow {
		r.least[0], r.least[1] = r.least[1], math.MaxFloat32
		r.frames = 0
		r.windows++
	}
	if r.windows == 0 {
		return r.noisy
	}
	floor, wanted, after := min(r.least[0], r.least[1]), r.noisy, noisyAfter
	switch {
	case floor > noisyFloor:
		wanted = true
	case floor < calmFloor:
		wanted, after = false, calmAfter
	}
	if wanted == r.noisy {
		r.held = 0
		return r.noisy
	}
	if r.held++; r.held >= after && r.power < spoken*floor {
		r.noisy, r.held = wanted, 0
	}
	return r.noisy
}
