package jitter

import (
	"time"

	"offhook/audio/dsp"
	"offhook/codec/plc"
)

// How alike two periods must be to be merged without being heard, and the level
// in dBFS under which nothing is heard anyway.
const (
	alike = 0.85
	quiet = -55.0
)

// period finds where frame repeats itself, at most most samples back. quiet
// frames may be cut anywhere.
func period(frame []int16, rate, window, most int) (lag int, ok bool) {
	least := window // a fade must not run into itself
	if most < least {
		return 0, false
	}
	if dsp.RMS(frame) < quiet {
		return most, true
	}
	lag, likeness := plc.Pitch(frame, window, least, most)
	return lag, likeness >= alike
}

// window is the length of a cross-fade.
func window(rate int) int { return rate / 200 } // 5 ms

// shorten removes one period of at most most from the end of frame, in place,
// and returns what is left.
func shorten(frame []int16, rate int, most time.Duration) []int16 {
	w := window(rate)
	lag, ok := period(frame, rate, w, min(samples(most, rate), len(frame)-w, rate*15/1000))
	if !ok {
		return frame
	}
	n := len(frame) - lag
	fade(frame[n-w:n], frame[n-w:n], frame[len(frame)-w:])
	return frame[:n]
}

// lengthen repeats one period of at most most at the end of frame, whose
// capacity must have room for it.
func lengthen(frame []int16, rate int, most time.Duration) []int16 {
	w := window(rate)
	n := len(frame)
	lag, ok := period(frame, rate, w, min(samples(most, rate), n-w, rate*15/1000, cap(frame)-n))
	if !ok {
		return frame
	}
	// The end first moves away by a period; then the place where it stood
	// becomes the way back.
	frame = frame[:n+lag]
	copy(frame[n:], frame[n-lag:n])
	fade(frame[n-w:n], frame[n-w:n], frame[n-w-lag:n-lag])
	return frame
}

// fade goes from one signal to the other; dst may be either.
func fade(dst, from, to []int16) {
	n := int32(len(dst) + 1)
	for i := range dst {
		k := int32(i + 1)
		dst[i] = int16((int32(from[i])*(n-k) + int32(to[i])*k) / n)
	}
}

// samples is d at a rate, rounded.
func samples(d time.Duration, rate int) int {
	return int((d*time.Duration(rate) + time.Second/2) / time.Second)
}

// length is n samples as time.
func length(n, rate int) time.Duration {
	return time.Duration(n) * time.Second / time.Duration(rate)
}
