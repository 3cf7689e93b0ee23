package jitter

import (
	"time"

	"offhook/audio/dsp"
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
	// Outcome is told, from within Put and Pull, what became of each packet. It must
	// not call back. Nil for none.
	Outcome func(Outcome)
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

	line   timeline
	delay  estimate
	held   held
	source source
	slot   [slots]slot
	next   int64 // sequence number to be played next
	count  int   // filled slots from next on

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
	edge    bool          // the next noise follows audio
	pull    span          // longest recent Pull
	turn    time.Duration // when the present Pull came
	ahead   time.Duration // how much was pulled at turn before
	pace    pace

	frame [2 * codec.MaxFrame]int16
	r, w  int  // frame[r:w] is still to be played
	seam  seam // between formats, in what is pulled
	guess bool // it stands for a packet that may still come
	// tail[:rest] is what a guess went on with when the packet came.
	tail  [codec.MaxFrame / 24]int16 // 5 ms
	rest  int
	out   *dsp.Resampler
	rates map[int]*dsp.Resampler // by sample rate, made by SetFormats
	fine  map[int]*dsp.Resampler // likewise, in their place once there is drift
	ratio float64                // of those, in ppm
	skip  int                    // samples of out that were heard before
	scrap [128]int16
	drift drift

	longRate float64 // share of gaps of more than one packet
	bursty   bool    // waiting for the far end of those pays
	lossRate float64 // of packets
	copied   bool    // the frame before the head was recovered
	copies   float64 // share of attempts to recover a frame that found a copy
	lossy    bool    // waiting for the packet after a lost one pays

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

// Format indices of packets that hold no audio: comfort noise (RFC 3389), and
// what only takes a sequence number.
const (
	comfort = -2
	other   = -3
)

// New returns an empty Buffer.
func New(cfg Config) (*Buffer, error) {
	if cfg.Max <= 0 {
		cfg.Max = 400 * time.Millisecond
	}
	b := &Buffer{cfg: cfg, cur: -1, rate: cfg.Rate, fine: map[int]*dsp.Resampler{}}
	b.delay.init()
	b.pace.init()
	for i := range b.slot {
		b.slot[i].seq = -1
	}
	if err := b.SetFormats(cfg.Formats, cfg.ComfortNoisePT); err != nil {
		return nil, err
	}
	return b, nil
}

// use makes format i the one that plays.
func (b *Buffer) use(i int) {
	if i == b.cur {
		return
	}
	b.part()
	b.cur = i
	b.copies = 0.5
	out := b.rates[b.formats[i].SampleRate]
	if fine := b.fine[b.formats[i].SampleRate]; fine != nil {
		out = fine
	}
	if out != b.out {
		b.out, b.skip = out, 0
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

// at is now as the time since the Buffer's first call.
func (b *Buffer) at(now time.Time) time.Duration {
	if b.epoch.IsZero() {
		b.epoch = now
	}
	return now.Sub(b.epoch)
}
