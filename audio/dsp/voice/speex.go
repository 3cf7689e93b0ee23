//go:build !novoice

package voice

// #cgo pkg-config: speexdsp
// #cgo LDFLAGS: -l:libspeexdsp.a -Wl,--as-needed
// #include <speex/speex_echo.h>
// #include <speex/speex_preprocess.h>
//
// static void set_int(SpeexPreprocessState *s, int request, int value)
// {
// 	speex_preprocess_ctl(s, request, &value);
// }
import "C"

import (
	"errors"
	"unsafe"
)

// speex is the processing of speexdsp: a linear echo canceller, and a preprocessor
// that takes away noise and what the canceller left.
type speex struct {
	echo *C.SpeexEchoState // nil for none
	post *C.SpeexPreprocessState
	ref  []int16 // the far end's frame for the next near one
	out  []int16
}

// The filter has to cover what is left of the delay, and the room.
const speexTail = 200 // ms

var speexReach = reach{least: 1, most: 8, best: 3}

func newSpeex(rate int, o Options) (library, error) {
	n := rate / framesPerSecond
	s := &speex{ref: make([]int16, n), out: make([]int16, n)}
	s.post = C.speex_preprocess_state_init(C.int(n), C.int(rate))
	if s.post == nil {
		return nil, errors.New("speexdsp has no memory")
	}
	set := func(request C.int, value int) { C.set_int(s.post, request, C.int(value)) }
	if o.Echo != EchoOff {
		s.echo = C.speex_echo_state_init(C.int(n), C.int(rate*speexTail/1000))
		if s.echo == nil {
			s.close()
			return nil, errors.New("speexdsp has no memory")
		}
		hz := C.int(rate)
		C.speex_echo_ctl(s.echo, C.SPEEX_ECHO_SET_SAMPLING_RATE, unsafe.Pointer(&hz))
		C.speex_preprocess_ctl(s.post, C.SPEEX_PREPROCESS_SET_ECHO_STATE, unsafe.Pointer(s.echo))
		set(C.SPEEX_PREPROCESS_SET_ECHO_SUPPRESS, -60)
		set(C.SPEEX_PREPROCESS_SET_ECHO_SUPPRESS_ACTIVE, -20)
	}
	s.suppress(o.Noise)
	if o.Gain == GainAdaptive {
		set(C.SPEEX_PREPROCESS_SET_AGC, 1)
		set(C.SPEEX_PREPROCESS_SET_AGC_TARGET, 8000)
		set(C.SPEEX_PREPROCESS_SET_AGC_MAX_GAIN, 20)
	}
	return s, nil
}

func (s *speex) suppress(n Noise) {
	if n == NoiseOff {
		C.set_int(s.post, C.SPEEX_PREPROCESS_SET_DENOISE, 0)
		return
	}
	C.set_int(s.post, C.SPEEX_PREPROCESS_SET_DENOISE, 1)
	C.set_int(s.post, C.SPEEX_PREPROCESS_SET_NOISE_SUPPRESS, C.int([...]int{NoiseLow: -10, NoiseModerate: -18, NoiseHigh: -30}[n]))
}

func (s *speex) far(pcm []int16) { copy(s.ref, pcm) }

func (s *speex) near(pcm []int16) {
	if s.echo != nil {
		C.speex_echo_cancellation(s.echo, samples(pcm), samples(s.ref), samples(s.out))
		copy(pcm, s.out)
	}
	C.speex_preprocess_run(s.post, samples(pcm))
	clear(s.ref)
}

func samples(pcm []int16) *C.spx_int16_t { return (*C.spx_int16_t)(unsafe.Pointer(&pcm[0])) }

func (s *speex) close() {
	if s.post != nil {
		C.speex_preprocess_state_destroy(s.post)
	}
	if s.echo != nil {
		C.speex_echo_state_destroy(s.echo)
	}
}
