package dtmf

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// sound is a digit with every property that ITU-T Q.24 speaks of.
type sound struct {
	digit        byte
	low, high    float64 // dBFS of each sine
	lowOff       float64 // of the frequency, 0.01 is 1 %
	highOff      float64
	on, off      time.Duration
	interruption time.Duration // in the middle of on
	noise        float64       // dB under the digit, 0 for none
}

// render makes the PCM of s at 8 kHz, beginning at a phase of the detector's blocks.
func (s sound) render(shift int) []int16 {
	fl, fh, _ := Tones(s.digit)
	in := func(d time.Duration) int { return int(d.Seconds()*8000 + 0.5) }
	pcm := make([]int16, shift+in(s.on)+in(s.off))
	rng := rand.New(rand.NewPCG(1, uint64(s.digit)))
	amp := func(db float64) float64 { return 32767 * math.Pow(10, db/20) }
	power := amp(s.low)*amp(s.low)/2 + amp(s.high)*amp(s.high)/2
	hole0, hole1 := in(s.on/2-s.interruption/2), in(s.on/2+s.interruption/2)
	for i := range pcm {
		v := 0.0
		if k := i - shift; k >= 0 && k < in(s.on) && (s.interruption == 0 || k < hole0 || k >= hole1) {
			x := 2 * math.Pi * float64(k) / 8000
			v = amp(s.low)*math.Sin(x*fl*(1+s.lowOff)) + amp(s.high)*math.Sin(x*fh*(1+s.highOff))
		}
		if s.noise != 0 {
			v += rng.NormFloat64() * math.Sqrt(power*math.Pow(10, -s.noise/10))
		}
		pcm[i] = int16(max(min(v, 32767), -32768))
	}
	return pcm
}

func detect(t testing.TB, rate int, pcm []int16) (digits string, all []Digit) {
	t.Helper()
	d, err := NewDetector(rate)
	if err != nil {
		t.Fatal(err)
	}
	take := func() {
		for x, ok := d.Next(); ok; x, ok = d.Next() {
			digits += string(x.Code)
			all = append(all, x)
		}
	}
	for len(pcm) > 0 {
		n := min(len(pcm), rate/50)
		d.Write(pcm[:n])
		pcm = pcm[n:]
		take()
	}
	d.Write(make([]int16, rate/10))
	take()
	return digits, all
}

func TestDetectorKeepsToQ24(t *testing.T) {
	normal := func(digit byte) sound {
		return sound{digit: digit, low: -14, high: -12, on: 50 * ms, off: 60 * ms}
	}
	for _, c := range []struct {
		name   string
		change func(*sound)
		want   bool
	}{
		{"normal", func(*sound) {}, true},
		{"40 ms", func(s *sound) { s.on = 40 * ms }, true},
		{"20 ms", func(s *sound) { s.on = 20 * ms }, false},
		{"1.5 % high", func(s *sound) { s.lowOff, s.highOff = 0.015, 0.015 }, true},
		{"1.5 % low", func(s *sound) { s.lowOff, s.highOff = -0.015, -0.015 }, true},
		{"1.5 % apart", func(s *sound) { s.lowOff, s.highOff = -0.015, 0.015 }, true},
		{"row 3.5 % high", func(s *sound) { s.lowOff = 0.035 }, false},
		{"row 3.5 % low", func(s *sound) { s.lowOff = -0.035 }, false},
		{"column 3.5 % high", func(s *sound) { s.highOff = 0.035 }, false},
		{"column 3.5 % low", func(s *sound) { s.highOff = -0.035 }, false},
		{"column 8 dB down", func(s *sound) { s.low, s.high = -12, -20 }, true},
		{"column 4 dB up", func(s *sound) { s.low, s.high = -16, -12 }, true},
		{"column 14 dB down", func(s *sound) { s.low, s.high = -10, -24 }, false},
		{"column 14 dB up", func(s *sound) { s.low, s.high = -24, -10 }, false},
		{"loud", func(s *sound) { s.low, s.high = -7, -6 }, true},
		{"quiet", func(s *sound) { s.low, s.high = -31, -29 }, true},
		{"too quiet", func(s *sound) { s.low, s.high = -52, -50 }, false},
		{"15 dB of noise", func(s *sound) { s.noise = 15 }, true},
		{"10 ms of interruption", func(s *sound) { s.on, s.interruption = 100*ms, 10*ms }, true},
		{"one tone only", func(s *sound) { s.low = -90 }, false},
	} {
		for i := range len(Digits) {
			for shift := 0; shift < half; shift += 10 {
				s := normal(Digits[i])
				c.change(&s)
				want := ""
				if c.want {
					want = string(Digits[i])
				}
				if got, _ := detect(t, 8000, s.render(shift)); got != want {
					t.Errorf("%s, digit %c at %d: detected %q", c.name, Digits[i], shift, got)
				}
			}
		}
	}
}

func TestDetectorSeparatesEqualDigits(t *testing.T) {
	var pcm []int16
	for range 6 {
		pcm = append(pcm, sound{digit: '5', low: -12, high: -10, on: 50 * ms, off: 45 * ms}.render(0)...)
	}
	if got, _ := detect(t, 8000, pcm); got != "555555" {
		t.Errorf("detected %q", got)
	}
}

