package dsp

import (
	"math"
	"math/rand/v2"
	"testing"
)

// telephony is the pairs of rates that meet in a phone: codecs of 8 to 48 kHz and
// sound cards.
var telephony = [][2]int{
	{8000, 16000}, {16000, 8000}, {8000, 44100}, {44100, 8000}, {8000, 48000}, {48000, 8000},
	{16000, 44100}, {44100, 16000}, {16000, 48000}, {48000, 16000}, {44100, 48000}, {48000, 44100},
}

// purity is the gain of the tone in out and how far below it everything else lies, in dB.
func purity(out []int16, hz float64, rate int, amp float64) (gain, snr float64) {
	// A least-squares fit of the tone, so that a part of a period at the end does no harm.
	var cc, ss, cs, xc, xs float64
	for i, s := range out {
		sin, cos := math.Sincos(2 * math.Pi * hz * float64(i) / float64(rate))
		cc, ss, cs = cc+cos*cos, ss+sin*sin, cs+cos*sin
		xc, xs = xc+float64(s)*cos, xs+float64(s)*sin
	}
	det := cc*ss - cs*cs
	a, b := (xc*ss-xs*cs)/det, (xs*cc-xc*cs)/det
	var rest float64
	for i, s := range out {
		sin, cos := math.Sincos(2 * math.Pi * hz * float64(i) / float64(rate))
		d := float64(s) - a*cos - b*sin
		rest += d * d
	}
	rest /= float64(len(out))
	power := (a*a + b*b) / 2
	return 20 * math.Log10(math.Hypot(a, b)/amp), 10 * math.Log10(power/rest)
}

func makers(t *testing.T, p [2]int) map[string]*Resampler {
	t.Helper()
	v, err := NewVariable(p[0], p[1])
	if err != nil {
		t.Fatal(err)
	}
	return map[string]*Resampler{"fixed": newResampler(t, p[0], p[1]), "variable": v}
}

// TestResamplerQuality measures what passes and what must not: the ripple in the
// telephone's band of the lower rate, images and noise beside a tone, and aliases of
// what the lower rate can't carry. 16 bits alone leave 90 dB at this level.
func TestResamplerQuality(t *testing.T) {
	const amp = 12000.0
	for _, p := range telephony {
		low := min(p[0], p[1])
		for kind := range makers(t, p) {
			ripple, worst, alias := 0.0, 200.0, -200.0
			for part := 0.02; part <= 0.413; part += 0.0131 {
				hz := part * float64(low)
				r := makers(t, p)[kind]
				out := resample(r, sine(hz, p[0], p[0]/2, amp), 160, 4000)
				gain, snr := purity(out[len(out)/4:], hz, p[1], amp)
				ripple, worst = max(ripple, math.Abs(gain)), min(worst, snr)
			}
			for part := 0.575; part*float64(p[1]) < 0.49*float64(p[0]); part += 0.0437 {
				r := makers(t, p)[kind]
				src := sine(part*float64(p[1]), p[0], p[0]/2, amp)
				out := resample(r, src, 160, 4000)
				alias = max(alias, power(out[len(out)/4:])-power(src))
			}
			r := makers(t, p)[kind]
			t.Logf("%5d to %5d %-8s: ripple %.3f dB to %.0f Hz, SNR %.1f dB, aliases %.1f dB from %.0f Hz, delay %d samples (%.2f ms)",
				p[0], p[1], kind, ripple, 0.413*float64(low), worst, alias, 0.575*float64(low), r.Delay(), 1000*float64(r.Delay())/float64(p[0]))
			if ripple > 0.1 {
				t.Errorf("%v %s: %.3f dB of ripple", p, kind, ripple)
			}
			if worst < 70 {
				t.Errorf("%v %s: a tone comes with others %.1f dB below", p, kind, worst)
			}
			if alias > -70 {
				t.Errorf("%v %s: aliases at %.1f dB", p, kind, alias)
			}
			if ms := 1000 * float64(r.Delay()) / float64(p[0]); ms > 2.1*8000/float64(low) {
				t.Errorf("%v %s: %.2f ms of delay", p, kind, ms)
			}
		}
	}
}

