package rtp

import "time"

// Limits of RFC 3550, appendix A.1.
const (
	maxDropout    = 3000
	maxMisorder   = 100
	minSequential = 2
	seqMod        = 1 << 16
)

// Verdict is what Receiver makes of a packet.
type Verdict uint8

const (
	// Accepted: in order, or a little out of it.
	Accepted Verdict = iota
	// Started: like Accepted; the source became valid with it.
	Started
	// Probation: the source is not yet valid: too few packets in sequence.
	Probation
	// Rejected: its sequence number is far off; a second one in sequence
	// restarts the source.
	Rejected
)

// Receiver keeps the statistics of one incoming stream (RFC 3550, appendices
// A.1, A.3 and A.8). Another SSRC starts the statistics again; the totals go on.
//
//	           2 in sequence            far jump
//	Probation ───────────────> Valid ─────────────> Valid, bad seq noted
//	    ^                        ^                      │ next in sequence
//	    └── new SSRC             └──────────────────────┘ (restart)
type Receiver struct {
	clock int
	ssrc  uint32
	begun bool // a first packet came

	maxSeq    uint16
	cycles    uint32 // shifted count of sequence number cycles
	baseSeq   uint32
	badSeq    uint32
	probation int
	received  uint32

	expectedPrior, receivedPrior uint32

	transit uint32
	jitter  float64 // in clock units
	timed   bool    // transit is set
	lastTS  uint32
	lastSeq uint16
	step    uint32 // clock units from one packet to the next

	seen  [dupWindow / 64]uint64 // which of the last sequence numbers came
	total Totals
}

// dupWindow is how far back a duplicate is known.
const dupWindow = 1024

// Totals count over the life of a Receiver, across changes of SSRC.
type Totals struct {
	Packets, Bytes       uint64 // of payload
	Duplicate, Reordered uint64
	Sources              int // streams that were seen
	// Lost is the sum of RFC 3550's cumulative number over ended sources; see
	// Receiver.Lost for all.
	lost int64
}

// NewReceiver returns a Receiver for a format of this RTP clock in Hz.
func NewReceiver(clockRate int) *Receiver { return &Receiver{clock: max(clockRate, 1)} }

// SSRC is the current source, false before the first packet.
func (r *Receiver) SSRC() (uint32, bool) { return r.ssrc, r.begun }

// SetClockRate is for a change of format within a stream: jitter goes on in the
// new units from the next packet (RFC 7160).
func (r *Receiver) SetClockRate(hz int) {
	if hz > 0 && hz != r.clock {
		r.jitter = r.jitter * float64(hz) / float64(r.clock)
		r.step = 0
		r.clock = hz
		r.timed = false
	}
}

// Update takes a packet's arrival.
func (r *Receiver) Update(p *Packet, now time.Time) Verdict {
	if !r.begun || p.SSRC != r.ssrc {
		r.begin(p)
	}
	r.total.Packets++
	r.total.Bytes += uint64(len(p.Payload))
	v := r.sequence(p.Sequence)
	if v == Accepted || v == Started {
		r.measure(p)
		r.arrival(p.Timestamp, now)
	}
	return v
}

// begin starts a source.
func (r *Receiver) begin(p *Packet) {
	if r.begun {
		r.total.lost += r.lost()
	}
	r.total.Sources++
	r.ssrc, r.begun = p.SSRC, true
	r.restart(p.Sequence)
	r.maxSeq = p.Sequence - 1
	r.probation = minSequential
	r.jitter, r.timed, r.step = 0, false, 0
}

// restart is init_seq of A.1.
func (r *Receiver) restart(seq uint16) {
	r.baseSeq = uint32(seq)
	r.maxSeq = seq
	r.badSeq = seqMod + 1 // so that no sequence number equals it
	r.cycles = 0
	r.received = 0
	r.receivedPrior, r.expectedPrior = 0, 0
	clear(r.seen[:])
}

