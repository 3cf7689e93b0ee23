package rtp

import (
	"encoding/binary"
	"math"
	"time"
)

// Extended reports (RFC 3611): how the voice is, in a block of its own, and the round trip
// for a receiver that sends nothing.
//
//	     0                   1                   2                   3
//	    |V=2|P|reserved |   PT=XR=207   |             length            |
//	    |                              SSRC of the reporter             |
//	    |  block type   | type-specific |         block length          | ... again
//
// Blocks that we don't know are skipped.

// XRBlocks are kinds of blocks, as a=rtcp-xr names them.
type XRBlocks uint8

const (
	// XRVoIPMetrics asks for VoIP metrics.
	XRVoIPMetrics XRBlocks = 1 << iota
	// XRReceiverRTT asks for receiver reference times, and answers by DLRR.
	XRReceiverRTT
)

// The blocks that we read and write, and the packet type.
const (
	xrPacket     = 207
	xrReference  = 4
	xrDLRR       = 5
	xrVoIP       = 7
	voipWords    = 8
	subBlockSize = 12
)

// XR is what the extended reports of a compound packet hold.
type XR struct {
	// Reference is the reporter's wallclock, 0 for none: RRTR (section 4.4).
	Reference uint64
	// Answers are about reference times that the reporter has had: DLRR (section 4.5).
	Answers []Answer
	// VoIP are metrics about streams that the reporter receives (section 4.7).
	VoIP []VoIPMetrics
}

// Answer is a sub-block of DLRR: to whom, the middle of the reference time, and the time
// since it came in 1/65536 s.
type Answer struct{ SSRC, Last, Delay uint32 }

// maxBlocks bounds what is kept of a report: one datagram can name dozens of streams,
// and a call has one or two.
const maxBlocks = 8

// VoIPMetrics is the block of RFC 3611, section 4.7. Fractions are 0 to 1. Level, noise
// and echo loss are 127 when they aren't known, and so are the ratings.
type VoIPMetrics struct {
	SSRC uint32 // the stream it is about
	// Loss and Discard are the fractions that the network lost, and that came too late
	// or too early to be used.
	Loss, Discard              float64
	BurstDensity, GapDensity   float64
	BurstDuration, GapDuration time.Duration
	RoundTrip, EndSystem       time.Duration
	SignalLevel, NoiseLevel    int8  // dBm0
	EchoLoss                   uint8 // RERL, dB
	Gmin                       uint8
	R, ExternalR               uint8
	MOSLQ, MOSCQ               float64 // 0 for unknown
	Concealment                Concealment
	Adaptive                   bool // the jitter buffer
	Rate                       uint8
	Nominal, Maximum, Absolute time.Duration // delays of the jitter buffer
}

// Concealment is what stands in for a lost packet (section 4.7.6).
type Concealment uint8

const (
	ConcealmentUnknown Concealment = iota
	ConcealmentDisabled
	ConcealmentEnhanced
	ConcealmentStandard
)

// Unavailable stands for a level or rating that isn't known.
const Unavailable = 127

// Known says that the block is one: the zero value is none.
func (m VoIPMetrics) Known() bool { return m.Gmin != 0 }

// appendXR adds the packet that x makes to a compound one; nothing for an empty x.
func appendXR(raw []byte, ssrc uint32, x *XR) []byte {
	if x == nil || x.Reference == 0 && len(x.Answers) == 0 && len(x.VoIP) == 0 {
		return raw
	}
	start := len(raw)
	be := binary.BigEndian
	raw = append(raw, 2<<6, xrPacket, 0, 0)
	raw = be.AppendUint32(raw, ssrc)
	if x.Reference != 0 {
		raw = append(raw, xrReference, 0, 0, 2)
		raw = be.AppendUint64(raw, x.Reference)
	}
	if n := len(x.Answers); n > 0 {
		raw = append(raw, xrDLRR, 0)
		raw = be.AppendUint16(raw, uint16(3*n))
		for _, a := range x.Answers {
			raw = be.AppendUint32(raw, a.SSRC)
			raw = be.AppendUint32(raw, a.Last)
			raw = be.AppendUint32(raw, a.Delay)
		}
	}
	for _, m := range x.VoIP {
		raw = append(raw, xrVoIP, 0, 0, voipWords)
		raw = m.append(raw)
	}
	be.PutUint16(raw[start+2:], uint16((len(raw)-start)/4-1))
	return raw
}

