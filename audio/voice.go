package audio

import (
	"time"

	"offhook/audio/dsp"
)

// Voice works on the sound of a device in frames of 10 ms: echo canceller, noise
// suppressor, gain control. One goroutine at a time calls it.
type Voice interface {
	// Far takes what goes to the ear, before the microphone's frame that may hold
	// its echo.
	Far(pcm []int16)
	// Near works on the microphone's frame in place.
	Near(pcm []int16)
	Close()
}

// VoiceFactory makes a Voice for a stream at rate Hz.
type VoiceFactory func(rate int) (Voice, error)

// VoiceScope says which streams get a Voice.
type VoiceScope uint8

const (
	// VoiceOnCards: those with a sound card's clock. A file, a tone or silence has no
	// room, no noise to be rid of, and is to be sent as it is.
	VoiceOnCards VoiceScope = iota
	// VoiceEverywhere: files too, for tests.
	VoiceEverywhere
)

// voiced is a Stream whose microphone goes through a Voice:
//
//	holder --Write--> far line ----------------------> device's play ring
//	                     |  what is played while a frame is captured
//	                     v
//	                   Voice.Far
//	holder <--Read--- Voice.Near <- frame of 10 ms <-- device's capture ring
//
// The canceller looks for the echo at a fixed distance from the far end, so far and
// near move in step, a frame for a frame, whatever the order and size of writes and
// reads; what the device says of its queue gives the start, and corrects the step
// when frames were lost on either side or two clocks drift apart. A device whose
// buffers are frames adds no delay, any other less than one frame.
//
// Whoever has the stream in hands owns the fields; the engine and the holders pass it
// on through mailboxes.
type voiced struct {
	Stream
	voice Voice
	n     int // samples of a frame

	soft  bool
	wrote int // samples of the last Write
	line  farLine
	far   []int16 // the frame for Far

	frame  []int16 // the next frame of the microphone
	filled int
	done   []int16 // what of out nobody has read
	out    []int16
	err    error // what the microphone ended with
	clip   *dsp.Clip
}

// softVoiced is a voiced stream without a clock.
type softVoiced struct{ *voiced }

func (softVoiced) Unclocked() {}

var (
	_ Flusher   = (*voiced)(nil)
	_ Rewinder  = (*voiced)(nil)
	_ Unclocked = softVoiced{}
)

// voice puts a Voice before st, if the configuration has one for it.
func (e *Engine) voice(st Stream) Stream {
	_, soft := st.(Unclocked)
	if e.cfg.Voice == nil || soft && e.cfg.VoiceScope == VoiceOnCards {
		return st
	}
	v, err := e.cfg.Voice(st.Rate())
	if err != nil {
		e.log.Warn("the microphone goes without echo canceller and noise suppressor", "rate", st.Rate(), "error", err)
		return st
	}
	s := newVoiced(st, v)
	if s.soft = soft; soft {
		return softVoiced{s}
	}
	return s
}

const voiceFrame = 10 * time.Millisecond

func newVoiced(st Stream, v Voice) *voiced {
	n := samplesIn(voiceFrame, st.Rate())
	s := &voiced{Stream: st, voice: v, n: n, far: make([]int16, n), frame: make([]int16, n), out: make([]int16, n), clip: dsp.NewClip(st.Rate())}
	s.line.init(st.Rate())
	s.line.played, s.line.lost = st.Stats().Underruns, st.Stats().Overruns
	return s
}

// Write implements Stream.
func (s *voiced) Write(pcm []int16) error {
	s.line.write(pcm, s.Stream.Stats())
	s.wrote = len(pcm)
	return s.Stream.Write(pcm)
}

// Read implements Source.
func (s *voiced) Read(dst []int16) (n int, err error) {
	for {
		k := copy(dst[n:], s.done)
		s.done = s.done[k:]
		if n += k; n == len(dst) {
			return n, nil
		}
		if s.err != nil {
			return n, s.err
		}
		if !s.fill() {
			return n, nil
		}
	}
}

// fill makes the next frame, unless the device has too little for one.
func (s *voiced) fill() bool {
	k, err := s.Stream.Read(s.frame[s.filled:])
	s.filled += k
	if s.err = err; err == nil && s.filled < s.n {
		s.line.drained(s.filled, s.queued())
		return false
	}
	last := s.filled // the source's end needn't be that of a frame
	clear(s.frame[last:])
	s.filled = 0
	if last == 0 {
		return true
	}
	s.clip.Write(s.frame)
	copy(s.out, s.frame)
	s.line.read(s.far, s.queued(), s.Stream.Stats())
	s.voice.Far(s.far)
	s.voice.Near(s.out)
	s.done = s.out[:last]
	return true
}

// queued is what was written and isn't played yet. Without a clock it is what was
// written last: the sound of the very time whose microphone is read next.
func (s *voiced) queued() int {
	if s.soft {
		return s.wrote
	}
	return s.Stream.Queued()
}

// Flush implements Flusher. How much the device drops isn't told: the far end is
// aligned anew.
func (s *voiced) Flush() {
	flush(s.Stream)
	s.filled, s.done = 0, nil
	s.line.state = unaligned
}

// clipped implements clipTeller.
func (s *voiced) clipped() bool { return s.clip.Clipped() }

// Rewind implements Rewinder.
func (s *voiced) Rewind() error {
	s.filled, s.done, s.err = 0, nil, nil
	if r, ok := s.Stream.(Rewinder); ok {
		return r.Rewind()
	}
	return nil
}

// Close implements Stream.
func (s *voiced) Close() error {
	err := s.Stream.Close()
	s.voice.Close()
	return err
}
