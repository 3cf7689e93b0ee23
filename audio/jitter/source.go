package jitter

import (
	"time"

	"offhook/audio/rtp"
)

// Expect tells that another source may follow at once, as when signalling or the latch has
// turned to another address: the next packet of whichever source is played without proof,
// also when it is of the one that was replaced before.
func (b *Buffer) Expect() { b.line.alive -= time.Minute }

// Settle tells whether there is one peer, which sends one stream at a time. A stream that
// comes while that one goes on is an intruder's then: whoever can forge the peer's address
// needs no more than to send. Else, as before a call is answered and behind a relay of
// several forks, the one that began last is played.
//
//	not settled   one packet, and another that follows it
//	settled       the same, once the present stream has missed a packet; and when the stream
//	              that was replaced goes on all the same, it is played again, and no other
//	              while it isn't silent for half a second
func (b *Buffer) Settle(on bool) { b.source.settled = on }

// source tells the peer's stream from an intruder's.
type source struct {
	settled bool
	wary    bool // there was an intruder

	// The stream that was replaced.
	at   time.Duration // when
	seq  uint16        // its newest number then, and later in the run
	last uint16
	run  int
}

const (
	// formerRun is how many packets show that a stream that was replaced has gone on, once
	// what was on its way then has come, after formerWait.
	formerRun  = 5
	formerWait = 100 * time.Millisecond
	// waryQuiet is how long a stream must be silent after there was an intruder.
	waryQuiet = 500 * time.Millisecond
)

// may says whether a strange packet takes over.
func (b *Buffer) may(p *rtp.Packet, at time.Duration) bool {
	l, away := &b.line, at-b.line.alive
	switch {
	case !b.source.settled:
		return l.quiet(at) || b.held.precedes(p)
	case b.source.wary && p.SSRC != l.ssrc:
		return away >= waryQuiet && b.held.precedes(p)
	}
	return l.quiet(at) || b.held.precedes(p) && away > l.packet+l.packet/4
}

// replaced notes that another stream takes the place of the present one.
func (b *Buffer) replaced(at time.Duration) {
	s := &b.source
	s.at, s.last, s.run = at, b.line.seq16, 0
}

// goesOn reports whether p shows that the stream that was replaced has gone on.
func (b *Buffer) goesOn(p *rtp.Packet, at time.Duration) bool {
	s := &b.source
	if !s.settled || s.wary || at-s.at < formerWait || int16(p.Sequence-s.last) <= 0 {
		return false
	}
	if s.run > 0 && p.Sequence != s.seq+1 {
		s.run = 0
	}
	s.seq = p.Sequence
	s.run++
	return s.run >= formerRun
}
