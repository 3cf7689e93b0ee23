package audio

import (
	"context"
	"time"
)

// Unclocked marks a Stream that stands for no hardware: a file, a tone, silence.
// Time passes for it only by what is read and written, so a session runs it on its
// own clock, one packet at a time, and its Ticks are nil.
type Unclocked interface {
	Stream
	Unclocked()
}

// Rewinder is a Stream that can start its input over; the engine does so when it
// lends the stream to another session.
type Rewinder interface{ Rewind() error }

// Flusher is a clocked Stream that can drop what its microphone has heard and nobody
// has read.
type Flusher interface{ Flush() }

// flush empties the microphone's ring of a stream.
func flush(st Stream) {
	if f, ok := st.(Flusher); ok {
		f.Flush()
		return
	}
	if _, soft := st.(Unclocked); soft {
		return // it has nothing that wasn't asked for
	}
	var scrap [480]int16
	for range 100 {
		if n, err := st.Read(scrap[:]); n < len(scrap) || err != nil {
			return
		}
	}
}

// Null is the Backend without microphone and ear: it gives silence and drops what
// it is given. An engine that has it opens nothing at all.
type Null struct{}

// Open gives a stream of silence at rate, 8000 Hz when that is 0.
func (Null) Open(_ context.Context, rate int) (Stream, error) {
	if rate <= 0 {
		rate = 8000
	}
	return &nullStream{rate: rate}, nil
}

// DefaultPeriod is the beat of streams and sessions without hardware: one packet
// of the usual 20 ms.
const DefaultPeriod = 20 * time.Millisecond

type nullStream struct{ rate int }

var _ Unclocked = (*nullStream)(nil)

func (s *nullStream) Unclocked() {}
func (s *nullStream) Rate() int  { return s.rate }

func (s *nullStream) Read(dst []int16) (int, error) {
	clear(dst)
	return len(dst), nil
}

func (s *nullStream) Write([]int16) error    { return nil }
func (s *nullStream) Period() time.Duration  { return DefaultPeriod }
func (s *nullStream) Queued() int            { return 0 }
func (s *nullStream) Stats() StreamStats     { return StreamStats{} }
func (s *nullStream) Ticks() <-chan struct{} { return nil }
func (s *nullStream) Close() error           { return nil }
