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
	s := &card{backend: d}
	err := withLibrary(false, func() error { return s.open(ctx, d, wish) })
	if err != nil {
		return nil, err
	}
	s.clock = follow(s.lengthen, s.halves()...)
	return s, nil
}

// card is a stream with at least one side on a sound card; a file, a tone or nothing
// stands in for the other.
//
//	mic callback -> ring ->(resample)-> Read    Write -> ring -> ear callback
//	or src ----------------------------^          \--> or rec
type card struct {
	backend *duplex
	rate    int // that of the ear, or of the microphone when there is no ear

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
		if s.ear, err = d.openHalf(ctx, sideOut, dev.Name, wish); err != nil {
			return err
		}
		s.rate = s.ear.rate
	}
	if dev, ok := d.in.(Device); ok {
		if s.ear != nil {
			wish = s.rate
		}
		if s.mic, err = d.openHalf(ctx, sideIn, dev.Name, wish); err != nil {
			return err
		}
		if s.rate == 0 {
			s.rate = s.mic.rate
		}
		if s.src, err = audio.Convert(ringSource{s.mic}, s.rate); err != nil {
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

func (d *duplex) openHalf(ctx context.Context, sd side, name string, wish int) (*half, error) {
	dev, err := find(sd, name)
	if err != nil {
		return nil, err
	}
	h := newHalf()
	h.side, h.info = sd, dev
	if err := h.open(ctx, rates(wish, dev), d.firstBuffer(sd)); err != nil {
		return nil, err
	}
	return h, nil
}

// open opens h with the buffers at index b. The library is held.
func (h *half) open(ctx context.Context, rates []int, b int) error {
	callback := h.play
	if h.side == sideIn {
		callback = h.capture
	}
	st, _, err := openSide(ctx, h.side, h.info, rates, bufferTimes[b], func() { h.xruns.Add(1) }, callback)
	if err != nil {
		return err
	}
	h.stream, h.buffer = st, b
	h.period.Store(int64(bufferTimes[b]))
	return nil
}

// lengthen opens h anew with longer buffers, if there are any. What waits for the ear,
// or was heard, stays in its ring. The follower calls it; an error means that the card
// is lost.
func (s *card) lengthen(h *half) error {
	s.backend.strained(h.side, min(h.buffer+1, len(bufferTimes)-1))
	if h.buffer == len(bufferTimes)-1 {
		return nil
	}
	library.Lock()
	defer library.Unlock()
	h.stream.Abort()
	h.stream.Close()
	if err := h.open(context.Background(), []int{h.rate}, h.buffer+1); err != nil {
		return err
	}
	return h.stream.Start()
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

func (s *card) Rate() int { return s.rate }

// Period implements Stream.
func (s *card) Period() time.Duration {
	h := s.ear
	if h == nil {
		h = s.mic
	}
	return time.Duration(h.period.Load())
}

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
		st.Hardware += h.xruns.Load() + h.slips.Load()
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