// power in dB of one step of 16 bits. RMS ends at the noise floor of 16 bits.
func power(pcm []int16) float64 {
	var sum float64
	for _, s := range pcm {
		sum += float64(s) * float64(s)
	}
	return 10 * math.Log10(max(sum/float64(len(pcm)), 1e-3))
}

// The ratio is what was asked for, to a sample in a minute.
func TestVariableKeepsItsRatio(t *testing.T) {
	for _, ppm := range []float64{0, 100, -100, 37.5, 20000, 1e9, -1e9} {
		for _, p := range [][2]int{{8000, 8000}, {8000, 48000}, {48000, 44100}} {
			r, err := NewVariable(p[0], p[1])
			if err != nil {
				t.Fatal(err)
			}
			r.SetRatio(ppm)
			r.SetRatio(math.NaN()) // changes nothing
			src, dst := make([]int16, p[0]/50), make([]int16, p[1])
			const frames = 3000
			got := 0
			for range frames {
				read, wrote := r.Process(dst, src)
				if read != len(src) {
					t.Fatalf("%d of %d read", read, len(src))
				}
				got += wrote
			}
			want := float64(frames*len(src)-r.Delay()) * float64(p[1]) / float64(p[0]) * (1 + min(max(ppm, -MaxPPM), MaxPPM)/1e6)
			if math.Abs(float64(got)-want) > 2 {
				t.Errorf("%v at %v ppm: %d samples, want %.1f", p, ppm, got, want)
			}
		}
	}
}

// A ratio that moves with each packet leaves a tone without clicks: a click would be
// a second difference that no sine of this pitch and level has.
func TestVariableMovesWithoutAClick(t *testing.T) {
	const amp, hz = 12000.0, 400.0
	rng := rand.New(rand.NewPCG(1, 2))
	for _, p := range [][2]int{{8000, 8000}, {16000, 48000}, {48000, 8000}} {
		r, err := NewVariable(p[0], p[1])
		if err != nil {
			t.Fatal(err)
		}
		src := sine(hz, p[0], 5*p[0], amp)
		dst := make([]int16, p[1])
		var out []int16
		for n := p[0] / 50; len(src) >= n; src = src[n:] {
			r.SetRatio(rng.Float64()*2000 - 1000)
			_, wrote := r.Process(dst, src[:n])
			out = append(out, dst[:wrote]...)
		}
		w := 2 * math.Pi * hz * 1.001 / float64(p[1])
		most := amp*w*w + 10 // and the rounding of three samples, and images 76 dB down
		for i := p[1] / 10; i < len(out)-1; i++ {
			if d := math.Abs(float64(out[i-1]) - 2*float64(out[i]) + float64(out[i+1])); d > most {
				t.Fatalf("%v: a click of %.0f at sample %d, at most %.0f is the tone's", p, d, i, most)
			}
		}
	}
}

func TestVariableNeedIsExact(t *testing.T) {
	r, err := NewVariable(16000, 16000)
	if err != nil {
		t.Fatal(err)
	}
	dst := make([]int16, 1000)
	for i := range 500 {
		r.SetRatio(float64(i*31%2000 - 1000))
		n := 1 + i*13%700
		need := r.Need(n)
		if read, wrote := r.Process(dst[:n], make([]int16, need)); read != need || wrote != n {
			t.Fatalf("asked %d for %d, read %d, wrote %d", need, n, read, wrote)
		}
	}
	if n := testing.AllocsPerRun(100, func() { r.SetRatio(3); r.Process(dst, dst[:320]) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	r.Reset()
	fixed := newResampler(t, 8000, 8000)
	fixed.SetRatio(500)
	if read, wrote := fixed.Process(dst, dst[:100]); read != 100 || wrote != 100 {
		t.Error("a fixed ratio moved")
	}
	if _, err := NewVariable(8000, 1); err == nil {
		t.Error("a rate of 1 Hz")
	}
}

func BenchmarkVariable(b *testing.B) {
	b.ReportAllocs()
	r, err := NewVariable(8000, 8000)
	if err != nil {
		b.Fatal(err)
	}
	r.SetRatio(50)
	src, dst := sine(440, 8000, 160, 9000), make([]int16, 200) // 20 ms
	for b.Loop() {
		r.Process(dst, src)
	}
}
