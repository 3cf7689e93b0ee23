package rtp

import (
	"encoding/binary"
	"time"
)

// Sender numbers and stamps the packets of one outgoing stream, and counts them
// for the sender report. Packets go out by one of three verbs; each call covers
// one packet time.
//
//	Audio    a frame of audio: stamped with the clock, which then advances
//	Event    an RFC 4733 packet: stamped with the event's start; the clock advances
//	Silence  nothing: the clock advances and the next Audio carries the marker
type Sender struct {
	ssrc    uint32
	seq     uint16 // of the next packet
	stamp   uint32 // of the next frame
	clock   int
	talking bool

	packets, octets uint64
	// Where the stream's clock stood when the last packet went out: an SR
	// extrapolates from it.
	lastStamp uint32
	lastAt    time.Time
}

// SenderConfig starts a Sender. SSRC, sequence and timestamp must be random
// (RFC 3550, sections 5.1 and 8.1); the caller brings the randomness.
type SenderConfig struct {
	SSRC      uint32
	Sequence  uint16
	Timestamp uint32
	// ClockRate of the format in Hz. Zero means 8000.
	ClockRate int
}

// NewSender returns a Sender that has sent nothing.
func NewSender(c SenderConfig) *Sender {
	if c.ClockRate == 0 {
		c.ClockRate = 8000
	}
	return &Sender{ssrc: c.SSRC, seq: c.Sequence, stamp: c.Timestamp, clock: c.ClockRate}
}

// SSRC is the stream's source identifier.
func (s *Sender) SSRC() uint32 { return s.ssrc }

// ClockRate is the stream's clock in Hz.
func (s *Sender) ClockRate() int { return s.clock }

// Timestamp is that of the next frame: an event that replaces it starts there.
func (s *Sender) Timestamp() uint32 { return s.stamp }

// Packets and Octets (of payload) that were sent.
func (s *Sender) Packets() uint64 { return s.packets }
func (s *Sender) Octets() uint64  { return s.octets }

// Audio writes the header in front of n bytes of payload at buf[HeaderSize:]
// and returns the packet, which aliases buf. duration is that of the frame in
// clock units. The first packet after Silence, or of all, has the marker (RFC
// 3551, section 4.1).
func (s *Sender) Audio(buf []byte, n int, pt uint8, duration uint32, now time.Time) []byte {
	marker := !s.talking
	s.talking = true
	pkt := s.write(buf, n, pt, marker, s.stamp, now)
	s.stamp += duration
	return pkt
}

// Event is Audio for a telephone-event payload: stamp is the start of the event
// and stays the same for all of its packets (RFC 4733, section 2.5.1).
func (s *Sender) Event(buf []byte, n int, pt uint8, marker bool, stamp, duration uint32, now time.Time) []byte {
	pkt := s.write(buf, n, pt, marker, stamp, now)
	s.stamp += duration
	return pkt
}

// Silence passes over duration clock units in which nothing is sent.
func (s *Sender) Silence(duration uint32) {
	s.stamp += duration
	s.talking = false
}

func (s *Sender) write(buf []byte, n int, pt uint8, marker bool, stamp uint32, now time.Time) []byte {
	pkt := buf[:HeaderSize+n]
	pkt[0] = 2 << 6
	pkt[1] = pt & 0x7f
	if marker {
		pkt[1] |= 0x80
	}
	binary.BigEndian.PutUint16(pkt[2:], s.seq)
	binary.BigEndian.PutUint32(pkt[4:], stamp)
	binary.BigEndian.PutUint32(pkt[8:], s.ssrc)
	s.seq++
	s.packets++
	s.octets += uint64(n)
	s.lastStamp, s.lastAt = s.stamp, now
	return pkt
}

// StampAt is the stream's timestamp at the instant now, for a sender report
// (RFC 3550, section 6.4.1: it corresponds to the NTP time, not to a packet).
func (s *Sender) StampAt(now time.Time) uint32 {
	if s.packets == 0 {
		return s.stamp
	}
	return s.lastStamp + uint32(int64(now.Sub(s.lastAt))*int64(s.clock)/int64(time.Second))
}
