package dtmf

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// The tolerances of ITU-T Q.24 and of Bellcore's GR-506 (TR-TSY-000181 tests them), each
// for all sixteen digits and at many phases against the detector's blocks. want is the
// least share of digits to be found, or not to be.
func TestDetectorTolerances(t *testing.T) {
	type span struct{ from, to, step float64 }
	one := func(x float64) span { return span{x, x, 1} }
	for _, c := range []struct {
		name   string
		of     span
		change func(*sound, float64)
		found  bool
	}{
		{"both tones off by %, operation", span{-1.5, 1.5, 0.5}, func(s *sound, x float64) { s.lowOff, s.highOff = x/100, x/100 }, true},
		{"tones off by % apart, operation", span{-1.5, 1.5, 0.5}, func(s *sound, x float64) { s.lowOff, s.highOff = x/100, -x/100 }, true},
		{"row off by %, operation", span{-1.5, 1.5, 0.75}, func(s *sound, x float64) { s.lowOff = x / 100 }, true},
		{"column off by %, operation", span{-1.5, 1.5, 0.75}, func(s *sound, x float64) { s.highOff = x / 100 }, true},
		{"row off by %, no operation", span{3.5, 6, 0.5}, func(s *sound, x float64) { s.lowOff = x / 100 }, false},
		{"row off by -%, no operation", span{3.5, 6, 0.5}, func(s *sound, x float64) { s.lowOff = -x / 100 }, false},
		{"column off by %, no operation", span{3.5, 6, 0.5}, func(s *sound, x float64) { s.highOff = x / 100 }, false},
		{"column off by -%, no operation", span{3.5, 6, 0.5}, func(s *sound, x float64) { s.highOff = -x / 100 }, false},
		// Twist: column over row in dB. The stronger tone stays at -10.
		{"twist in dB, operation", span{0, 4, 1}, func(s *sound, x float64) { s.high, s.low = -10, -10-x }, true},
		{"reverse twist in dB, operation", span{0, 8, 1}, func(s *sound, x float64) { s.low, s.high = -10, -10-x }, true},
		{"twist in dB, no operation", span{12, 20, 2}, func(s *sound, x float64) { s.high, s.low = -10, -10-x }, false},
		{"reverse twist in dB, no operation", span{12, 20, 2}, func(s *sound, x float64) { s.low, s.high = -10, -10-x }, false},
		// Levels of each tone, 0 dBm0 being 3.14 dB under full scale. Two of 0 dBm0 would be
		// cut off by 16 bits: G.711 clips them, and they are digits all the same.
		{"level in dBm0, operation", span{-29, 0, 1}, func(s *sound, x float64) { s.low, s.high = x-3.14, x-3.14 }, true},
		{"level in dBm0, no operation", span{-70, -55, 5}, func(s *sound, x float64) { s.low, s.high = x-3.14, x-3.14 }, false},
		{"ms of tone, operation", span{40, 100, 5}, func(s *sound, x float64) { s.on = time.Duration(x * float64(ms)) }, true},
		{"ms of tone, no operation", span{5, 23, 3}, func(s *sound, x float64) { s.on = time.Duration(x * float64(ms)) }, false},
		{"ms of interruption, one digit", span{2, 10, 2}, func(s *sound, x float64) { s.on, s.interruption = 120*ms, time.Duration(x*float64(ms)) }, true},
		{"dB of noise under it, operation", span{15, 30, 5}, func(s *sound, x float64) { s.noise = x }, true},
		{"a tone alone, no operation", one(-90), func(s *sound, x float64) { s.high = x }, false},
		{"shortest, quietest, skewed and off at once, operation", one(0), func(s *sound, _ float64) {
			s.low, s.high, s.lowOff, s.highOff, s.on = -25-3.14, -29-3.14, 0.012, -0.012, 45*ms
		}, true},
	} {
		phases := 7
		if testing.Short() {
			phases = 17
		}
		for x := c.of.from; x <= c.of.to+1e-9; x += c.of.step {
			wrong := map[string]int{}
			for i := range len(Digits) {
				for shift := 0; shift < half; shift += phases {
					s := sound{digit: Digits[i], low: -14, high: -12, on: 50 * ms, off: 60 * ms}
					c.change(&s, x)
					want := ""
					if c.found {
						want = string(Digits[i])
					}
					if got, _ := detect(t, 8000, s.render(shift)); got != want {
						wrong[got]++
					}
				}
			}
			if len(wrong) > 0 {
				t.Errorf("%s: at %v, of %d: %v", c.name, x, len(Digits)*(half+phases-1)/phases, wrong)
			}
		}
	}
}

