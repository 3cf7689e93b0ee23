package voice

import (
	"errors"
	"fmt"
)

// Echo chooses the echo canceller, and with it the library that does the rest. The
// zero value takes the best there is.
type Echo uint8

const (
	EchoAuto Echo = iota
	EchoWebRTC
	EchoSpeex
	EchoOff
)

// Noise is how much the noise suppressor takes away: more takes more of the voice, too.
type Noise uint8

const (
	NoiseOff Noise = iota
	NoiseLow
	NoiseModerate
	NoiseHigh
	// NoiseAuto is NoiseModerate while the room is noisy, and else NoiseOff: the
	// suppressor delays the voice by 6 ms.
	NoiseAuto
)

// Gain is the gain control.
type Gain uint8

const (
	GainOff Gain = iota
	// GainAdaptive brings a voice to the usual level, and keeps it from clipping.
	GainAdaptive
)

// Options say what a Processor does.
type Options struct {
	Echo  Echo
	Noise Noise
	Gain  Gain
}

// Idle reports that there is nothing to do.
func (o Options) Idle() bool { return o.Echo == EchoOff && o.Noise == NoiseOff && o.Gain == GainOff }

// framesPerSecond makes frames of 10 ms.
const framesPerSecond = 100

// Rates of New, in Hz. Those that aren't native to a library it converts inside.
const (
	MinRate = 8000
	MaxRate = 96000
)

// ErrAbsent says that a library was left out of this build.
var ErrAbsent = errors.New("voice processing was left out of this build (tag novoice)")

// Processor works on frames of 10 ms of one stream. It belongs to one goroutine.
type Processor interface {
	// Far takes what goes to the ear. It comes before the microphone's frame of the
	// same time; pcm isn't changed.
	Far(pcm []int16)
	// Near works on the microphone's frame in place. A frame of another length than
	// 10 ms stays as it is.
	Near(pcm []int16)
	Close()
}

// New makes a Processor for frames at rate Hz.
func New(rate int, o Options) (Processor, error) {
	if rate < MinRate || rate > MaxRate || rate%framesPerSecond != 0 {
		return nil, fmt.Errorf("voice processing works at rates of %d to %d Hz in frames of 10 ms, not at %d Hz", MinRate, MaxRate, rate)
	}
	switch o.Echo {
	case EchoSpeex:
		return newAligned(newSpeex, speexReach, rate, o)
	case EchoAuto:
		p, err := newAligned(newWebRTC, webrtcReach, rate, o)
		if err != nil {
			return newAligned(newSpeex, speexReach, rate, o)
		}
		return p, nil
	case EchoWebRTC, EchoOff:
	}
	return newAligned(newWebRTC, webrtcReach, rate, o)
}

// Library names what New uses for o, empty when that was left out of the build.
func Library(o Options) string {
	switch {
	case !built:
		return ""
	case o.Echo == EchoSpeex:
		return "speexdsp"
	default:
		return "webrtc-audio-processing"
	}
}
