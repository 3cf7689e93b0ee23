package jitter

// Outcome is what became of one packet of the stream, told in the order of
// playout. Comfort noise and telephone-events are pauses: none is told of them.
//
//	in time ───────────────> Played
//	missing at its turn ──┬> Recovered, from the copy in its successor
//	                      └> Lost ──comes after all──> Late, in place of the Lost
//	too many waited ───────> Discarded
type Outcome uint8

const (
	// Played: it was heard, at least its end.
	Played Outcome = iota
	// Recovered: it was missing, and its successor carried a copy.
	Recovered
	// Lost: it was missing when its turn was over.
	Lost
	// Late takes a Lost back: one that was told before has come after its turn.
	Late
	// Discarded: it came, and was thrown away to bring the delay down.
	Discarded
)

// tell reports an outcome to whoever wants to know.
func (b *Buffer) tell(o Outcome) {
	if b.cfg.Outcome != nil {
		b.cfg.Outcome(o)
	}
}

// passed books the n packets that were missing before the one that plays now.
func (b *Buffer) passed(n int64) {
	b.stats.Lost += uint64(n)
	b.loss(n)
	for ; n > 0; n-- {
		if n == 1 && b.copied {
			b.tell(Recovered)
			break
		}
		b.tell(Lost)
	}
	b.copied = false
}
