package device

import (
	"context"
	"errors"
	"time"

	"github.com/gordonklaus/portaudio"

	"offhook/audio"
	"offhook/audio/soundfile"
)

// openCard opens a stream with a sound card on one side or on both.
func (d *duplex) openCard(ctx context.Context, wish int) (audio.Stream, error) {
	s := &card{}
	err := withLibrary(false, func() error { return s.open(ctx, d, wish) })
	if err != nil {
		return nil, err
	}
	s.clock = follow(callbackTime, s.halves()...)
	return s, nil
}

// card is a stream with at least one side on a sound card; a file, a tone or nothing
// stands in for the other.
//
//	mic callback -> ring ->(resample)-> Read    Write -> ring -> ear callback
//	or src ----------------------------^          \--> or rec
type card struct {
	rate int // that of the ear, or of the microphone when there is no ear

	mic  *half
	src  audio.Source // what Read reads: the microphone's ring, resampled, or a file
	soft rewinder     // the file or tone behind src, nil for a microphone

	ear       *half
	rec       *soundfile.WAVWriter
	unflushed int    // owner: the session's loop, as of the next
	written   uint64 // samples, when there is no ear
	read      uint64 // samples, when there is no microphone

	clock *follower
}

var (
	_ audio.Flusher  = (*card)(nil)
	_ audio.Rewinder = (*card)(nil)
)

// ringSource reads a microphone's ring.
type ringSource struct{ h *half }

func (r ringSource) Rate() int                     { return r.h.rate }
func (r ringSource) Read(dst []int16) (int, error) { return r.h.ring.Read(dst), nil }

// open is called with the library held.
func (s *card) open(ctx context.Context, d *duplex, wish int) (err error) {
	defer func() {
		if err != nil {
			s.closeParts()
		}
	}()
	if dev, ok := d.out.(Device); ok {
		h := newHalf()
		if h, err = openHalf(ctx, sideOut, dev.Name, wish, h, h.play); err != nil {
			return err
		}
		s.ear, s.rate = h, h.rate
	}
	if dev, ok := d.in.(Device); ok {
		if s.ear != nil {
			wish = s.rate
		}
		h := newHalf()
		if h, err = openHalf(ctx, sideIn, dev.Name, wish, h, h.capture); err != nil {
			return err
		}
		s.mic = h
		if s.rate == 0 {
			s.rate = h.rate
		}
		if s.src, err = audio.Convert(ringSource{h}, s.rate); err != nil {
			return err
		}
	} else {
		src, err := openSource(d.in, s.rate)
		if err != nil {
			return err
		}
		s.src, s.soft = src, src
	}
	if s.rec, err = d.openRecording(s.rate); err != nil {
		return err
	}
	for _, h := range s.halves() {
		if err := h.stream.Start(); err != nil {
			return err
		}
	}
	return nil
}

func openHalf(ctx context.Context, sd side, name string, wish int, h *half,
	callback func(rate, channels, frames int) func([]int16)) (*half, error) {
	dev, err := find(sd, name)
	if err != nil {
		return nil, err
	}
	var st *portaudio.Stream
	if st, _, err = openSide(ctx, sd, dev, wish, func() { h.xruns.Add(1) }, callback); err != nil {
		return nil, err
	}
	h.stream = st
	return h, nil
}

// halves are the sides that are sound cards. The stream beats whenever one of them
// has called back: what the microphone heard goes out at once, and the ear's ring is
// filled when it was just emptied.
func (s *card) halves() []*half {
	switch {
	case s.mic == nil:
		return []*half{s.ear}
	case s.ear == nil:
		return []*half{s.mic}
	}
	return []*half{s.mic, s.ear}
}

// leader is the side whose clock stands in for a side that has none.
func (s *card) leader() *half {
	if s.mic != nil {
		return s.mic
	}
	return s.ear
}

func (s *card) Rate() int             { return s.rate }
func (s *card) Period() time.Duration { return callbackTime }

// Read gives what the microphone has heard by now, and never waits for more. A file
// or tone in its place is read at the pace of the ear's clock.
func (s *card) Read(dst []int16) (int, error) {
	if s.mic == nil {
		due := s.played()
		s.read = max(s.read, due-min(due, uint64(s.rate/ringPerSecond)))
		dst = dst[:min(uint64(len(dst)), due-s.read)]
		s.read += uint64(len(dst))
	}
	return s.src.Read(dst)
}

// Flush drops what the microphone has heard. A file in its place stands still.
func (s *card) Flush() {
	if s.mic == nil {
		s.read = s.played()
		return
	}
	s.mic.ring.Discard(s.mic.ring.Len())
}

// played is how many samples the leading side's clock has counted.
func (s *card) played() uint64 {
	h := s.leader()
	return h.moved.Load() * uint64(s.rate) / uint64(h.rate)
}

func (s *card) Write(pcm []int16) error {
	if s.ear == nil {
		s.written += uint64(len(pcm))
		return record(s.rec, pcm, &s.unflushed)
	}
	s.ear.ring.Write(pcm)
	return nil
}

// Queued without an ear counts what a card would have played by the microphone's
// clock, so that as much is taken from the far end as is sent to it.
func (s *card) Queued() int {
	if s.ear != nil {
		return s.ear.ring.Len()
	}
	played := s.played()
	s.written = max(s.written, played)
	return int(s.written - played)
}

// Rewind starts a file over.
func (s *card) Rewind() error {
	if s.soft == nil {
		return nil
	}
	return s.soft.Rewind()
}

func (s *card) Ticks() <-chan struct{} { return s.clock.beats }

func (s *card) Stats() audio.StreamStats {
	var st audio.StreamStats
	if s.ear != nil {
		st.Underruns = s.ear.lost.Load()
	}
	if s.mic != nil {
		st.Overruns = s.mic.lost.Load()
	}
	for _, h := range s.halves() {
		st.Hardware += h.xruns.Load()
		st.Odd += h.odd.Load()
	}
	return st
}

func (s *card) Close() error {
	s.clock.stop()
	library.Lock()
	defer library.Unlock()
	err := s.closeParts()
	portaudio.Terminate()
	return err
}

// closeParts is called with the library held.
func (s *card) closeParts() error {
	var errs []error
	for _, h := range []*half{s.mic, s.ear} {
		if h != nil { // open may have come no further
			// Abort, not Stop: a phone that hangs up is silent at once.
			h.stream.Abort()
			errs = append(errs, h.stream.Close())
		}
	}
	if s.soft != nil {
		errs = append(errs, s.soft.Close())
	}
	if s.rec != nil {
		errs = append(errs, s.rec.Close())
	}
	return errors.Join(errs...)
}
