package device

import (
	"sync/atomic"
	"time"

	"github.com/gordonklaus/portaudio"

	"offhook/audio"
)

// half is one direction of a sound card: its PortAudio stream, the ring to or from
// the session's loop, and what its callback counts.
//
//	microphone: callback -> ring -> loop
//	speaker:    callback <- ring <- loop
//
// The callback does a copy and atomics: no lock, no channel, no log, no allocation.
type half struct {
	side   side
	info   *portaudio.DeviceInfo
	stream *portaudio.Stream
	ring   *audio.Ring
	rate   int
	buffer int          // index in bufferTimes; owner: open, then the follower
	period atomic.Int64 // its length, ns

	callbacks atomic.Uint64 // owner: the callback
	moved     atomic.Uint64 // frames that it had or wanted: the card's clock
	xruns     atomic.Uint64 // times that the card itself ran dry or over
	odd       atomic.Uint64 // callbacks of another size than was asked for
	slips     atomic.Uint64 // owner: the follower: times that its clock stood still
	last      atomic.Int64  // when the callback ran last, ns since epoch
	behind    atomic.Int64  // last, less the time of what had moved by then
	lost      atomic.Uint64 // frames of zeros played, or of capture dropped
	panicked  atomic.Bool
	epoch     time.Time
	active    bool // owner: the callback; the loop keeps the speaker's ring filled
}

// ringTime bounds what waits in a ring: 200 ms.
const ringPerSecond = 5

func newHalf() *half { return &half{epoch: time.Now()} }

// survive ends a panic inside a callback: left alone it ends the process with the
// terminal in raw mode. The stream goes silent and its watcher reports it.
func (h *half) survive() {
	if recover() != nil {
		h.panicked.Store(true)
	}
}

// beat ends a callback of n samples for frames of so many channels.
func (h *half) beat(n, channels, frames int) {
	if n != channels*frames {
		h.odd.Add(1)
	}
	moved := h.moved.Add(uint64(n / channels))
	now := time.Since(h.epoch)
	h.last.Store(int64(now))
	rate := uint64(h.rate)
	h.behind.Store(int64(now - time.Duration(moved/rate)*time.Second - time.Duration(moved%rate)*time.Second/time.Duration(rate)))
	h.callbacks.Add(1)
}

// room makes the ring. One that is there stays: a card with other buffers goes on with it.
func (h *half) room(rate int) {
	if h.ring == nil || h.rate != rate {
		h.rate, h.ring = rate, audio.NewRing(rate/ringPerSecond)
	}
}

// capture is the microphone's callback. Buffers of any size are taken.
func (h *half) capture(rate, channels, frames int) func([]int16) {
	h.room(rate)
	mono := make([]int16, frames)
	return func(in []int16) {
		defer h.survive()
		n := len(in)
		for len(in) >= channels {
			piece := in
			if channels > 1 {
				piece = mono[:min(len(in)/channels, len(mono))]
				for i := range piece {
					piece[i] = int16((int(in[i*channels]) + int(in[i*channels+1])) / 2)
				}
			}
			in = in[len(piece)*channels:]
			if n := h.ring.Write(piece); n < len(piece) {
				h.lost.Add(uint64(len(piece) - n))
			}
		}
		h.beat(n, channels, frames)
	}
}

// play is the speaker's callback. Buffers of any size are filled.
func (h *half) play(rate, channels, frames int) func([]int16) {
	h.room(rate)
	mono := make([]int16, frames)
	return func(out []int16) {
		defer h.survive()
		size, short := len(out), 0
		for len(out) >= channels {
			piece := out
			if channels > 1 {
				piece = mono[:min(len(out)/channels, len(mono))]
			}
			n := h.ring.Read(piece)
			clear(piece[n:])
			short += len(piece) - n
			if channels > 1 {
				for i, v := range piece {
					out[i*channels], out[i*channels+1] = v, v
				}
			}
			out = out[len(piece)*channels:]
		}
		clear(out)
		switch want := size / channels; {
		case short == 0:
			h.active = true
		case h.active: // what is missing, but not the silence between two sessions
			h.lost.Add(uint64(short))
			h.active = short < want
		}
		h.beat(size, channels, frames)
	}
}
