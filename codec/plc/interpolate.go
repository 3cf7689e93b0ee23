package plc

// Interpolate fills dst, all that is missing between what was heard last and
// next, which the following Good begins with.
//
//	past ──────> continued ─┐
//	                        ├─ cross-fade over the gap ──> dst
//	next ──────> continued ─┘
//	     (backwards in time)
func (c *Concealer) Interpolate(dst, next []int16) {
	if len(dst) == 0 {
		return
	}
	c.Conceal(dst)
	if len(next) < c.ms(10) {
		return // too little to see a period in: Good joins it
	}
	// Time is turned round: what comes next is the past of the gap's end.
	n := min(len(next), len(c.back.past))
	clear(c.back.past)
	for i, s := range next[:n] {
		c.back.past[len(c.back.past)-1-i] = s
	}
	c.back.lost = 0
	span := min(len(dst), len(c.mirror))
	behind := c.mirror[:span]
	c.back.Conceal(behind)
	from := len(dst) - span
	for i := range span {
		w := float32(i+1) / float32(span+1)
		dst[from+i] = int16(float32(dst[from+i])*(1-w) + float32(behind[span-1-i])*w)
	}
	c.remember(dst)
	c.lost = 0
}
