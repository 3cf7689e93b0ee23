package dsp

// Clip notices that a microphone is driven past full scale: samples that stay at the
// edge, where a wave would go on. It belongs to one goroutine.
type Clip struct {
	rate int
	run  int // samples in a row at the edge
	hold int // samples for which it still counts as clipped
}

const (
	// clipEdge is full scale but for what a converter's offset leaves.
	clipEdge = 32700
	// clipRun at the edge make a clip: a lone peak only touches it.
	clipRun = 3
)

// NewClip returns a Clip for PCM at rate Hz.
func NewClip(rate int) *Clip { return &Clip{rate: rate} }

// Write takes pcm.
func (c *Clip) Write(pcm []int16) {
	c.hold = max(c.hold-len(pcm), 0)
	for _, s := range pcm {
		if s < clipEdge && s > -clipEdge {
			c.run = 0
			continue
		}
		if c.run++; c.run >= clipRun {
			c.hold = c.rate
		}
	}
}

// Clipped reports that it happened within the last second of what was written.
func (c *Clip) Clipped() bool { return c.hold > 0 }
