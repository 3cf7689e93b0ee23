package device

// library.c stands in for PortAudio and opens it when it is first called.

// #cgo pkg-config: portaudio-2.0
// #cgo LDFLAGS: -Wl,--as-needed -ldl
import "C"
