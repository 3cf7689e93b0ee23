package nsim

import (
	"encoding/binary"
	"errors"
	"math"
	"math/cmplx"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// voice is something like speech: syllables of three gliding formants over a
// wandering pitch, some of them unvoiced, with pauses. A seed says the same.
func voice(seconds, rate int, seed uint64) []int16 {
	r := rand.New(rand.NewPCG(seed, 1))
	var out []int16
	var phase float64
	for len(out) < seconds*rate {
		n := rate * (80 + r.IntN(180)) / 1000
		pitch, glide := 90+80*r.Float64(), 0.7+0.6*r.Float64()
		formants := [3]float64{300 + 500*r.Float64(), 900 + 1100*r.Float64(), 2300 + 900*r.Float64()}
		voiced := r.IntN(5) != 0
		var gains []float64 // of the harmonics
		for i := range n {
			x := float64(i) / float64(n)
			if i%64 == 0 { // formants move slowly
				gains = gains[:0]
				for k := 1.0; k*pitch < min(7000, float64(rate)/2-200); k++ {
					gain := 0.01
					for j, f := range formants {
						w := (k*pitch - f*math.Pow(glide, x/2)) / (90 + 60*float64(j))
						gain += math.Exp(-w*w/2) / float64(j+1)
					}
					gains = append(gains, gain)
				}
			}
			s := 900 * r.NormFloat64()
			if voiced {
				s = 0
				phase += pitch * math.Pow(glide, x) / float64(rate)
				for k, gain := range gains {
					s += 3000 * gain * math.Sin(2*math.Pi*math.Mod(float64(k+1)*phase, 1))
				}
			}
			out = append(out, int16(max(-32768, min(32767, s*math.Sin(math.Pi*x)))))
		}
		if r.IntN(3) == 0 {
			out = append(out, make([]int16, rate*(50+r.IntN(350))/1000)...)
		}
	}
	return out[:seconds*rate]
}

func compare(t *testing.T, said, heard []int16, rate int, band Band) Score {
	t.Helper()
	s, err := Compare(said, heard, rate, band)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// lose takes 20 ms packets away and puts what fill makes in their place.
func lose(pcm []int16, share float64, fill func(pcm []int16, from, to int)) []int16 {
	r := rand.New(rand.NewPCG(3, 3))
	out := slices.Clone(pcm)
	for at := 160; at+160 <= len(out); at += 160 {
		if r.Float64() < share {
			fill(out, at, at+160)
		}
	}
	return out
}

func silence(pcm []int16, from, to int) { clear(pcm[from:to]) }
func repeat(pcm []int16, from, to int)  { copy(pcm[from:to], pcm[from-(to-from):from]) }

func TestTheSameIsOneWhereverItStartsAndHoweverLoud(t *testing.T) {
	said := voice(6, 8000, 1)
	for _, c := range []struct {
		name  string
		heard []int16
		delay time.Duration
	}{
		{"same", said, 0},
		{"later", append(make([]int16, 800), said...), 100 * time.Millisecond},
		{"seconds later", append(make([]int16, 8000*7), said...), 7 * time.Second},
		{"its start cut off", said[1600:], -200 * time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, gain := range []float64{1, 0.25} {
				heard := make([]int16, len(c.heard))
				for i, s := range c.heard {
					heard[i] = int16(gain * float64(s))
				}
				s := compare(t, said, heard, 8000, Narrow)
				if s.Delay != c.delay || s.Spread() != 0 {
					t.Errorf("gain %g: delay %v, spread %v; want %v and none", gain, s.Delay, s.Spread(), c.delay)
				}
				// A start cut off takes its patches along.
				if want := map[bool]float64{false: 0.99, true: 0.95}[c.delay < 0]; s.Similarity < want || s.Similarity > 1.0001 {
					t.Errorf("gain %g: similarity %.4f, want at least %.2f", gain, s.Similarity, want)
				}
			}
		})
	}
}

func TestDelayIsFoundBetweenTheSteps(t *testing.T) {
	said := voice(4, 8000, 2)
	for _, samples := range []int{20, 123, 1999} {
		s := compare(t, said, append(make([]int16, samples), said...), 8000, Narrow)
		want := time.Duration(samples) * time.Second / 8000
		if d := (s.Delay - want).Abs(); d > 1250*time.Microsecond || s.Similarity < 0.97 {
			t.Errorf("delay %v, similarity %.3f; want %v within half a step", s.Delay, s.Similarity, want)
		}
	}
}

func TestMoreLossIsWorseAndConcealmentBetterThanSilence(t *testing.T) {
	said := voice(20, 8000, 4)
	last := 1.0
	for _, share := range []float64{0.01, 0.03, 0.05, 0.1, 0.2} {
		gaps := compare(t, said, lose(said, share, silence), 8000, Narrow)
		patched := compare(t, said, lose(said, share, repeat), 8000, Narrow)
		if gaps.Similarity >= last-0.002 {
			t.Errorf("loss of %g: %.4f, not clearly below %.4f of less loss", share, gaps.Similarity, last)
		}
		// Of a handful of packets, those in pauses decide.
		if share >= 0.03 && patched.Similarity <= gaps.Similarity {
			t.Errorf("loss of %g: %.4f with the last packet repeated, %.4f with silence", share, patched.Similarity, gaps.Similarity)
		}
		last = gaps.Similarity
	}
	if last < 0.5 || last > 0.9 {
		t.Errorf("a fifth lost: %.4f", last)
	}
}

func TestMoreNoiseIsWorse(t *testing.T) {
	said := voice(6, 8000, 5)
	last := 1.0
	for _, sigma := range []float64{30, 100, 300, 1000} {
		r := rand.New(rand.NewPCG(6, 6))
		heard := slices.Clone(said)
		for i := range heard {
			heard[i] = int16(max(-32768, min(32767, float64(heard[i])+sigma*r.NormFloat64())))
		}
		s := compare(t, said, heard, 8000, Narrow)
		if s.Similarity >= last-0.01 {
			t.Errorf("noise of %g: %.4f, not clearly below %.4f of less noise", sigma, s.Similarity, last)
		}
		last = s.Similarity
	}
}

func TestOtherSpeechIsFarFromAnyDegradation(t *testing.T) {
	said := voice(8, 8000, 7)
	s := compare(t, said, voice(8, 8000, 8), 8000, Narrow)
	if s.Similarity > 0.55 {
		t.Errorf("other speech: %.4f", s.Similarity)
	}
	if s := compare(t, said, make([]int16, len(said)), 8000, Narrow); s.Similarity > 0.2 { // what neither has is alike
		t.Errorf("silence: %.4f", s.Similarity)
	}
}

// A playout that moves is followed, and said; only the seam is heard.
func TestPlayoutThatMovesIsFollowed(t *testing.T) {
	said := voice(8, 8000, 9)
	s := compare(t, said, said, 8000, Narrow)
	seam := s.Patches[len(s.Patches)/2].At + 100*time.Millisecond // in the middle of speech
	at := int(seam.Seconds() * 8000)
	s = compare(t, said, slices.Concat(said[:at], said[at-480:]), 8000, Narrow) // 60 ms again
	if s.Spread() != 60*time.Millisecond {
		t.Errorf("spread %v", s.Spread())
	}
	if s.Similarity < 0.98 {
		t.Errorf("similarity %.4f", s.Similarity)
	}
	for _, p := range s.Worst(1) {
		if d := (p.At - seam).Abs(); d > 250*time.Millisecond {
			t.Errorf("one of the worst is %+v", p)
		}
	}
}

func TestWorstIsWhereTheGapIs(t *testing.T) {
	said := voice(8, 8000, 10)
	heard := slices.Clone(said)
	s := compare(t, said, said, 8000, Narrow)
	gap := s.Patches[len(s.Patches)/2].At
	clear(heard[int(gap.Seconds()*8000):][:1600])
	s = compare(t, said, heard, 8000, Narrow)
	if w := s.Worst(1)[0]; (w.At-gap).Abs() > 100*time.Millisecond || w.Similarity > 0.7 {
		t.Errorf("the worst is %+v, the gap at %v", w, gap)
	}
	if n := len(s.Worst(1 << 20)); n != len(s.Patches) {
		t.Errorf("%d of %d", n, len(s.Patches))
	}
}

// What only the wide band holds, only the wide comparison misses.
func TestWideBandHearsWhatTelephonyCutsOff(t *testing.T) {
	said := voice(6, 16000, 11)
	heard := make([]int16, len(said))
	const taps = 101
	for i := range heard { // a windowed sinc at 3.7 kHz
		var sum float64
		for k := range taps {
			if j := i + k - taps/2; j >= 0 && j < len(said) {
				x := float64(k - taps/2)
				h := 2 * 3700.0 / 16000
				if x != 0 {
					h = math.Sin(2*math.Pi*3700/16000*x) / (math.Pi * x)
				}
				sum += h * (0.5 + 0.5*math.Cos(2*math.Pi*x/taps)) * float64(said[j])
			}
		}
		heard[i] = int16(max(-32768, min(32767, sum)))
	}
	narrow, wide := compare(t, said, heard, 16000, Narrow), compare(t, said, heard, 16000, Wide)
	if narrow.Similarity < 0.97 || wide.Similarity > 0.93 {
		t.Errorf("narrow %.4f, wide %.4f", narrow.Similarity, wide.Similarity)
	}
}

func TestRefusals(t *testing.T) {
	said := voice(2, 8000, 12)
	for _, c := range []struct {
		name        string
		said, heard []int16
		rate        int
		band        Band
		want        error
	}{
		{"no rate", said, said, 0, Narrow, ErrRate},
		{"odd rate", said, said, 11025, Narrow, ErrRate},
		{"wide at 8 kHz", said, said, 8000, Wide, ErrRate},
		{"nothing said", nil, said, 8000, Narrow, ErrShort},
		{"little heard", said, said[:7999], 8000, Narrow, ErrShort},
		{"silence said", make([]int16, 16000), said, 8000, Narrow, ErrSilent},
		{"a click said", append([]int16{9000}, make([]int16, 16000)...), said, 8000, Narrow, ErrSilent},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := Compare(c.said, c.heard, c.rate, c.band); !errors.Is(err, c.want) {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestTransformIsTheSumItStandsFor(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 13))
	x := make([]complex128, 64)
	for i := range x {
		x[i] = complex(r.NormFloat64(), r.NormFloat64())
	}
	got := slices.Clone(x)
	newFFT(len(x)).transform(got)
	for k := range got {
		var want complex128
		for n, v := range x {
			want += v * cmplx.Rect(1, -2*math.Pi*float64(k*n)/float64(len(x)))
		}
		if cmplx.Abs(got[k]-want) > 1e-9 {
			t.Fatalf("bin %d: %v, want %v", k, got[k], want)
		}
	}
}

func FuzzCompare(f *testing.F) {
	f.Add([]byte{1, 2, 3, 4}, []byte{4, 3, 2, 1}, uint8(8), true)
	f.Add([]byte{0xff, 0x7f, 0, 0x80}, []byte{0}, uint8(16), false)
	f.Fuzz(func(t *testing.T, a, b []byte, khz uint8, wide bool) {
		long := func(seed []byte) []int16 { // a second at 8 kHz of it
			x := make([]int16, 8100)
			for i := range x {
				if len(seed) > 1 {
					x[i] = int16(binary.LittleEndian.Uint16([]byte{seed[2*i%len(seed)], seed[(2*i+1)%len(seed)]}))
				}
			}
			return x
		}
		band := Narrow
		if wide {
			band = Wide
		}
		s, err := Compare(long(a), long(b), int(khz)*1000, band)
		if err != nil {
			return
		}
		if math.IsNaN(s.Similarity) || s.Similarity > 1.0001 || s.Similarity < -1 || len(s.Patches) == 0 {
			t.Errorf("similarity %v of %d patches", s.Similarity, len(s.Patches))
		}
	})
}

func BenchmarkCompare(b *testing.B) {
	said := voice(33, 8000, 14)
	heard := lose(said, 0.05, repeat)
	for b.Loop() {
		if _, err := Compare(said, heard, 8000, Narrow); err != nil {
			b.Fatal(err)
		}
	}
}
