package dtmf

import (
	"encoding/binary"
	"time"
)

// eventTimeout ends an event whose end packets were all lost: a sender repeats
// at least each 50 ms (RFC 4733, section 2.5.2.2 leaves it to the receiver).
const eventTimeout = 200 * time.Millisecond

// Receiver turns RFC 4733 packets into digits, each reported once, at its end.
// An event is known by its timestamp, not by the marker, so that lost and
// duplicated packets don't matter.
//
//	        new timestamp                 E bit, timeout, next event
//	quiet ────────────────> sounding ───────────────────────────────> quiet, digit
//	  ^  same timestamp again: a duplicated end, ignored │
type Receiver struct {
	clock int // of the event that sounds, or sounded last
	next  int // of those to come

	sounding bool
	known    bool   // stamp is set: some event was seen
	stamp    uint32 // of the latest event's current segment
	code     uint8
	segment  uint32 // duration of the current segment
	before   uint64 // duration of the earlier segments
	heard    time.Time

	ready [8]Digit // reported by Next
	count int

	invalid uint64
}

// NewReceiver returns a Receiver for the clock in Hz of the event's payload type.
func NewReceiver(clockRate int) *Receiver {
	if clockRate <= 0 {
		clockRate = 8000
	}
	return &Receiver{clock: clockRate, next: clockRate}
}

// SetClock is for the packets of another payload type: its clock in Hz is that of events
// which begin from now on (RFC 4733, section 2.4.1).
func (r *Receiver) SetClock(hz int) {
	if hz > 0 {
		r.next = hz
	}
}

// Put takes the payload of a telephone-event packet.
func (r *Receiver) Put(stamp uint32, payload []byte, now time.Time) {
	// Several events in one packet (RFC 4733, section 2.5.1.5 allows none for
	// DTMF) and what lies behind the first four bytes are ignored.
	if len(payload) < EventSize || int(payload[0]) >= 256 {
		r.invalid++
		return
	}
	code, ended := payload[0], payload[1]&0x80 != 0
	duration := uint32(binary.BigEndian.Uint16(payload[2:]))
	if int(code) >= len(Digits) {
		return // flash, fax and modem signals: not digits
	}
	switch {
	case r.known && stamp == r.stamp:
		if !r.sounding {
			return // a repeated end
		}
	case r.known && r.stamp-stamp <= r.behind():
		return // a late packet of an earlier event
	case r.sounding && code == r.code && r.continues(stamp):
		r.before += uint64(stamp - r.stamp)
		r.stamp, r.segment = stamp, 0
	default:
		r.finish()
		r.sounding, r.known, r.clock = true, true, r.next
		r.code, r.stamp, r.segment, r.before = code, stamp, 0, 0
	}
	if code != r.code {
		// The same timestamp for another event: the sender is broken, and the
		// first code stands.
		return
	}
	r.segment = max(r.segment, duration)
	r.heard = now
	if ended {
		r.finish()
	}
}

// behind is how far back an earlier event can lie, or an earlier segment of this one.
// What is further off is of another source, whose timestamps are random.
func (r *Receiver) behind() uint32 { return 0xffff + uint32(5*r.clock) }

// continues reports whether stamp starts the next segment of a long event (RFC
// 4733, section 2.5.1.3): where this segment's duration comes to its limit,
// give or take the packets that were lost at the seam.
func (r *Receiver) continues(stamp uint32) bool {
	span := stamp - r.stamp
	slack := uint32(r.clock / 5)
	return span+slack > 0xffff && span <= 0xffff+slack && span <= r.segment+slack
}

// Tick ends an event that has not been heard of for long. Call it each frame.
func (r *Receiver) Tick(now time.Time) {
	if r.sounding && now.Sub(r.heard) >= eventTimeout {
		r.finish()
	}
}

// Sounding is the digit being received, 0 for none.
func (r *Receiver) Sounding() byte {
	if !r.sounding {
		return 0
	}
	return Digits[r.code]
}

// finish reports the event that sounds.
func (r *Receiver) finish() {
	if !r.sounding {
		return
	}
	r.sounding = false
	if r.count < len(r.ready) {
		units := r.before + uint64(r.segment)
		r.ready[r.count] = Digit{
			Code:     Digits[r.code],
			Duration: time.Duration(units) * time.Second / time.Duration(r.clock),
		}
		r.count++
	}
}

// Next returns the digits that ended, in order, until ok is false. Call it after
// each Put and Tick.
func (r *Receiver) Next() (d Digit, ok bool) {
	if r.count == 0 {
		return Digit{}, false
	}
	d = r.ready[0]
	copy(r.ready[:], r.ready[1:r.count])
	r.count--
	return d, true
}

// Invalid counts payloads that were too short.
func (r *Receiver) Invalid() uint64 { return r.invalid }
