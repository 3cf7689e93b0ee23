package jitter

import (
	"fmt"
	"time"

	"offhook/audio/dsp"
	"offhook/audio/rtp"
	"offhook/codec"
)

// Format binds a payload type to its decoder.
type Format struct {
	PT      uint8
	Decoder codec.Decoder
	// ClockRate and SampleRate are those of codec.Info.
	ClockRate, SampleRate int
}

// Config of a Buffer.
type Config struct {
	// Formats are what the peer may send.
	Formats []Format
	// ComfortNoisePT is the payload type of RFC 3389, 0 for none; its clock is
	// 8000 Hz.
	ComfortNoisePT uint8
	// Rate is the sample rate of Pull in Hz. Zero means that of the first
	// format. A peer that changes to a format of another rate is resampled.
	Rate int
	// Min and Max bound the target delay. Zero means none and 400 ms.
	Min, Max time.Duration
}

// Sizes of what is allocated once.
const (
	slots      = 256  // packets that can wait: 5 s of 20 ms
	maxPayload = 1500 // octets
)

// Buffer is one stream's jitter buffer.
//
//	          first packet           target met            nothing for 300 ms,
//	(empty) ───────────────> waiting ──────────> playing   comfort noise
//	                           ^                    └──────────┐
//	                           └───────────────────────────────┘
type Buffer struct {
	cfg     Config
	formats []Format
	rate    int
	epoch   time.Time // of all arrival times; set by the first call

	line  timeline
	delay estimate
	held  held
	slot  [slots]slot
	next  int64 // sequence number to be played next
	count int   // filled slots from next on

	mode   mode
	cur    int           // index of the format that is playing, -1 before the first
	play   time.Duration // stream time of the next sample to be decoded
	hidden time.Duration // played since then without a packet
	gap    time.Duration // the part of hidden while a later packet waited
	// pending is what was concealed since the last packet, not yet accounted,
	// starved whether it was for want of any packet; paused is how long a pause
	// has lasted.
	pending time.Duration
	starved bool
	paused  time.Duration
	noisy   bool // comfort noise fills pauses
	noise   noise
	edge    bool    // the next noise follows audio
	margin  minimum // delay beyond the target: a pull that comes late isn't delay
	pull    span    // longest recent Pull

	frame [2 * codec.MaxFrame]int16
	r, w  int // frame[r:w] is still to be played
	out   *dsp.Resampler
	rates map[int]*dsp.Resampler // by sample rate, made by SetFormats

	lossRate float64 // of packets
	fec      bool    // a lost frame was recovered lately

	stats Stats
}

// mode is what happens when the next packet isn't there.
type mode uint8

const (
	waiting mode = iota // pauses are free: the next packet waits for the target
	playing
)

// slot holds a packet. seq stays after it was played, to know a duplicate.
type slot struct {
	seq    int64
	filled bool
	format int // index, or comfort
	stamp  time.Duration
	size   int
	data   [maxPayload]byte
}

func (s *slot) payload() []byte { return s.data[:s.size] }

// comfort is the format index of RFC 3389 packets.
const comfort = -2

// New returns an empty Buffer.
func New(cfg Config) (*Buffer, error) {
	if cfg.Max <= 0 {
		cfg.Max = 400 * time.Millisecond
	}
	b := &Buffer{cfg: cfg, cur: -1, rate: cfg.Rate}
	b.delay.init()
	b.margin.period = 500 * time.Millisecond
	for i := range b.slot {
		b.slot[i].seq = -1
	}
	if err := b.SetFormats(cfg.Formats, cfg.ComfortNoisePT); err != nil {
		return nil, err
	}
	return b, nil
}

// SetFormats is for a new offer/answer round: what waits in a format that is no
// longer there is dropped, the stream and its delay go on.
func (b *Buffer) SetFormats(formats []Format, comfortNoisePT uint8) error {
	if len(formats) == 0 {
		return fmt.Errorf("a jitter buffer needs a format")
	}
	if b.rate == 0 {
		b.rate = formats[0].SampleRate
	}
	rates := make(map[int]*dsp.Resampler)
	for _, f := range formats {
		if f.ClockRate <= 0 || f.Decoder == nil {
			return fmt.Errorf("payload type %d has no clock or no decoder", f.PT)
		}
		if rates[f.SampleRate] == nil {
			r, err := dsp.NewResampler(f.SampleRate, b.rate)
			if err != nil {
				return err
			}
			rates[f.SampleRate] = r
		}
	}
	old := b.formats
	b.formats = append([]Format(nil), formats...)
	b.cfg.ComfortNoisePT = comfortNoisePT
	b.rates = rates
	for i := range b.slot {
		if s := &b.slot[i]; s.filled && s.format >= 0 {
			if s.format = b.find(old[s.format].PT); s.format < 0 {
				s.filled = false
				b.count--
				b.stats.Discarded++
			}
		}
	}
	cur := -1
	if b.cur >= 0 {
		cur = b.find(old[b.cur].PT)
	}
	b.held.filled = false
	b.r, b.w = 0, 0
	b.cur = -1
	b.use(max(cur, 0))
	return nil
}

// use makes format i the one that plays.
func (b *Buffer) use(i int) {
	if i == b.cur {
		return
	}
	b.cur = i
	b.fec = false
	if out := b.rates[b.formats[i].SampleRate]; out != b.out {
		b.out = out
		out.Reset()
	}
}

// find is the index of the format with a payload type: comfort, or -1 for none.
func (b *Buffer) find(pt uint8) int {
	for i := range b.formats {
		if b.formats[i].PT == pt {
			return i
		}
	}
	if pt == b.cfg.ComfortNoisePT && pt != 0 {
		return comfort
	}
	return -1
}

func (b *Buffer) clock(format int) int {
	if format == comfort {
		return 8000
	}
	return b.formats[format].ClockRate
}

// Rate is the sample rate of Pull in Hz; it never changes.
func (b *Buffer) Rate() int { return b.rate }

// SetBounds changes the bounds of the target delay.
func (b *Buffer) SetBounds(least, most time.Duration) {
	b.cfg.Min = least
	if most > 0 {
		b.cfg.Max = most
	}
}

// Verdict is what Put made of a packet.
type Verdict uint8

const (
	// Queued: it will be played.
	Queued Verdict = iota
	// Late: its turn is over.
	Late
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
		if b.line.retired(p, at) {
			b.stats.Foreign++
			return Foreign
		}
		if !b.line.quiet(at) && !b.held.precedes(p) {
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
	b.delay.rebase()
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
		b.delay.rebase()
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
		b.delay.add(at-where.stamp, at)
		b.stats.Late++
		return Late
	}
	// Before anything was played the order isn't settled yet.
	b.next = min(b.next, where.seq)
	if where.behind {
		b.stats.Reordered++
	}
	if format != comfort {
		b.delay.add(at-where.stamp, at)
	}
	b.room(where.seq)
	s.seq, s.filled, s.format, s.stamp = where.seq, true, format, where.stamp
	s.size = copy(s.data[:], p.Payload)
	b.count++
	return Queued
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
		b.stats.Discarded++
	}
	b.next++
}

// head is the first packet that waits, nil for none.
func (b *Buffer) head() *slot {
	if b.count == 0 {
		return nil
	}
	for seq := b.next; seq < b.next+slots; seq++ {
		if s := &b.slot[seq&(slots-1)]; s.filled && s.seq == seq {
			return s
		}
	}
	return nil
}

// at is now as the time since the Buffer's first call.
func (b *Buffer) at(now time.Time) time.Duration {
	if b.epoch.IsZero() {
		b.epoch = now
	}
	return now.Sub(b.epoch)
}
