//go:build !novoice

package voice

// The static library comes first, so that --as-needed drops the shared one that
// pkg-config names.

// #cgo pkg-config: webrtc-audio-processing
// #cgo CXXFLAGS: -std=c++11 -O2
// #cgo LDFLAGS: -l:libwebrtc_audio_processing.a -static-libstdc++ -static-libgcc -Wl,--as-needed
// #include "apm.h"
import "C"

import (
	"fmt"
	"unsafe"
)

// built reports that the libraries are part of this program.
const built = true

// webrtc is the processing of webrtc-audio-processing. Its canceller finds a delay
// of up to some 150 ms, and its filter covers 128 ms of room.
type webrtc struct{ apm *C.apm }

var webrtcReach = reach{least: 1, most: 11, best: 4}

func newWebRTC(rate int, o Options) (library, error) {
	one := func(on bool) C.int {
		if on {
			return 1
		}
		return 0
	}
	apm := C.apm_new(C.int(rate), one(o.Echo != EchoOff), C.int(o.Noise), one(o.Gain == GainAdaptive))
	if apm == nil {
		return nil, fmt.Errorf("webrtc-audio-processing refuses %d Hz", rate)
	}
	return &webrtc{apm: apm}, nil
}

func (w *webrtc) far(pcm []int16)  { C.apm_far(w.apm, (*C.short)(unsafe.Pointer(&pcm[0]))) }
func (w *webrtc) near(pcm []int16) { C.apm_near(w.apm, (*C.short)(unsafe.Pointer(&pcm[0]))) }
func (w *webrtc) suppress(n Noise) { C.apm_suppress(w.apm, C.int(n)) }
func (w *webrtc) close()           { C.apm_free(w.apm) }
