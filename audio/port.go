package audio

import (
	"sync/atomic"
	"time"
)

// port is a member's end of a mixer: a Stream whose microphone is everybody else and
// whose ear is the conference. The member's loop reads and writes it, the mixer's
// goroutine the other ends of its rings.
//
//	member's loop --Write--> out --> mixer
//	member's loop <--Read--- in  <-- mixer
//	              <--Ticks-- one for each beat
type port struct {
	rate    int
	mix     *mixer // nil in tests of a port alone
	in, out *Ring
	ticks   chan struct{}
	short   atomic.Uint64 // times that the mixer found too little in out
	clips   atomic.Bool   // the conference's microphone does

	// Owned by the mixer.
	said, mixed []int16
	begun       bool // the member has written
}

var (
	_ Stream  = (*port)(nil)
	_ Flusher = (*port)(nil)
)

func newPort(rate int) *port {
	n := samplesIn(mixChunk, rate)
	return &port{
		rate: rate, in: NewRing(samplesIn(portRoom, rate)), out: NewRing(samplesIn(portRoom, rate)),
		ticks: make(chan struct{}, 1), said: make([]int16, n), mixed: make([]int16, n),
	}
}

// take reads what the member said, with silence for what is missing.
func (p *port) take(dst []int16) {
	n := p.out.Read(dst)
	clear(dst[n:])
	if n > 0 {
		p.begun = true
	}
	if n < len(dst) && p.begun {
		p.short.Add(1)
	}
}

func (p *port) Rate() int                     { return p.rate }
func (p *port) Read(dst []int16) (int, error) { return p.in.Read(dst), nil }
func (p *port) Write(pcm []int16) error       { p.out.Write(pcm); return nil }
func (p *port) Period() time.Duration         { return mixChunk }
func (p *port) Ticks() <-chan struct{}        { return p.ticks }
func (p *port) Queued() int                   { return p.out.Len() }
func (p *port) Stats() StreamStats            { return StreamStats{Underruns: p.short.Load()} }
func (p *port) Close() error                  { return nil }
func (p *port) clipped() bool                 { return p.clips.Load() }

// Flush drops what was said before the member listened.
func (p *port) Flush() { p.in.Discard(p.in.Len()) }
