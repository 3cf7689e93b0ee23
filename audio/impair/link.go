package impair

import (
	"math/rand/v2"
	"net/netip"
	"time"
)

// Datagram is what a Link carries. Raw is the Link's, until the next Take.
type Datagram struct {
	Raw  []byte
	Peer netip.AddrPort
	At   time.Time // when it came out
}

// Link is one direction of an impaired network. It belongs to one goroutine.
type Link struct {
	spec  Spec
	voice dice // for RTP
	other dice // for the rest

	queue  queue
	free   [][]byte
	taken  []byte // lent by the last Take
	last   time.Time
	stall  time.Time // everything waits until then
	serial uint64
	counts Counts
}

// Counts is what a Link did.
type Counts struct{ Packets, Lost, Duplicated, Reordered uint64 }

// room bounds what waits: some 10 s of a flood of ten calls.
const room = 8192

// dice decides what becomes of the packets of one kind.
type dice struct {
	r   *rand.Rand
	bad bool // within a burst of losses
}

// The streams of random numbers that a seed has; each direction has two.
const (
	streamVoice = iota
	streamOther
	streams
)

// NewLink returns a Link for one direction, In or Out.
func NewLink(s Spec, way Way) *Link {
	if s.HoldBack == 0 {
		s.HoldBack = 30 * time.Millisecond
	}
	if s.Stall == 0 {
		s.Stall = 100 * time.Millisecond
	}
	roll := func(stream uint64) dice {
		return dice{r: rand.New(rand.NewPCG(s.Seed, uint64(way)*streams+stream))}
	}
	return &Link{spec: s, voice: roll(streamVoice), other: roll(streamOther)}
}

// fate is what the dice said. Every packet takes the same number of throws, so that
// one Spec's decisions don't move when another of its settings changes.
type fate struct {
	lost, twice, heldBack, spike bool
	jitter                       time.Duration
}

func (d *dice) throw(s *Spec) fate {
	loss, jitter, back, spike, twice := d.r.Float64(), d.r.Float64(), d.r.Float64(), d.r.Float64(), d.r.Float64()
	return fate{
		lost: d.loses(s, loss), jitter: time.Duration(jitter * float64(s.Jitter)),
		heldBack: back < s.Reorder, spike: spike < s.Spike, twice: twice < s.Duplicate,
	}
}

// loses follows Gilbert's two states: in the bad one all is lost.
func (d *dice) loses(s *Spec, throw float64) bool {
	switch {
	case s.Loss <= 0:
		return false
	case s.Burst <= 1 || s.Loss >= 1:
		return throw < s.Loss
	}
	leave := 1 / s.Burst
	if d.bad {
		d.bad = throw >= leave
	} else {
		d.bad = throw < s.Loss*leave/(1-s.Loss)
	}
	return d.bad
}

// Put sends raw, which it copies, into the Link at at. voice says that it is RTP.
func (l *Link) Put(raw []byte, peer netip.AddrPort, voice bool, at time.Time) {
	l.counts.Packets++
	d := &l.other
	if voice {
		d = &l.voice
	}
	f := d.throw(&l.spec)
	if f.lost || len(l.queue) >= room {
		l.counts.Lost++
		return
	}
	due := at.Add(l.spec.Delay + f.jitter)
	if f.heldBack {
		due = due.Add(l.spec.HoldBack)
		l.counts.Reordered++
	}
	if f.spike && !at.Before(l.stall) {
		l.stall = at.Add(l.spec.Stall)
	}
	if due.Before(l.stall) {
		due = l.stall
	}
	if l.spec.Ordered {
		if due.Before(l.last) {
			due = l.last
		}
		l.last = due
	}
	l.push(raw, peer, due)
	if f.twice {
		l.counts.Duplicated++
		l.push(raw, peer, due)
	}
}

func (l *Link) push(raw []byte, peer netip.AddrPort, due time.Time) {
	var buf []byte
	if n := len(l.free); n > 0 {
		buf, l.free = l.free[n-1], l.free[:n-1]
	}
	l.serial++
	l.queue.push(item{due: due, serial: l.serial, peer: peer, raw: append(buf[:0], raw...)})
}

// Take gives the datagram that came out first, if one has by now.
func (l *Link) Take(now time.Time) (Datagram, bool) {
	if l.taken != nil {
		l.free = append(l.free, l.taken)
		l.taken = nil
	}
	if len(l.queue) == 0 || l.queue[0].due.After(now) {
		return Datagram{}, false
	}
	i := l.queue.pop()
	l.taken = i.raw
	return Datagram{Raw: i.raw, Peer: i.peer, At: i.due}, true
}

// Due is when the next datagram comes out; false when none is on its way.
func (l *Link) Due() (time.Time, bool) {
	if len(l.queue) == 0 {
		return time.Time{}, false
	}
	return l.queue[0].due, true
}

// Counts is what was done so far.
func (l *Link) Counts() Counts { return l.counts }
