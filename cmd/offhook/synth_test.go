package main

import "testing"

func TestSpeechIsLoudAndItself(t *testing.T) {
	const rate = 8000
	a := speech(rate, 3)
	peak := 0
	for _, s := range a {
		peak = max(peak, int(s), -int(s))
	}
	if peak < 5000 || peak > 32000 {
		t.Errorf("peak %d: too soft, or clipped", peak)
	}
	// A half second of it is found where it is, and nowhere else.
	part := a[rate : rate+rate/2]
	got := correlate(part, a, len(a))
	if got.lag != rate || got.score < 0.999 {
		t.Errorf("found at %d with %.3f, want %d", got.lag, got.score, rate)
	}
	elsewhere := append(append([]int16{}, a[:rate]...), make([]int16, rate/2)...)
	elsewhere = append(elsewhere, a[rate+rate/2:]...)
	if got := correlate(part, elsewhere, len(elsewhere)); got.score > 0.6 {
		t.Errorf("another part at %d is alike with %.3f", got.lag, got.score)
	}
}
