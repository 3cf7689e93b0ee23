package dsp

import (
	"math"
	"math/rand/v2"
	"testing"
)

// talker is words of 300 ms, voiced and hissed in turn, with pauses of 700 ms, and
// when there is something to hear, for each 10 ms.
func talker(rate, seconds int) (pcm []int16, active []bool) {
	pcm = make([]int16, rate*seconds)
	rng := rand.New(rand.NewPCG(3, 4))
	var phase, a, b float64
	for i := range pcm {
		ms := i * 1000 / rate
		in := ms%1000 - 200
		if in < 0 || in >= 300 {
			continue
		}
		envelope := math.Sin(math.Pi * float64(in) / 300)
		x := 0.0
		if ms/1000%3 == 2 {
			x = rng.NormFloat64() * 0.25 // a fricative
			x, a = x-a, x
		} else {
			phase += (110 + 30*math.Sin(float64(ms)/90)) / float64(rate)
			if phase >= 1 {
				phase--
				x = 1.2
			}
			w := 2 * math.Pi * (500 + 200*math.Sin(float64(ms)/130)) / float64(rate)
			y := x + 2*0.97*math.Cos(w)*a - 0.97*0.97*b
			a, b = y, a
			x = y
		}
		pcm[i] = int16(7000 * envelope * math.Tanh(x))
	}
	step := rate / 100
	for i := 0; i+step <= len(pcm); i += step {
		active = append(active, RMS(pcm[i:i+step]) > -45)
	}
	return pcm, active
}

// noisy adds noise of a level in dBFS and a colour, 0 for white to 0.98 for brown.
func noisy(pcm []int16, level, colour float64) []int16 {
	rng := rand.New(rand.NewPCG(1, 2))
	gain := 32768 * math.Pow(10, level/20) * math.Sqrt(1-colour*colour)
	out, y := make([]int16, len(pcm)), 0.0
	for i, s := range pcm {
		y = colour*y + rng.NormFloat64()
		out[i] = clip(float32(s) + float32(gain*y))
	}
	return out
}

// Misses and false alarms of talk in noise. The hangover's share isn't a false
// alarm, and the first three seconds are for learning the noise.
func TestVADInNoise(t *testing.T) {
	for _, rate := range []int{8000, 16000, 44100, 48000} {
		pcm, active := talker(rate, 20)
		for _, c := range []struct{ level, colour float64 }{
			{-96, 0}, {-70, 0}, {-55, 0}, {-45, 0}, {-55, 0.9}, {-45, 0.9}, {-40, 0.98},
		} {
			v, mix, step := NewVAD(rate), noisy(pcm, c.level, c.colour), rate/100
			var missed, spoken, alarms, quiet int
			for i, on := range active {
				got := v.Write(mix[i*step : (i+1)*step])
				if i < 300 {
					continue
				}
				tail := false
				for k := max(i-30, 0); k < min(i+3, len(active)); k++ {
					tail = tail || active[k]
				}
				switch {
				case on:
					spoken++
					if !got {
						missed++
					}
				case !tail:
					quiet++
					if got {
						alarms++
					}
				}
			}
			t.Logf("%d Hz, noise of %v dBFS (%v): %d of %d missed, %d false of %d", rate, c.level, c.colour, missed, spoken, alarms, quiet)
			if missed*100 > spoken*10 || alarms*100 > quiet {
				t.Errorf("%d Hz, noise of %v dBFS (%v): %d of %d missed, %d false of %d", rate, c.level, c.colour, missed, spoken, alarms, quiet)
			}
		}
	}
}

// Noise that grows is learnt within seconds; a steady tone or loud music isn't noise.
func TestVADLearnsNoiseNotTones(t *testing.T) {
	v := NewVAD(8000)
	v.Write(noisy(make([]int16, 5*8000), -65, 0))
	if v.Speech() {
		t.Error("steady noise is speech")
	}
	louder := noisy(make([]int16, 6*8000), -45, 0)
	v.Write(louder[:4*8000])
	if v.Write(louder[4*8000:]) {
		t.Error("noise that grew by 20 dB is speech after 4 s")
	}
	tone := make([]int16, 80)
	for i := range 3000 {
		for k := range tone {
			tone[k] = int16(3000 * math.Sin(2*math.Pi*425*float64(i*80+k)/8000))
		}
		if v.Write(tone); i > 5 && !v.Speech() {
			t.Fatalf("after %d ms a tone isn't sent", i*10)
		}
	}
}

func TestVADSilence(t *testing.T) {
	v := NewVAD(8000)
	if v.Write(make([]int16, 80000)) || v.Speech() {
		t.Error("digital silence is speech")
	}
	if v.Write(nil) {
		t.Error("nothing is speech")
	}
}

func TestVADIsIndependentOfPieces(t *testing.T) {
	pcm, _ := talker(16000, 4)
	a, b := NewVAD(16000), NewVAD(16000)
	for len(pcm) >= 480 {
		a.Write(pcm[:480])
		for i := 0; i < 480; i += 30 {
			b.Write(pcm[i : i+30])
		}
		if a.Speech() != b.Speech() {
			t.Fatal("pieces change what is heard")
		}
		pcm = pcm[480:]
	}
}

func TestVADDoesNotAllocate(t *testing.T) {
	v, pcm := NewVAD(48000), make([]int16, 960)
	if n := testing.AllocsPerRun(100, func() { v.Write(pcm) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkVAD(b *testing.B) {
	b.ReportAllocs()
	v, pcm := NewVAD(8000), noisy(make([]int16, 160), -50, 0)
	for b.Loop() {
		v.Write(pcm)
	}
}
