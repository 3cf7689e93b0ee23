package dsp

// Gain multiplies a stream and moves between gains along a ramp, so that mute
// and unmute don't click. The zero value is silent; NewGain starts at unity.
type Gain struct {
	now, want float32
	per       float32 // change a sample
}

// NewGain returns a Gain of 1 whose full swing takes 10 ms at rate Hz.
func NewGain(rate int) *Gain {
	return &Gain{now: 1, want: 1, per: 100 / float32(max(rate, 1))}
}

// Set moves to gain from the next sample on.
func (g *Gain) Set(gain float32) { g.want = max(gain, 0) }

// Jump is Set without the ramp.
func (g *Gain) Jump(gain float32) { g.Set(gain); g.now = g.want }

// Silent reports whether all that comes out until the next Set is zero.
func (g *Gain) Silent() bool { return g.now == 0 && g.want == 0 }

// Apply changes pcm in place.
func (g *Gain) Apply(pcm []int16) {
	i := 0
	for ; i < len(pcm) && g.now != g.want; i++ {
		if g.now < g.want {
			g.now = min(g.now+g.per, g.want)
		} else {
			g.now = max(g.now-g.per, g.want)
		}
		if g.per == 0 {
			g.now = g.want
		}
		pcm[i] = clip(float32(pcm[i]) * g.now)
	}
	switch rest := pcm[i:]; g.now {
	case 1:
	case 0:
		clear(rest)
	default:
		for i, s := range rest {
			rest[i] = clip(float32(s) * g.now)
		}
	}
}

// Mix adds src to dst and saturates; it takes the shorter length.
func Mix(dst, src []int16) {
	n := min(len(dst), len(src))
	dst, src = dst[:n], src[:n]
	for i, s := range src {
		dst[i] = int16(min(max(int32(dst[i])+int32(s), -32768), 32767))
	}
}
