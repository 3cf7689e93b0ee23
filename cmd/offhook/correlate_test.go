package main

import (
	"math"
	"math/rand/v2"
	"testing"
)

func noise(n int, seed uint64, amplitude float64) []int16 {
	r := rand.New(rand.NewPCG(seed, 0))
	out := make([]int16, n)
	for i := range out {
		out[i] = int16(amplitude * (2*r.Float64() - 1))
	}
	return out
}

func TestCorrelate(t *testing.T) {
	signal := noise(4000, 1, 10000)
	delayed := func(lag int, gain float64) []int16 {
		out := noise(8000, 2, 300)
		for i, s := range signal {
			out[lag+i] += int16(gain * float64(s))
		}
		return out
	}
	for _, test := range []struct {
		name      string
		heard     []int16
		lag       int
		low, high float64
	}{
		{name: "itself", heard: signal, low: 1, high: 1},
		{name: "late and soft", heard: delayed(1234, 0.25), lag: 1234, low: 0.98, high: 1},
		{name: "cut short", heard: delayed(2000, 1)[:5000], lag: 2000, low: 0.98, high: 1},
		{name: "other sound", heard: noise(8000, 3, 10000), lag: -1, low: 0, high: 0.1},
		{name: "silence", heard: make([]int16, 8000), low: 0, high: 0},
		{name: "nothing", heard: nil, low: 0, high: 0},
	} {
		got := correlate(signal, test.heard, 4000)
		if got.score < test.low || got.score > test.high || test.lag >= 0 && got.lag != test.lag {
			t.Errorf("%s: score %.3f at %d, want %.2f to %.2f at %d", test.name, got.score, got.lag, test.low, test.high, test.lag)
		}
	}
}

func TestCorrelateIsTheSlowSum(t *testing.T) {
	a, b := noise(50, 4, 9000), noise(120, 5, 9000)
	best := match{}
	for lag := 0; lag <= 70; lag++ {
		var sum, ea, eb float64
		for i := 0; i < len(a) && i+lag < len(b); i++ {
			x, y := float64(a[i]), float64(b[i+lag])
			sum, ea, eb = sum+x*y, ea+x*x, eb+y*y
		}
		if s := sum / math.Sqrt(ea*eb); s > best.score {
			best = match{s, lag}
		}
	}
	if got := correlate(a, b, 70); got.lag != best.lag || math.Abs(got.score-best.score) > 1e-9 {
		t.Errorf("got %+v, want %+v", got, best)
	}
}
