package dsp

// Seam joins what is heard after a change, of codec or rate, to what was heard before
// it: the step between the two is faded out over some milliseconds, so that there is
// no click. The zero value has nothing to join.
//
//	heard before ───┐ expected next
//	                │<── step, fading ──>|
//	                └── new sound ───────────────
type Seam struct {
	last, slope float32
	cut         bool
	step        float32 // of the join that runs
	total, left int     // its length, in samples
}

// Open says that the next sample doesn't follow the last one.
func (s *Seam) Open() { s.cut = true }

// Mend takes all that is heard at rate, in order.
func (s *Seam) Mend(pcm []int16, rate int) {
	if len(pcm) == 0 {
		return
	}
	if s.cut {
		s.cut = false
		s.step = s.last + s.slope - float32(pcm[0])
		s.total = max(rate*6/1000, 1)
		s.left = s.total
	}
	for i := 0; i < len(pcm) && s.left > 0; i++ {
		// A smooth fade: 1 to 0 with no corner at either end.
		x := float32(s.left) / float32(s.total)
		pcm[i] = clip(float32(pcm[i]) + s.step*x*x*(3-2*x))
		s.left--
	}
	before := s.last
	if n := len(pcm); n > 1 {
		before = float32(pcm[n-2])
	}
	s.last = float32(pcm[len(pcm)-1])
	s.slope = s.last - before
}