// Equal and different digits, as fast as Q.24 allows: 40 ms of tone, 40 ms of pause, 93 ms
// from one to the next.
func TestDetectorFollowsTheFastestDialler(t *testing.T) {
	for _, c := range []struct{ on, off time.Duration }{{40 * ms, 53 * ms}, {53 * ms, 40 * ms}, {50 * ms, 45 * ms}, {200 * ms, 40 * ms}} {
		for shift := 0; shift < half; shift += 10 {
			want := Digits + "5555" + "1147ABCD0"
			pcm := make([]int16, shift)
			for i := range len(want) {
				pcm = append(pcm, sound{digit: want[i], low: -12, high: -10, on: c.on, off: c.off}.render(0)...)
			}
			if got, _ := detect(t, 8000, pcm); got != want {
				t.Errorf("%v on, %v off, from %d: %q, want %q", c.on, c.off, shift, got, want)
			}
		}
	}
}

// Digits under speech-like sound, dial tone and clicks, the rest of Bellcore's tape: found,
// each once.
func TestDetectorHearsThroughDisturbance(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	dial := NewProgress(8000, NorthAmerica.Cadence(Dial))
	for name, disturb := range map[string]func(pcm []int16){
		"impulses": func(pcm []int16) {
			for i := 0; i < len(pcm); i += 400 + rng.IntN(1200) {
				pcm[i] = int16(rng.IntN(8000) - 4000)
			}
		},
		"dial tone 20 dB under it": func(pcm []int16) {
			tone := make([]int16, len(pcm))
			_, _ = dial.Read(tone)
			for i := range pcm {
				pcm[i] += tone[i] / 8
			}
		},
		"hum of 50 Hz": func(pcm []int16) {
			for i := range pcm {
				pcm[i] += int16(400 * math.Sin(2*math.Pi*50*float64(i)/8000))
			}
		},
		"companding": func(pcm []int16) {
			for i, s := range pcm { // what 8 bits leave, roughly
				step := max(int(math.Abs(float64(s)))/16, 4)
				pcm[i] = int16(int(s) / step * step)
			}
		},
	} {
		var pcm []int16
		for i := range len(Digits) {
			pcm = append(pcm, sound{digit: Digits[i], low: -12, high: -10, on: 60 * ms, off: 60 * ms}.render(0)...)
		}
		disturb(pcm)
		if got, _ := detect(t, 8000, pcm); got != Digits {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// What telephone networks and modems say between themselves isn't dialled by anybody.
func TestDetectorIsDeafToOtherTones(t *testing.T) {
	var all strings.Builder
	for _, code := range PlanCodes() {
		for s := Ringback; s <= Recording; s++ {
			p := NewProgress(8000, Plan(code).Cadence(s))
			pcm := make([]int16, 5*8000)
			_, _ = p.Read(pcm)
			got, _ := detect(t, 8000, pcm)
			all.WriteString(got)
		}
	}
	// Modem, fax and network signalling: V.25, V.21, T.30, R2, multi-frequency R1.
	for _, hz := range [][]float64{
		{2100}, {1100}, {1300}, {980, 1180}, {1650, 1850}, {1380, 1500}, {540, 660}, {700, 900}, {700, 1100}, {900, 1300},
		{1300, 1500}, {1100, 1700}, {2400, 2600}, {697, 770}, {1336, 1477}, {697, 1209, 1336}, {770, 852, 1477}, {941, 1209, 2500},
	} {
		p := NewProgress(8000, Cadence{Hz: hz, Level: -14, OnOff: []time.Duration{200 * ms, 100 * ms}})
		pcm := make([]int16, 2*8000)
		_, _ = p.Read(pcm)
		if got, _ := detect(t, 8000, pcm); got != "" {
			t.Errorf("%v Hz: %q", hz, got)
		}
	}
	if all.Len() > 0 {
		t.Errorf("call-progress tones: %q", all.String())
	}
}
