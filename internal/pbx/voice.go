package pbx

import (
	"context"
	"math"
	"time"

	"offhook/audio"
	"offhook/audio/dtmf"
)

// voice is what a service says in one call, endlessly. One goroutine, the
// session's, calls fill.
type voice interface{ fill(dst []int16) }

// voicing makes the voice of a new call at a sample rate.
type voicing func(rate int) voice

// milliwatt is the test tone of ITU-T O.6: 1004 Hz, which unlike 1000 divides
// into no sampling rate, at 0 dBm0.
type milliwatt struct{ phase, step float64 }

// A G.711 mu-law coder overloads at +3.17 dBm0, so a sine of 0 dBm0 peaks at
// -3.17 dBFS: 22 748 of 32 767.
const milliwattPeak = 22748

const milliwattHz = 1004

func newMilliwatt(rate int) voice {
	return &milliwatt{step: 2 * math.Pi * milliwattHz / float64(rate)}
}

func (m *milliwatt) fill(dst []int16) {
	for i := range dst {
		dst[i] = int16(math.RoundToEven(milliwattPeak * math.Sin(m.phase)))
		if m.phase += m.step; m.phase > 2*math.Pi {
			m.phase -= 2 * math.Pi
		}
	}
}

// readBack says the digits it was given as tones, once no further digit has come
// for a second.
type readBack struct {
	tones *dtmf.Generator
	heard chan byte
	// wait is how many samples are still to pass before it speaks.
	wait, pause int
}

const readBackPause = time.Second

// maxDigits bounds the digits that wait to be read back; more are dropped.
const maxDigits = 256

func newReadBack(rate int) voice {
	return &readBack{
		tones: dtmf.NewGenerator(rate, 0, 0),
		heard: make(chan byte, maxDigits),
		pause: int(readBackPause * time.Duration(rate) / time.Second),
	}
}

// hear takes a digit; any goroutine may call it.
func (r *readBack) hear(digit byte) {
	select {
	case r.heard <- digit:
	default:
	}
}

func (r *readBack) fill(dst []int16) {
	for more := true; more; {
		select {
		case digit := <-r.heard:
			// Events without a tone, such as a hook flash, aren't read back.
			if r.tones.Queue(string(rune(digit))) == nil {
				r.wait = r.pause
			}
		default:
			more = false
		}
	}
	n := min(r.wait, len(dst))
	r.wait -= n
	clear(dst[:n])
	spoken, _ := r.tones.Read(dst[n:]) // io.EOF is silence
	clear(dst[n+spoken:])
}

// voiceBackend gives each call a microphone that hears a voice.
type voiceBackend struct{ voicing voicing }

func (b voiceBackend) Open(ctx context.Context, rate int) (audio.Stream, error) {
	s, err := audio.Null{}.Open(ctx, rate)
	if err != nil {
		return nil, err
	}
	return &voiceStream{Stream: s, voice: b.voicing(s.Rate())}, nil
}

// voiceStream is a null device but for what it reads.
type voiceStream struct {
	audio.Stream
	voice voice
}

var _ audio.Unclocked = (*voiceStream)(nil)

// Unclocked: time passes for it by what is read.
func (*voiceStream) Unclocked() {}

func (s *voiceStream) Read(dst []int16) (int, error) {
	s.voice.fill(dst)
	return len(dst), nil
}
