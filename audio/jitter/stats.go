package jitter

import "time"

// Stats counts each decision. All but the last five only grow.
type Stats struct {
	// Packets that came to Put, and those that were decoded.
	Packets, Played uint64
	// Of those that were not: see Verdict. Discarded ones were too many, or too big.
	Late, Duplicate, Foreign, Discarded uint64
	Reordered                           uint64
	// Lost is how many never came before their successor was played.
	Lost uint64
	// Undecodable payloads were concealed.
	Undecodable uint64
	// Underruns is how often there was nothing to play in the middle of a stream.
	Underruns uint64
	// Resyncs counts new sources and jumps of the timestamp or sequence number.
	Resyncs uint64

	// What the ear heard that no packet brought: concealed, recovered from FEC,
	// comfort noise; and what was cut out or put in to correct the delay.
	Concealed, Recovered, Noise time.Duration
	Removed, Inserted           time.Duration
	// Bridged is the part of Concealed that knew the packet after the gap.
	Bridged time.Duration
	// Accelerated and Decelerated are how often sound was shortened or lengthened to
	// correct the delay, Merges how often a packet came while it was being concealed
	// and its end was heard, Peaks how many spikes of the network's delay were seen.
	Accelerated, Decelerated, Merges, Peaks uint64

	// Delay is what the Buffer adds now, against the fastest packet; Target is
	// what it wants. Buffered is how much waits.
	Delay, Target, Buffered time.Duration
	// Drift is how much faster the peer's clock runs than that of Pull, in ppm; 0
	// until it is known.
	Drift float64
	// Loss is the share of packets lost lately, 0 to 1.
	Loss float64
}

// Stats returns a snapshot.
func (b *Buffer) Stats() Stats {
	s := b.stats
	s.Target = b.target() + b.lookahead()
	s.Buffered = b.buffered()
	s.Loss = b.lossRate
	s.Peaks = b.delay.spikes
	s.Drift = b.drift.ppm
	return s
}

// buffered is the stream time from the next sample to the end of the newest packet.
func (b *Buffer) buffered() time.Duration {
	if b.count == 0 {
		return 0
	}
	return max(b.line.stamp+b.line.packet-b.start(), 0)
}

// start is the stream time at which what waits begins.
func (b *Buffer) start() time.Duration {
	if b.mode == waiting {
		if h := b.head(); h != nil {
			return h.stamp
		}
	}
	return b.play
}
