package plc

// Concealer keeps the last 50 ms that were heard and continues them when asked.
// Not safe for concurrent use.
//
//	          Good                    Conceal
//	Heard ────────> Heard      Heard ────────> Lost (find pitch)
//	Lost  ────────> Heard      Lost  ────────> Lost (repeat, widen, fade)
//	      (overlap-add)
type Concealer struct {
	rate int
	// past ends with the sample heard last.
	past []int16
	// cycle is what is repeated: the last one to three pitch periods, with the
	// end blended into the start. Only cycle[:size] counts.
	cycle []int16
	size  int
	at    int // next sample of cycle
	pitch int
	lost  int     // samples concealed since the last good one; 0 is Heard
	step  float32 // fades from the last sample heard to the first of the cycle
	ramp  int     // length of that fade
	tail  []int16 // scratch: the continuation that Good blends with
	// back continues what follows a gap into it, backwards; mirror is what it made.
	back   *Concealer
	mirror []int16
}

// New returns a Concealer for PCM at rate Hz.
func New(rate int) *Concealer {
	c := oneSided(rate)
	c.back = oneSided(rate)
	c.mirror = make([]int16, c.ms(120))
	return c
}

func oneSided(rate int) *Concealer {
	return &Concealer{
		rate:  rate,
		past:  make([]int16, rate*50/1000),
		cycle: make([]int16, 3*rate/pitchLow+3),
		tail:  make([]int16, rate*14/1000),
	}
}

// ms is n milliseconds in samples.
func (c *Concealer) ms(n int) int { return c.rate * n / 1000 }

// Good takes pcm, decoded from a packet, and joins its start to what was
// concealed before it, in place.
func (c *Concealer) Good(pcm []int16) {
	if c.lost > 0 {
		// A quarter period, and 4 ms more for each 10 ms lost, up to 10 ms
		// (Appendix I, section 3.7).
		n := min(c.pitch/4+c.ms(4)*(c.lost/c.ms(10)), c.ms(10), len(pcm))
		tail := c.tail[:n]
		c.generate(tail)
		for i := range tail {
			w := float32(i+1) / float32(n+1)
			pcm[i] = int16(float32(pcm[i])*w + float32(tail[i])*(1-w))
		}
		c.lost = 0
	}
	c.remember(pcm)
}

// Conceal fills dst with the continuation. Calls in a row continue each other.
// After 60 ms there is silence.
func (c *Concealer) Conceal(dst []int16) {
	if len(dst) == 0 {
		return
	}
	if c.lost == 0 {
		c.begin()
	}
	c.generate(dst)
}

// begin finds the pitch and prepares the first cycle.
func (c *Concealer) begin() {
	c.pitch, _ = Pitch(c.past, c.ms(20), c.rate/pitchHigh, c.rate/pitchLow)
	c.at = 0
	c.build(1)
	c.step = float32(c.past[len(c.past)-1]) - float32(c.cycle[c.size-1])
	c.ramp = max(c.pitch/4, 1)
}

// build makes the cycle from the last periods of the past. The last quarter
// period is blended with the quarter before the cycle's start, so that the end
// runs into the start without a step.
func (c *Concealer) build(periods int) {
	c.size = periods * c.pitch
	from := c.past[len(c.past)-c.size:]
	copy(c.cycle, from)
	q := max(c.pitch/4, 1)
	before := c.past[len(c.past)-c.size-q : len(c.past)-c.size]
	for i := range q {
		w := float32(i+1) / float32(q+1)
		k := c.size - q + i
		c.cycle[k] = int16(float32(from[k])*(1-w) + float32(before[i])*w)
	}
}

// generate writes the continuation and counts it as lost.
func (c *Concealer) generate(dst []int16) {
	full, end := c.ms(10), c.ms(60)
	for i := range dst {
		// One period would buzz: after 10 ms repeat two, after 20 ms three
		// (Appendix I, section 3.5). Only between two periods, where the old
		// cycle's end runs into what the last period of the new one starts with.
		if c.at == 0 && c.lost >= full && c.size < 3*c.pitch {
			if n := min(1+c.lost/full, 3); n*c.pitch > c.size {
				c.build(n)
				c.at = c.size - c.pitch
			}
		}
		s := float32(c.cycle[c.at])
		if c.at++; c.at == c.size {
			c.at = 0
		}
		if c.lost < c.ramp {
			s += c.step * (1 - float32(c.lost+1)/float32(c.ramp+1))
		}
		switch {
		case c.lost >= end:
			s = 0
		case c.lost > full:
			s *= float32(end-c.lost) / float32(end-full)
		}
		dst[i] = int16(min(max(s, -32768), 32767))
		c.lost++
	}
}

// remember appends pcm to the past.
func (c *Concealer) remember(pcm []int16) {
	if n := len(c.past); len(pcm) >= n {
		copy(c.past, pcm[len(pcm)-n:])
	} else {
		copy(c.past, c.past[len(pcm):])
		copy(c.past[n-len(pcm):], pcm)
	}
}
