package jitter

import (
	"time"

	"offhook/audio/rtp"
)

// Verdict is what Put made of a packet.
type Verdict uint8

const (
	// Queued: it will be played.
	Queued Verdict = iota
	// Overdue: its turn is over.
	Overdue
	Duplicate
	// Foreign: its payload type is none of the formats, its payload is empty, or
	// it is of a source that another has replaced.
	Foreign
	// Held: of a new source, or far out of sequence: played when another
	// follows it in sequence.
	Held
	// Oversize: longer than a datagram on Ethernet.
	Oversize
)

// Put takes a packet that arrived at now. It copies the payload.
func (b *Buffer) Put(p *rtp.Packet, now time.Time) Verdict {
	at := b.at(now)
	b.stats.Packets++
	format := b.find(p.PayloadType)
	switch {
	case format == -1 || len(p.Payload) == 0:
		b.stats.Foreign++
		return Foreign
	case len(p.Payload) > maxPayload:
		b.stats.Discarded++
		return Oversize
	case !b.line.begun:
		b.line.begin(p, b.clock(format), at)
	case b.line.strange(p):
		switch {
		case b.line.retired(p, at):
			if !b.goesOn(p, at) {
				b.stats.Foreign++
				return Foreign
			}
			b.source.wary = true
		case !b.may(p, at):
			b.held.keep(p, at)
			return Held
		}
		b.adopt(p, format, at)
	}
	return b.insert(p, format, at)
}

// adopt lets the stream go on with a packet of another source, or of the same
// far out of sequence, and with the one held before it.
func (b *Buffer) adopt(p *rtp.Packet, format int, at time.Duration) {
	b.stats.Resyncs++
	b.rebase()
	b.replaced(at)
	if first, ok := b.held.take(p); ok {
		if f := b.find(first.PayloadType); f != -1 {
			b.line.adopt(&first, b.clock(f), b.held.at)
			b.insert(&first, f, b.held.at)
			return
		}
	}
	b.line.adopt(p, b.clock(format), at)
}

// insert puts a packet of the current source in its slot.
func (b *Buffer) insert(p *rtp.Packet, format int, at time.Duration) Verdict {
	where := b.line.place(p, b.clock(format), at, b.count > 0)
	if where.jumped {
		b.stats.Resyncs++
		b.rebase()
	}
	if where.resized {
		b.rebase()
	}
	if b.stats.Played == 0 && b.count == 0 {
		b.next = where.seq
	}
	s := &b.slot[where.seq&(slots-1)]
	switch {
	case s.seq == where.seq:
		b.stats.Duplicate++
		return Duplicate
	case where.seq < b.next && (b.stats.Played > 0 || b.next-where.seq >= slots/2):
		b.arrived(at-where.stamp, at)
		b.stats.Late++
		b.tell(Late)
		return Overdue
	}
	// Before anything was played the order isn't settled yet.
	b.next = min(b.next, where.seq)
	if where.behind {
		b.stats.Reordered++
	}
	if format != comfort {
		b.arrived(at-where.stamp, at)
	}
	b.room(where.seq)
	s.seq, s.filled, s.format, s.stamp = where.seq, true, format, where.stamp
	s.size = copy(s.data[:], p.Payload)
	b.count++
	return Queued
}

// arrived learns from the transit time of a packet.
func (b *Buffer) arrived(transit, at time.Duration) {
	b.delay.add(transit, at)
	b.drift.arrive(transit)
}

// rebase forgets the fastest packet: a jump made transit times incomparable.
func (b *Buffer) rebase() {
	b.delay.rebase()
	b.drift.restart()
}

// room drops the oldest packets when seq doesn't fit behind them.
func (b *Buffer) room(seq int64) {
	for b.next <= seq-slots {
		if b.count == 0 {
			b.next = seq - slots + 1
			return
		}
		b.drop()
	}
}

// drop gives up the packet at next, if there is one.
func (b *Buffer) drop() {
	if s := &b.slot[b.next&(slots-1)]; s.filled && s.seq == b.next {
		s.filled = false
		b.count--
		if s.format != other {
			b.stats.Discarded++
			b.tell(Discarded)
		}
	}
	b.next++
}

// Skip takes a packet of the same stream that holds no audio, a telephone-event:
// its sequence number isn't lost, and what is missing meanwhile is a pause.
func (b *Buffer) Skip(p *rtp.Packet, now time.Time) {
	at := b.at(now)
	if !b.line.begun || b.line.strange(p) {
		return
	}
	seq := b.line.pass(p, at, b.count > 0)
	s := &b.slot[seq&(slots-1)]
	if seq < b.next || s.seq == seq {
		return
	}
	b.room(seq)
	s.seq, s.filled, s.format, s.size = seq, true, other, 0
	b.count++
}

// head is the first packet with sound that waits, nil for none.
func (b *Buffer) head() *slot {
	if b.count == 0 {
		return nil
	}
	for seq := b.next; seq < b.next+slots; seq++ {
		if s := &b.slot[seq&(slots-1)]; s.filled && s.seq == seq && s.format != other {
			return s
		}
	}
	return nil
}

// missing is how many packets before the head h never came.
func (b *Buffer) missing(h *slot) (n int64) {
	for seq := b.next; seq < h.seq; seq++ {
		if s := &b.slot[seq&(slots-1)]; !s.filled || s.seq != seq {
			n++
		}
	}
	return n
}

// pop takes the head h out, with what has no sound before it.
func (b *Buffer) pop(h *slot) {
	for ; b.next <= h.seq; b.next++ {
		if s := &b.slot[b.next&(slots-1)]; s.filled && s.seq == b.next {
			s.filled = false
			b.count--
		}
	}
}
