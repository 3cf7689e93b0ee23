package jitter

import "time"

// Expect tells that another source may follow at once, as when signalling or the latch has
// turned to another address: the next packet of whichever source is played without proof,
// also when it is of the one that was replaced before.
func (b *Buffer) Expect() { b.line.alive -= time.Minute }