func TestDetectorReadsTheGeneratorAtEveryRate(t *testing.T) {
	for _, rate := range []int{8000, 16000, 44100, 48000} {
		g := NewGenerator(rate, 80*ms, 60*ms)
		if err := g.Queue(Digits); err != nil {
			t.Fatal(err)
		}
		got, all := detect(t, rate, readAll(t, g))
		if got != Digits {
			t.Errorf("%d Hz: detected %q", rate, got)
		}
		for _, d := range all {
			if d.Duration < 65*ms || d.Duration > 95*ms {
				t.Errorf("%d Hz: %c lasted %v", rate, d.Code, d.Duration)
			}
		}
	}
}

// Speech must not give digits (talk-off).
func TestDetectorIsDeafToSpeech(t *testing.T) {
	espeak, err := exec.LookPath("espeak-ng")
	if err != nil {
		t.Skip("needs espeak-ng")
	}
	for _, voice := range []string{"en", "en+f3", "de", "fr+f2", "it+m4"} {
		wav := filepath.Join(t.TempDir(), "speech.wav")
		text := "The quick brown fox jumps over the lazy dog. Please leave a message after the tone. " +
			"She had your dark suit in greasy wash water all year. Nobody knows the trouble I have seen. " +
			"Ooo, eee, aaa. One two three four five six seven eight nine zero. Whistle while you work."
		if out, err := exec.Command(espeak, "-v", voice, "-w", wav, text).CombinedOutput(); err != nil {
			t.Fatalf("espeak-ng: %v: %s", err, out)
		}
		raw, err := os.ReadFile(wav)
		if err != nil || len(raw) < 44 {
			t.Fatalf("no speech: %v", err)
		}
		rate := int(binary.LittleEndian.Uint32(raw[24:]))
		pcm := make([]int16, (len(raw)-44)/2)
		for i := range pcm {
			pcm[i] = int16(binary.LittleEndian.Uint16(raw[44+2*i:]))
		}
		if len(pcm) < 5*rate {
			t.Fatalf("only %d samples of speech", len(pcm))
		}
		if got, _ := detect(t, rate, pcm); got != "" {
			t.Errorf("voice %s: detected %q in %d s of speech", voice, got, len(pcm)/rate)
		}
	}
}

// Pulses through wandering resonances, the shape of voiced speech, for five
// minutes, and noise: a machine without a synthesiser tests this much.
func TestDetectorIsDeafToWhatLooksLikeSpeech(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	pcm := make([]int16, 300*8000)
	type resonance struct{ hz, target, a, b float64 }
	formants := []resonance{{hz: 500}, {hz: 1300}, {hz: 2500}}
	pitch, phase, level := 120.0, 0.0, 0.0
	for i := range pcm {
		if i%800 == 0 {
			pitch = 80 + 160*rng.Float64()
			level = 3000 * rng.Float64()
			for k := range formants {
				formants[k].target = [3]float64{300, 900, 2100}[k] + [3]float64{600, 1000, 900}[k]*rng.Float64()
			}
		}
		phase += pitch / 8000
		x := rng.NormFloat64() * 0.05
		if phase >= 1 {
			phase--
			x += 1
		}
		v := 0.0
		for k := range formants {
			f := &formants[k]
			f.hz += (f.target - f.hz) / 400
			y := x + 2*0.97*math.Cos(2*math.Pi*f.hz/8000)*f.a - 0.97*0.97*f.b
			f.a, f.b = y, f.a
			v += y / float64(k+1)
		}
		pcm[i] = int16(max(min(v*level, 32767), -32768))
	}
	if got, _ := detect(t, 8000, pcm); got != "" {
		t.Errorf("detected %q", got)
	}
	for i := range pcm {
		pcm[i] = int16(rng.NormFloat64() * 5000)
	}
	if got, _ := detect(t, 8000, pcm); got != "" {
		t.Errorf("detected %q in noise", got)
	}
}

func TestDetectorDoesNotAllocate(t *testing.T) {
	for _, rate := range []int{8000, 48000} {
		d, err := NewDetector(rate)
		if err != nil {
			t.Fatal(err)
		}
		g := NewGenerator(rate, 0, 0)
		_ = g.Queue("1")
		pcm := readAll(t, g)[:rate/50]
		if n := testing.AllocsPerRun(100, func() { d.Write(pcm) }); n != 0 {
			t.Errorf("%d Hz: %v allocations", rate, n)
		}
	}
}

func FuzzDetector(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3}, uint8(0))
	f.Fuzz(func(t *testing.T, raw []byte, pick uint8) {
		rate := []int{8000, 16000, 44100, 48000}[pick%4]
		pcm := make([]int16, len(raw)/2)
		for i := range pcm {
			pcm[i] = int16(binary.LittleEndian.Uint16(raw[2*i:]))
		}
		digits, _ := detect(t, rate, pcm)
		// A digit takes 32 ms at least, and a gap behind it.
		if most := len(pcm)*1000/rate/32 + 1; len(digits) > most {
			t.Fatalf("%d digits in %d samples", len(digits), len(pcm))
		}
	})
}

func BenchmarkDetector(b *testing.B) {
	for _, rate := range []int{8000, 48000} {
		b.Run(fmt.Sprint(rate), func(b *testing.B) {
			b.ReportAllocs()
			d, err := NewDetector(rate)
			if err != nil {
				b.Fatal(err)
			}
			g := NewGenerator(rate, time.Second, 0)
			_ = g.Queue("1")
			pcm := readAll(b, g)[:rate/50] // 20 ms
			for b.Loop() {
				d.Write(pcm)
			}
		})
	}
}
