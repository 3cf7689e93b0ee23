// Package dsp is signal processing on mono 16-bit PCM: resampling, levels and clipping,
// click-free gain and seams, voice activity, the noise of a room measured and made,
// mixing. Every type is streaming, allocates only when made, and belongs to one
// goroutine; audio's session loop, audio/jitter and audio/dtmf call them. It imports
// nothing of the project. What needs a library is in audio/dsp/voice.
package dsp
