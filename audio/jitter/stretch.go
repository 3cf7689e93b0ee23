package jitter

import (
	"time"

	"offhook/codec/plc"
)

// manner is how a frame may be stretched.
type manner uint8

const (
	// byPeriods: by one period, where two are so alike that nobody hears it.
	byPeriods manner = iota
	// byLikeness: by what is most alike, as there is no time to wait for better.
	byLikeness
	// exactly: by just as much as is wanted; there is nothing to be heard.
	exactly
)

// alike is how alike two periods must be to be merged without being heard, and similar
// what is still no break in music.
const (
	alike   = 0.85
	similar = 0.5
)

// period finds where frame repeats itself, at most most samples back.
func period(frame []int16, rate, window, most int, how manner) (lag int, ok bool) {
	least := rate / 400 // 400 Hz
	if how == exactly || most < 1 {
		return most, most > 0
	}
	if most < least {
		return 0, false
	}
	lag, likeness := plc.Pitch(frame, window, least, most)
	return lag, likeness >= alike || how == byLikeness && likeness >= similar
}

// window is the length of a cross-fade.
func window(rate int) int { return rate / 200 } // 5 ms

// longest is the longest period that is looked for.
func longest(rate int) int { return rate * 15 / 1000 }

// shorten removes from the end of frame, in place, one period of at most most, or
// exactly most, and returns what is left.
func shorten(frame []int16, rate int, most time.Duration, how manner) []int16 {
	w := window(rate)
	lag, ok := period(frame, rate, w, min(samples(most, rate), len(frame)-w, longest(rate)), how)
	if !ok {
		return frame
	}
	n := len(frame) - lag
	fade(frame[n-w:n], frame[n-w:n], frame[len(frame)-w:])
	return frame[:n]
}

// lengthen repeats one period at the end of frame, or adds exactly
// want. The capacity of frame must have room for it.
func lengthen(frame []int16, rate int, want time.Duration, how manner) []int16 {
	w := window(rate)
	n := len(frame)
	most := longest(rate)
	if how == exactly {
		most = samples(want, rate)
	}
	lag, ok := period(frame, rate, w, min(most, n-w, longest(rate), cap(frame)-n), how)
	if !ok {
		return frame
	}
	// The end first moves away by a period; then the place where it stood
	// becomes the way back.
	frame = frame[:n+lag]
	copy(frame[n:], frame[n-lag:n])
	back(frame[n-w:n], frame[n-w-lag:n-lag])
	return frame
}

// back goes from dst to another signal, which may begin before it and overlap it.
func back(dst, to []int16) {
	n := int32(len(dst) + 1)
	for i := len(dst) - 1; i >= 0; i-- {
		k := int32(i + 1)
		dst[i] = int16((int32(dst[i])*(n-k) + int32(to[i])*k) / n)
	}
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
