package audio

import (
	"context"
	"time"
)

// Source gives mono PCM. One goroutine, the session's loop, calls it.
type Source interface {
	// Rate is the sample rate in Hz; it never changes.
	Rate() int
	// Read fills dst and returns how many samples it wrote. Fewer than len(dst)
	// comes with io.EOF when the source has ended; it never blocks.
	Read(dst []int16) (int, error)
}

// Stream is an open duplex device on one clock: a microphone, an ear and the
// beat that the session's loop runs to.
//
//	device callback -> capture ring -> Read    (loop)  -> encoder
//	device callback <- play ring    <- Write   (loop)  <- jitter buffer
//	                   Ticks: one per Period of the device's own clock
type Stream interface {
	Source
	// Write queues pcm (at Rate) for the ear.
	Write(pcm []int16) error
	// Period is how much the ear takes at a time, and so the most between two ticks.
	Period() time.Duration
	// Ticks delivers a value each Period. A slow reader loses ticks, not samples. It
	// is closed when the device is lost, and by Close: whoever has the stream gives it
	// back then, and nothing is read from it or written to it any more. An Unclocked
	// stream has no ticks: the channel is nil.
	Ticks() <-chan struct{}
	// Queued is how many samples wait for the ear, beyond the device's own buffers.
	Queued() int
	Stats() StreamStats
	Close() error
}

// StreamStats counts what a device did. All monotonic.
type StreamStats struct {
	Underruns, Overruns uint64 // frames of zeros played, frames of capture lost
	Hardware            uint64 // times that the device itself ran dry or over
	Odd                 uint64 // buffers of another size than was asked for
}

func (s StreamStats) plus(o StreamStats) StreamStats {
	return StreamStats{s.Underruns + o.Underruns, s.Overruns + o.Overruns, s.Hardware + o.Hardware, s.Odd + o.Odd}
}

func (s StreamStats) less(o StreamStats) StreamStats {
	return StreamStats{s.Underruns - o.Underruns, s.Overruns - o.Overruns, s.Hardware - o.Hardware, s.Odd - o.Odd}
}

// Backend opens devices. PortAudio, files, tones and the null device are Backends.
type Backend interface {
	// Open opens the devices. rate is a wish in Hz: the Stream tells the real one.
	// Errors name the device and what to do.
	Open(ctx context.Context, rate int) (Stream, error)
}