// sequence is update_seq of A.1.
func (r *Receiver) sequence(seq uint16) Verdict {
	delta := seq - r.maxSeq
	if r.probation > 0 {
		if seq == r.maxSeq+1 {
			r.probation--
			r.maxSeq = seq
			if r.probation == 0 {
				r.restart(seq)
				// Unlike A.1 the packets on probation count: they were played.
				r.baseSeq = (uint32(seq) + seqMod - (minSequential - 1)) % seqMod
				if r.baseSeq > uint32(seq) {
					r.cycles = seqMod
				}
				r.mark(seq)
				r.mark(seq - 1)
				r.received = minSequential
				return Started
			}
		} else {
			r.probation = minSequential - 1
			r.maxSeq = seq
		}
		return Probation
	}
	switch {
	case delta == 0:
		r.total.Duplicate++
		r.received++
		return Accepted
	case delta < maxDropout:
		r.forget(delta)
		if seq < r.maxSeq {
			r.cycles += seqMod
		}
		r.maxSeq = seq
	case delta <= seqMod-maxMisorder:
		if uint32(seq) != r.badSeq {
			r.badSeq = (uint32(seq) + 1) & (seqMod - 1)
			return Rejected
		}
		// Two in sequence: the other side restarted without telling.
		r.total.lost += r.lost()
		r.restart(seq)
	default:
		if r.marked(seq) {
			r.total.Duplicate++
		} else {
			r.total.Reordered++
		}
	}
	r.mark(seq)
	r.received++
	return Accepted
}

func (r *Receiver) mark(seq uint16) { r.seen[seq%dupWindow/64] |= 1 << (seq % 64) }

func (r *Receiver) marked(seq uint16) bool { return r.seen[seq%dupWindow/64]>>(seq%64)&1 != 0 }

// forget clears the marks of the n numbers after maxSeq.
func (r *Receiver) forget(n uint16) {
	if n >= dupWindow {
		clear(r.seen[:])
		return
	}
	for i := uint16(1); i <= n; i++ {
		seq := r.maxSeq + i
		r.seen[seq%dupWindow/64] &^= 1 << (seq % 64)
	}
}

// measure takes the packet time from two packets in sequence.
func (r *Receiver) measure(p *Packet) {
	if step := p.Timestamp - r.lastTS; r.timed && p.Sequence == r.lastSeq+1 && step > 0 && int64(step) <= int64(r.clock)/4 {
		r.step = step
	}
	r.lastSeq = p.Sequence
}

// PacketTime is how much sound a packet of the peer's holds, 0 before that is known.
func (r *Receiver) PacketTime() time.Duration {
	return time.Duration(r.step) * time.Second / time.Duration(r.clock)
}

// arrival is the jitter of A.8. Packets of one timestamp (an RFC 4733 event, or
// a frame in two packets) say nothing about it but once.
func (r *Receiver) arrival(stamp uint32, now time.Time) {
	if r.timed && stamp == r.lastTS {
		return
	}
	// Any epoch will do: only differences count, modulo 2^32.
	ns := now.UnixNano()
	sec, frac := ns/int64(time.Second), ns%int64(time.Second)
	at := uint32(sec*int64(r.clock) + frac*int64(r.clock)/int64(time.Second))
	transit := at - stamp
	if r.timed {
		d := int32(transit - r.transit)
		if d < 0 {
			d = -d
		}
		// A jump of the timestamp is not jitter.
		if d >= 0 && int(d) < 10*r.clock {
			r.jitter += (float64(d) - r.jitter) / 16
		}
	}
	r.transit, r.timed, r.lastTS = transit, true, stamp
}

// extended is the highest sequence number with its cycles.
func (r *Receiver) extended() uint32 { return r.cycles + uint32(r.maxSeq) }

func (r *Receiver) expected() uint32 {
	if !r.begun || r.probation > 0 {
		return 0
	}
	return r.extended() - r.baseSeq + 1
}

func (r *Receiver) lost() int64 { return int64(int32(r.expected() - r.received)) }

// Lost is the cumulative number of packets lost over all sources; duplicates
// can make it negative (RFC 3550, section 6.4.1).
func (r *Receiver) Lost() int64 { return r.total.lost + r.lost() }

// Totals are the counts since the Receiver was made.
func (r *Receiver) Totals() Totals { return r.total }

// Jitter is the interarrival jitter.
func (r *Receiver) Jitter() time.Duration {
	return time.Duration(r.jitter * float64(time.Second) / float64(r.clock))
}

// Block is the reception report about the current source, false when there is
// none that is valid. It closes the interval that the fraction lost covers, so
// it is called once for each report.
func (r *Receiver) Block() (Block, bool) {
	if !r.begun || r.probation > 0 {
		return Block{}, false
	}
	expected := r.expected()
	interval := int64(expected - r.expectedPrior)
	lost := interval - int64(r.received-r.receivedPrior)
	r.expectedPrior, r.receivedPrior = expected, r.received
	var fraction uint8
	if interval > 0 && lost > 0 {
		fraction = uint8(min(lost<<8/interval, 255))
	}
	return Block{
		SSRC:     r.ssrc,
		Fraction: fraction,
		Lost:     int32(min(max(r.lost(), -1<<23), 1<<23-1)),
		Highest:  r.extended(),
		Jitter:   uint32(r.jitter),
	}, true
}
