package main

import "math"

// speech makes a voice that says nothing: a gliding pitch with harmonics below
// 3.4 kHz, two moving formants and syllables. It is the same every time, no part
// of it is like another, and a codec for speech treats it as speech: so its copy
// is recognised after any of them.
func speech(rate int, seconds float64) []int16 {
	out := make([]int16, int(float64(rate)*seconds))
	phase := 0.0
	for i := range out {
		t := float64(i) / float64(rate)
		// Rates that share no common period keep the parts different.
		pitch := 135 + 35*math.Sin(2*math.Pi*0.43*t) + 18*math.Sin(2*math.Pi*1.27*t+1)
		first := 520 + 240*math.Sin(2*math.Pi*1.61*t)
		second := 1550 + 600*math.Sin(2*math.Pi*1.13*t+2)
		phase += 2 * math.Pi * pitch / float64(rate)
		sum := 0.0
		for h := 1.0; h*pitch < 3400 && h*pitch < float64(rate)/2; h++ {
			sum += formant(h*pitch, first, second) * math.Sin(h*phase+h*h)
		}
		syllable := math.Sin(2 * math.Pi * 1.9 * t)
		out[i] = int16(4200 * sum * (0.15 + 0.85*syllable*syllable))
	}
	return out
}

// formant is how loud a harmonic at f is between two resonances.
func formant(f, first, second float64) float64 {
	bell := func(centre, width float64) float64 { d := (f - centre) / width; return 1 / (1 + d*d) }
	return (bell(first, 110) + 0.6*bell(second, 160) + 0.03) / 1.6
}
