package dtmf

import (
	"encoding/binary"
	"time"
)

// EventSize is the length of an RFC 4733 payload.
const EventSize = 4

// SenderConfig sets the timing of events. The zero value is documented per field.
type SenderConfig struct {
	// ClockRate is that of the event's payload type, and of the stream. Zero means 8000.
	ClockRate int
	// Ptime is the packet time. Zero means 20 ms.
	Ptime time.Duration
	// Tone is how long a digit lasts, Gap the silence after it. Zero means 100
	// and 50 ms. Both are rounded up to whole packets.
	Tone, Gap time.Duration
	// Volume is the power in -dBm0, 0 to 63. Zero means 10; there is no 0 dBm0.
	Volume uint8
}

// Packet is one RFC 4733 packet to send in place of an audio frame.
type Packet struct {
	Stamp  uint32
	Marker bool
	Size   int // of the payload
	// Ended is the digit that has gone out whole with this packet, 0 for none.
	Ended byte
}

// What one packet time does while the Sender is active.
type phase uint8

const (
	idle phase = iota
	tone       // the digit sounds: growing duration
	end        // its end is sent again, twice
	gap        // silence between digits, or a pause
)

// Sender turns digits into events, one packet a packet time.
//
//	        digit              duration whole         third end
//	idle ──────────> tone (marker, E=0 …) ──> end (E=1, x3) ──> gap ──> next digit, idle
//	  └──── pause ────────────────────────────────────────────> gap
type Sender struct {
	cfg   SenderConfig
	ptime uint32 // in clock units
	queue []item

	phase    phase
	code     byte
	stamp    uint32 // of the current event, or of its current segment
	duration uint32 // of the segment so far
	left     int    // packets of the current phase still to come
	marker   bool
}

type item struct {
	digit   byte
	packets int // how long it sounds, or pauses
}

// NewSender returns an idle Sender.
func NewSender(c SenderConfig) *Sender {
	if c.ClockRate == 0 {
		c.ClockRate = 8000
	}
	if c.Ptime <= 0 {
		c.Ptime = 20 * time.Millisecond
	}
	if c.Tone == 0 {
		c.Tone = DefaultTone
	}
	if c.Gap == 0 {
		c.Gap = 50 * time.Millisecond
	}
	if c.Volume == 0 {
		c.Volume = 10
	}
	return &Sender{cfg: c, ptime: uint32(c.Ptime * time.Duration(c.ClockRate) / time.Second)}
}

// packets is d in packet times, rounded up, one at least.
func (s *Sender) packets(d time.Duration) int {
	return int(max((d+s.cfg.Ptime-1)/s.cfg.Ptime, 1))
}

// Queue adds digits, each of the configured length. On an error none is added.
func (s *Sender) Queue(digits string) error {
	if err := Check(digits); err != nil {
		return err
	}
	for i := range len(digits) {
		it := item{digit: digits[i], packets: s.packets(s.cfg.Tone)}
		if digits[i] == Pause {
			it.packets = s.packets(PauseTime)
		}
		s.queue = append(s.queue, it)
	}
	return nil
}

// queueLong adds one digit that lasts for d.
func (s *Sender) queueLong(digit byte, d time.Duration) error {
	if _, ok := Event(digit); !ok {
		return &DigitError{Digits: string(rune(digit))}
	}
	s.queue = append(s.queue, item{digit: digit, packets: s.packets(d)})
	return nil
}

// Active reports whether Next would take the place of audio.
func (s *Sender) Active() bool { return s.phase != idle || len(s.queue) > 0 }

// Clear drops what is queued. A digit that sounds is still ended properly.
func (s *Sender) Clear() { s.queue = s.queue[:0] }

// Next is called once each packet time with the timestamp that an audio packet
// would have. While the Sender is active it takes that packet's place: send
// tells whether payload, of at least EventSize bytes, is to be sent, or nothing
// (between digits). active is false when audio flows.
func (s *Sender) Next(payload []byte, now uint32) (p Packet, send, active bool) {
	if s.phase == idle && !s.begin(now) {
		return Packet{}, false, false
	}
	switch s.phase {
	case tone:
		return s.sound(payload, now), true, true
	case end:
		return s.repeat(payload), true, true
	case gap, idle:
		s.left--
		if s.left <= 0 {
			s.phase = idle
		}
	}
	return Packet{}, false, true
}

// begin takes the next item of the queue.
func (s *Sender) begin(now uint32) bool {
	if len(s.queue) == 0 {
		return false
	}
	it := s.queue[0]
	copy(s.queue, s.queue[1:])
	s.queue = s.queue[:len(s.queue)-1]
	s.left = it.packets
	if it.digit == Pause {
		s.phase = gap
		return true
	}
	s.phase, s.code, s.marker = tone, it.digit, true
	s.stamp, s.duration = now, 0
	return true
}

// sound sends the duration so far; the last packet has the end bit.
func (s *Sender) sound(payload []byte, now uint32) Packet {
	if s.duration+s.ptime > 0xffff {
		// A long event goes on in a new segment, without end and marker (RFC
		// 4733, section 2.5.1.3).
		s.stamp, s.duration = now, 0
	}
	s.duration += s.ptime
	s.left--
	last := s.left <= 0
	p := s.packet(payload, last)
	if last {
		s.phase, s.left = end, 2
	}
	return p
}

// repeat sends the end again: three in all, a packet time apart (RFC 4733,
// section 2.5.1.4).
func (s *Sender) repeat(payload []byte) Packet {
	p := s.packet(payload, true)
	if s.left--; s.left == 0 {
		p.Ended = s.code
		// The repeated ends are part of the gap.
		s.phase, s.left = gap, s.packets(s.cfg.Gap)-2
		if s.left <= 0 {
			s.phase = idle
		}
	}
	return p
}

// Cut ends the digit that sounds, before its time: called until ok is false it gives the
// end's packets that are still to be sent, all at once, for a stream that ends or changes
// now. The digits that are queued are dropped.
func (s *Sender) Cut(payload []byte) (p Packet, ok bool) {
	s.queue = s.queue[:0]
	switch s.phase {
	case tone:
		if s.duration == 0 {
			s.duration = s.ptime // nothing was sent of it: as short as can be
		}
		p = s.packet(payload, true)
		s.phase, s.left = end, 2
		return p, true
	case end:
		return s.repeat(payload), true
	case gap, idle:
		s.phase = idle
	}
	return Packet{}, false
}

func (s *Sender) packet(payload []byte, ended bool) Packet {
	code, _ := Event(s.code)
	payload[0] = code
	payload[1] = s.cfg.Volume & 0x3f
	if ended {
		payload[1] |= 0x80
	}
	binary.BigEndian.PutUint16(payload[2:], uint16(s.duration))
	p := Packet{Stamp: s.stamp, Marker: s.marker, Size: EventSize}
	s.marker = false
	return p
}
