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
	stream *portaudio.Stream
	ring   *audio.Ring
	rate   int

	callbacks atomic.Uint64 // owner: the callback
	last      atomic.Int64  // when the callback ran last, ns since epoch
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

func (h *half) beat() {
	h.last.Store(int64(time.Since(h.epoch)))
	h.callbacks.Add(1)
}

// capture is the microphone's callback.
func (h *half) capture(rate, channels, frames int) func([]int16) {
	h.rate, h.ring = rate, audio.NewRing(rate/ringPerSecond)
	mono := make([]int16, 4*frames)
	return func(in []int16) {
		defer h.survive()
		if channels > 1 {
			n := min(len(in)/channels, len(mono))
			for i := range n {
				mono[i] = int16((int(in[i*channels]) + int(in[i*channels+1])) / 2)
			}
			in = mono[:n]
		}
		if n := h.ring.Write(in); n < len(in) {
			h.lost.Add(uint64(len(in) - n))
		}
		h.beat()
	}
}

// play is the speaker's callback.
func (h *half) play(rate, channels, frames int) func([]int16) {
	h.rate, h.ring = rate, audio.NewRing(rate/ringPerSecond)
	mono := make([]int16, 4*frames)
	return func(out []int16) {
		defer h.survive()
		want := out
		if channels > 1 {
			want = mono[:min(len(out)/channels, len(mono))]
		}
		n := h.ring.Read(want)
		clear(want[n:])
		switch {
		case n == len(want):
			h.active = true
		case h.active: // what is missing, but not the silence between two sessions
			h.lost.Add(uint64(len(want) - n))
			h.active = n > 0
		}
		if channels > 1 {
			for i, v := range want {
				out[i*channels], out[i*channels+1] = v, v
			}
			clear(out[len(want)*channels:])
		}
		h.beat()
	}
}