func (m VoIPMetrics) append(raw []byte) []byte {
	be := binary.BigEndian
	raw = be.AppendUint32(raw, m.SSRC)
	raw = append(raw, fraction(m.Loss), fraction(m.Discard), fraction(m.BurstDensity), fraction(m.GapDensity))
	for _, d := range []time.Duration{m.BurstDuration, m.GapDuration, m.RoundTrip, m.EndSystem} {
		raw = be.AppendUint16(raw, millis(d))
	}
	raw = append(raw, byte(m.SignalLevel), byte(m.NoiseLevel), m.EchoLoss, m.Gmin, m.R, m.ExternalR, opinion(m.MOSLQ), opinion(m.MOSCQ))
	config := byte(m.Concealment)<<6 | 2<<4 // JBA: not adaptive
	if m.Adaptive {
		config |= 1 << 4
	}
	raw = append(raw, config|m.Rate&15, 0)
	for _, d := range []time.Duration{m.Nominal, m.Maximum, m.Absolute} {
		raw = be.AppendUint16(raw, millis(d))
	}
	return raw
}

func fraction(f float64) byte {
	return byte(min(max(math.Round(f*256), 0), 255))
}

func millis(d time.Duration) uint16 {
	return uint16(min(max(d.Round(time.Millisecond)/time.Millisecond, 0), math.MaxUint16))
}

// opinion is a MOS in tenths, 10 to 50.
func opinion(mos float64) byte {
	if mos <= 0 {
		return Unavailable
	}
	return byte(min(max(math.Round(mos*10), 10), 50))
}

// parse reads an XR packet, header included, whose length was checked. A block that runs
// over the end, and what follows it, is left out.
func (x *XR) parse(raw []byte) {
	if len(raw) < 8 {
		return
	}
	for raw = raw[8:]; len(raw) >= 4; {
		size := 4 + 4*int(binary.BigEndian.Uint16(raw[2:]))
		if size > len(raw) {
			return
		}
		x.block(raw[0], raw[4:size])
		raw = raw[size:]
	}
}

func (x *XR) block(kind byte, body []byte) {
	be := binary.BigEndian
	switch {
	case kind == xrReference && len(body) == 8:
		x.Reference = be.Uint64(body)
	case kind == xrDLRR:
		for ; len(body) >= subBlockSize && len(x.Answers) < maxBlocks; body = body[subBlockSize:] {
			x.Answers = append(x.Answers, Answer{be.Uint32(body), be.Uint32(body[4:]), be.Uint32(body[8:])})
		}
	case kind == xrVoIP && len(body) == 4*voipWords && len(x.VoIP) < maxBlocks:
		x.VoIP = append(x.VoIP, readVoIP(body))
	}
}

func readVoIP(b []byte) VoIPMetrics {
	part := func(i int) float64 { return float64(b[i]) / 256 }
	span := func(i int) time.Duration { return time.Duration(binary.BigEndian.Uint16(b[i:])) * time.Millisecond }
	mos := func(i int) float64 {
		if b[i] < 10 || b[i] > 50 { // 127 is unknown, the rest senseless
			return 0
		}
		return float64(b[i]) / 10
	}
	return VoIPMetrics{
		SSRC: binary.BigEndian.Uint32(b), Loss: part(4), Discard: part(5), BurstDensity: part(6), GapDensity: part(7),
		BurstDuration: span(8), GapDuration: span(10), RoundTrip: span(12), EndSystem: span(14),
		SignalLevel: int8(b[16]), NoiseLevel: int8(b[17]), EchoLoss: b[18], Gmin: max(b[19], 1),
		R: b[20], ExternalR: b[21], MOSLQ: mos(22), MOSCQ: mos(23),
		Concealment: Concealment(b[24] >> 6), Adaptive: b[24]>>4&3 == 3, Rate: b[24] & 15,
		Nominal: span(26), Maximum: span(28), Absolute: span(30),
	}
}

// About are the metrics about the stream ssrc.
func (x *XR) About(ssrc uint32) (VoIPMetrics, bool) {
	if x != nil {
		for _, m := range x.VoIP {
			if m.SSRC == ssrc {
				return m, true
			}
		}
	}
	return VoIPMetrics{}, false
}

// LastReference remembers the peer's latest reference time, to be answered.
type LastReference struct {
	ssrc, middle uint32
	at           time.Time
}

// Note takes the reference time of ssrc that arrived at now.
func (l *LastReference) Note(ssrc uint32, ntp uint64, now time.Time) {
	*l = LastReference{ssrc: ssrc, middle: Middle(ntp), at: now}
}

// Answer is what the DLRR says; false when there is nothing to answer.
func (l *LastReference) Answer(now time.Time) (Answer, bool) {
	if l.middle == 0 {
		return Answer{}, false
	}
	return Answer{SSRC: l.ssrc, Last: l.middle, Delay: uint32(max(now.Sub(l.at), 0) * 65536 / time.Second)}, true
}

// RTT is the round trip that the peer's answer to our reference time shows (section 4.5).
func (x *XR) RTT(ssrc uint32, now time.Time) (time.Duration, bool) {
	if x != nil {
		for _, a := range x.Answers {
			if a.SSRC == ssrc {
				return RTT(Block{LastSR: a.Last, Delay: a.Delay}, now)
			}
		}
	}
	return 0, false
}
