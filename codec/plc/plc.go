package plc

// Concealer keeps the last 60 ms that were heard and continues them when asked.
// Not safe for concurrent use.
//
//	          Good                    Conceal
//	Heard ────────> Heard      Heard ────────> Lost (analyse)
//	Lost  ────────> Heard      Lost  ────────> Lost (continue, fade)
//	  (cross-fade)             either ───────> Heard (both sides are known)
//	                                Interpolate
type Concealer struct {
	rate int
	// past ends with the sample heard last.
	past []int16
	// forward continues past, back what follows a gap, turned round in time.
	forward, back *continuation
	lost          int // samples concealed since the last good one; 0 is Heard
	block         [64]float64
	bridge        bridge
}

// New returns a Concealer for PCM at rate Hz, 8000 or more.
func New(rate int) *Concealer {
	c := &Concealer{
		rate:    rate,
		past:    make([]int16, rate*60/1000),
		forward: newContinuation(rate),
		back:    newContinuation(rate),
	}
	c.bridge.init(rate)
	return c
}

// ms is n milliseconds in samples.
func (c *Concealer) ms(n int) int { return c.rate * n / 1000 }

// Good takes pcm, decoded from a packet, and joins its start to what was
// concealed before it, in place.
func (c *Concealer) Good(pcm []int16) {
	if c.lost > 0 {
		c.join(pcm)
		c.lost = 0
	}
	c.remember(pcm)
}

// join fades over from the continuation to pcm.
func (c *Concealer) join(pcm []int16) {
	// A quarter period, and 4 ms more for each 10 ms lost, up to 10 ms
	// (Appendix I, section 3.7).
	n := min(c.forward.period/4+c.ms(4)*(c.lost/c.ms(10)), c.ms(10), len(pcm))
	for i := 0; i < n; {
		tail := c.block[:min(n-i, len(c.block))]
		c.forward.generate(tail)
		for _, t := range tail {
			w := float64(i+1) / float64(n+1)
			pcm[i] = round(float64(pcm[i])*w + t*c.fade(c.lost+i)*(1-w))
			i++
		}
	}
}

// Conceal fills dst with the continuation. Calls in a row continue each other.
// It fades, and after 80 ms there is silence.
func (c *Concealer) Conceal(dst []int16) {
	if len(dst) == 0 {
		return
	}
	if c.lost == 0 {
		c.forward.begin(c.past, 0)
	}
	for i := 0; i < len(dst); {
		tail := c.block[:min(len(dst)-i, len(c.block))]
		if g := c.fade(c.lost + i); g > 0 {
			c.forward.generate(tail)
		} else {
			clear(tail)
		}
		for _, t := range tail {
			dst[i] = round(t * c.fade(c.lost+i))
			i++
		}
	}
	c.lost += len(dst)
	c.remember(dst)
}

// Peek writes what Conceal would, and leaves all as it was: what a predictive codec
// needs to know beyond the gap.
func (c *Concealer) Peek(dst []int16) {
	if c.lost == 0 {
		c.forward.begin(c.past, 0)
	}
	ahead := *c.forward
	for i := 0; i < len(dst); {
		tail := c.block[:min(len(dst)-i, len(c.block))]
		ahead.generate(tail)
		for _, t := range tail {
			dst[i] = round(t * c.fade(c.lost+i))
			i++
		}
	}
}

// Past is the last of what was heard, concealed or not: 60 ms, until the next call.
func (c *Concealer) Past() []int16 { return c.past }

// fade is how loud a continuation is n samples after its beginning.
func (c *Concealer) fade(n int) float64 {
	return max(1-float64(n)/float64(c.ms(fadeMS)), 0)
}

// fadeMS is how long a continuation is believed, less and less.
const fadeMS = 80

// remember appends pcm to the past.
func (c *Concealer) remember(pcm []int16) {
	if n := len(c.past); len(pcm) >= n {
		copy(c.past, pcm[len(pcm)-n:])
	} else {
		copy(c.past, c.past[len(pcm):])
		copy(c.past[n-len(pcm):], pcm)
	}
}

func round(s float64) int16 {
	if s < 0 {
		return int16(max(s-0.5, -32768))
	}
	return int16(min(s+0.5, 32767))
}
