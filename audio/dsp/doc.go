// Package dsp is signal processing on mono 16-bit PCM: resampling, levels,
// click-free gain, mixing. Every type is streaming, allocates only when made,
// and belongs to one goroutine; audio's session loop and audio/jitter call them.
// It imports nothing of the project.
package dsp
