package jitter

import (
	"time"

	"offhook/audio/rtp"
)

// timeline maps sequence numbers and timestamps, which wrap, jump and change
// their source, to numbers that only go on.
type timeline struct {
	begun bool
	ssrc  uint32

	// The newest packet, as it was sent and as it was mapped.
	seq16   uint16
	stamp32 uint32
	seq     int64
	stamp   time.Duration
	arrived time.Duration // the newest one with sound
	alive   time.Duration // arrival of any packet of the source
	packet  time.Duration // distance of two packets in stream time
	steady  int           // for how many packets it has been the same

	// base anchors stream time: stamp = base + (ext - origin) / clock.
	clock       int
	ext, origin int64
	base        time.Duration
	// turned is the first sequence number of the anchor: a packet that comes
	// late from before it has timestamps of another reckoning.
	turned int64

	// old is the source before this one, and newest since when.
	old    uint32
	hasOld bool
}

// place is where a packet belongs.
type place struct {
	seq    int64
	stamp  time.Duration
	behind bool // a later one came before it
	jumped bool // its timestamp has no relation to the one before
	// resized: the packet time, long the same, has changed, and with it how long after
	// its first sample a packet comes.
	resized bool
}

const (
	// A packet further away than these is strange (RFC 3550, appendix A.1 has
	// 3000 and 100; our slots can't hold more anyway).
	maxAhead  = 3000
	maxBehind = slots / 2
	// tolerance of a timestamp against the sequence number and the clock.
	tolerance = 120 * time.Millisecond
	// habit is for how many packets a packet time is the same before it counts as one.
	habit = 25
	// usual packet time, until the stream shows its own.
	usual = 20 * time.Millisecond
)

func (l *timeline) begin(p *rtp.Packet, clock int, at time.Duration) {
	*l = timeline{
		begun: true, ssrc: p.SSRC,
		seq16: p.Sequence - 1, stamp32: p.Timestamp,
		seq: slots, arrived: at, alive: at, packet: usual, clock: clock,
	}
}

// strange reports whether p is of another source or far out of sequence.
func (l *timeline) strange(p *rtp.Packet) bool {
	delta := int(int16(p.Sequence - l.seq16))
	return p.SSRC != l.ssrc || delta > maxAhead || delta < -maxBehind
}

// quiet reports whether the source has stopped, so that another may follow
// without proof.
func (l *timeline) quiet(at time.Duration) bool { return at-l.alive > 2*l.packet+usual }

// retired reports whether p is of the source before, which the present one has
// replaced and which still sends.
func (l *timeline) retired(p *rtp.Packet, at time.Duration) bool {
	return l.hasOld && p.SSRC == l.old && p.SSRC != l.ssrc && at-l.alive < 500*time.Millisecond
}

// adopt makes p the next packet, whatever its numbers: it plays right after the
// newest (no click, no silence, no delay added).
func (l *timeline) adopt(p *rtp.Packet, clock int, at time.Duration) {
	if p.SSRC != l.ssrc {
		l.old, l.hasOld = l.ssrc, true
	}
	l.ssrc = p.SSRC
	l.seq16 = p.Sequence - 1
	l.anchor(p.Timestamp, clock, l.stamp+l.packet)
	l.arrived, l.alive = at, at
}

// anchor makes a timestamp mean a stream time.
func (l *timeline) anchor(stamp uint32, clock int, means time.Duration) {
	l.turned = l.seq + 1
	l.clock = clock
	l.stamp32 = stamp
	l.ext = int64(stamp)
	l.origin, l.base = l.ext, means
}

// place maps p and moves the timeline. waiting says whether packets before it
// are still to be played.
func (l *timeline) place(p *rtp.Packet, clock int, at time.Duration, waiting bool) (w place) {
	delta := int64(int16(p.Sequence - l.seq16))
	w.seq = l.seq + delta
	l.alive = at
	if delta <= 0 {
		w.behind = true
		w.stamp = l.stamp + time.Duration(delta)*l.packet
		stamp := l.at(l.ext+int64(int32(p.Timestamp-l.stamp32)), l.origin, l.base)
		if w.seq >= l.turned && stamp <= l.stamp && stamp > w.stamp-time.Second {
			w.stamp = stamp
		}
		return w
	}
	if delta >= slots && waiting {
		// A hole that the slots can't hold (an event sent in place of audio, an
		// outage): the timestamps tell its length, the numbers need not.
		w.seq = l.seq + 2
	}
	step := l.at(int64(int32(p.Timestamp-l.stamp32)), 0, 0)
	if clock != l.clock || !l.explained(step, delta, at) {
		l.anchor(p.Timestamp, clock, l.stamp+time.Duration(min(delta, 8))*l.packet)
		w.jumped = true
	} else {
		l.ext += int64(int32(p.Timestamp - l.stamp32))
		if delta == 1 && step > 0 && step <= tolerance {
			w.resized = step != l.packet && l.steady >= habit
			if l.steady++; step != l.packet {
				l.packet, l.steady = step, 0
			}
		}
	}
	w.stamp = l.at(l.ext, l.origin, l.base)
	l.seq16, l.stamp32 = p.Sequence, p.Timestamp
	l.seq, l.stamp, l.arrived = w.seq, w.stamp, at
	return w
}

// pass maps a packet without sound: its timestamp means something else.
func (l *timeline) pass(p *rtp.Packet, at time.Duration, waiting bool) int64 {
	delta := int64(int16(p.Sequence - l.seq16))
	l.alive = at
	seq := l.seq + delta
	if delta >= slots && waiting {
		seq = l.seq + 2
	}
	if delta > 0 {
		l.seq16, l.seq = p.Sequence, seq
	}
	return seq
}

// explained reports whether a step of the timestamp agrees with the packets
// sent meanwhile, with the time that passed (a pause without packets), or lies
// between the two.
func (l *timeline) explained(step time.Duration, delta int64, at time.Duration) bool {
	sent := time.Duration(delta) * l.packet
	passed := at - l.arrived
	return step >= min(sent, passed)-tolerance && step <= max(sent, passed)+tolerance
}

// at converts an unwrapped timestamp to stream time, without overflow.
func (l *timeline) at(ext, origin int64, base time.Duration) time.Duration {
	x, clock := ext-origin, int64(l.clock)
	return base + time.Duration(x/clock)*time.Second + time.Duration(x%clock)*time.Second/time.Duration(clock)
}

// held is a strange packet that waits for one that follows it in sequence.
type held struct {
	filled bool
	p      rtp.Packet
	at     time.Duration
	size   int
	data   [maxPayload]byte
}

func (h *held) keep(p *rtp.Packet, at time.Duration) {
	h.filled, h.p, h.at = true, *p, at
	h.size = copy(h.data[:], p.Payload)
	h.p.Payload = nil
}

// precedes reports whether p is the one that h waits for.
func (h *held) precedes(p *rtp.Packet) bool {
	return h.filled && h.p.SSRC == p.SSRC && h.p.Sequence+1 == p.Sequence
}

// take returns the packet that was held before p.
func (h *held) take(p *rtp.Packet) (first rtp.Packet, ok bool) {
	ok = h.precedes(p)
	h.filled = false
	if ok {
		first = h.p
		first.Payload = h.data[:h.size]
	}
	return first, ok
}
