// Package voice is what makes a microphone fit for a call: an echo canceller, a noise
// suppressor and a gain control, by webrtc-audio-processing 0.3 or by speexdsp. It is
// the only home of both, and imports nothing of the project.
//
//	Far:  what goes to the ear -> delay line --------+-------> reference
//	                 \-> delayFinder: which delay?   |            |
//	Near: microphone -/------------------------------|--> echo canceller -> noise
//	                                                      suppressor -> gain control
//
// Both libraries find the last hundred milliseconds of a delay themselves; a sound
// server, a USB headset or Bluetooth can have twice as much. So the delay is estimated
// here, over half a second, and the reference held back by most of it.
//
// # Who may call
//
// cmd makes a factory of New for audio.EngineConfig.Voice, and audio's stream wrapper
// calls the Processor from the one goroutine that has the stream. Frames are 10 ms;
// nothing is allocated for one. No call blocks.
//
// # How the libraries come in
//
// Both are linked statically, with the C++ library that webrtc needs. Linked the
// ordinary way they and libstdc++ take a millisecond of every start; opened at run
// time, a C++ interface of templates and inline functions would have to be spoken by
// mangled names, and options reach it by the addresses of inline variables, which
// aren't one across dlopen. This way the program starts as fast as without, needs no
// library where it runs, and can't meet another version than the one it was built
// with. It grows by 2 MB. The build tag novoice leaves
// both out, for systems without the static libraries: New then says so.
package voice
