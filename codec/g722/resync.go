package g722

// A lost packet leaves the decoder's predictors where they were, while the sender's
// went on: what follows would be decoded wrongly for long. So what was heard in the
// gap instead is coded and decoded, which brings them about to where the sender's are
// (as ITU-T G.722 Appendix III does).
//
//	heard:  … before │ instead of the lost │ ahead
//	        ────────────┬─────────────────────┬───
//	coded:              │ the lost samples    │
//
// Sound comes out of the two filters 22 samples late, so what the codes stand for is
// heard that much later, and ends ahead of the gap's end.
const delay = 22

// resync lets the core catch up with a gap of n samples. heard is all that is known
// from before the gap until delay samples after it.
func (c *core) resync(heard []int16, n int) {
	const fill = 24
	n = min(n, len(heard)-delay-fill) &^ 1
	if n <= 0 {
		return
	}
	x := heard[len(heard)-n-fill:]
	var e encoder
	e.low, e.high = c.low, c.high
	for i := 0; i < fill; i += 2 {
		e.split(int32(x[i]), int32(x[i+1]))
	}
	var code [1]byte
	var pcm [2]int16
	for i := fill; i < len(x); i += 2 {
		_, _ = e.Encode(code[:], x[i:i+2])
		c.decode(pcm[:], code[:])
	}
}
