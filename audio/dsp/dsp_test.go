package dsp

import (
	"encoding/binary"
	"fmt"
	"math"
	"testing"
)

func sine(hz float64, rate, n int, amplitude float64) []int16 {
	pcm := make([]int16, n)
	for i := range pcm {
		pcm[i] = int16(math.Round(amplitude * math.Sin(2*math.Pi*hz*float64(i)/float64(rate))))
	}
	return pcm
}

// amplitude is that of one frequency in pcm.
func amplitude(pcm []int16, hz float64, rate int) float64 {
	var re, im, norm float64
	for i, s := range pcm {
		w := 2 * math.Pi * hz * float64(i) / float64(rate)
		win := 0.5 - 0.5*math.Cos(2*math.Pi*float64(i)/float64(len(pcm)))
		re += win * float64(s) * math.Cos(w)
		im += win * float64(s) * math.Sin(w)
		norm += win
	}
	return 2 * math.Hypot(re, im) / norm
}

func newResampler(t testing.TB, in, out int) *Resampler {
	t.Helper()
	r, err := NewResampler(in, out)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// resample converts all of src in pieces of the given sizes.
func resample(r *Resampler, src []int16, piece, room int) (out []int16) {
	dst := make([]int16, room)
	for len(src) > 0 {
		n := min(piece, len(src))
		for part := src[:n]; len(part) > 0; {
			read, wrote := r.Process(dst, part)
			out = append(out, dst[:wrote]...)
			part = part[read:]
		}
		src = src[n:]
	}
	return out
}

var pairs = [][2]int{
	{8000, 16000}, {8000, 44100}, {8000, 48000}, {16000, 8000}, {16000, 44100}, {16000, 48000},
	{44100, 8000}, {44100, 16000}, {44100, 48000}, {48000, 8000}, {48000, 16000}, {48000, 44100},
	{22050, 48000}, {32000, 8000}, {48000, 96000}, {8000, 8000},
}

func TestResamplerPassesItsBand(t *testing.T) {
	for _, p := range pairs {
		low := min(p[0], p[1])
		for _, part := range []float64{0.05, 0.2, 0.425} { // 0.425 of 8000 Hz is the telephone's 3400 Hz
			hz := part * float64(low)
			out := resample(newResampler(t, p[0], p[1]), sine(hz, p[0], p[0], 10000), 160, 4000)
			db := 20 * math.Log10(amplitude(out[len(out)/4:], hz, p[1])/10000)
			if math.Abs(db) > 0.3 {
				t.Errorf("%d to %d: %.0f Hz passes with %.2f dB", p[0], p[1], hz, db)
			}
		}
	}
}

func TestResamplerMakesNoImagesAndNoAliases(t *testing.T) {
	for _, p := range pairs {
		low := min(p[0], p[1])
		for _, part := range []float64{0.13, 0.3, 0.4} {
			hz := math.Round(part * float64(low))
			out := resample(newResampler(t, p[0], p[1]), sine(hz, p[0], p[0], 10000), 160, 4000)
			out = out[len(out)/4:]
			// Whatever isn't the tone: fit the tone and take it away.
			var re, im float64
			for i, s := range out {
				w := 2 * math.Pi * hz * float64(i) / float64(p[1])
				re += float64(s) * math.Cos(w) * 2 / float64(len(out))
				im += float64(s) * math.Sin(w) * 2 / float64(len(out))
			}
			var rest float64
			for i, s := range out {
				w := 2 * math.Pi * hz * float64(i) / float64(p[1])
				d := float64(s) - re*math.Cos(w) - im*math.Sin(w)
				rest += d * d / float64(len(out))
			}
			if db := 10 * math.Log10(rest/(10000*10000/2)); db > -55 {
				t.Errorf("%d to %d: with %.0f Hz comes %.1f dB of something else", p[0], p[1], hz, db)
			}
		}
		// Above the lower rate's band nothing may come through.
		if hz := 0.58 * float64(p[1]); hz < 0.45*float64(p[0]) {
			out := resample(newResampler(t, p[0], p[1]), sine(hz, p[0], p[0], 10000), 160, 4000)
			if db := RMS(out[len(out)/4:]) - RMS(sine(hz, p[0], p[0], 10000)); db > -55 {
				t.Errorf("%d to %d: %.0f Hz folds down with %.1f dB", p[0], p[1], hz, db)
			}
		}
	}
}

// The same samples come out however the input and output are cut.
func TestResamplerIsIndependentOfPieces(t *testing.T) {
	for _, p := range pairs {
		src := sine(440, p[0], 9000, 9000)
		want := resample(newResampler(t, p[0], p[1]), src, len(src), 100000)
		for _, cut := range [][2]int{{1, 1}, {7, 3}, {160, 100}, {1000, 17}, {481, 100000}} {
			got := resample(newResampler(t, p[0], p[1]), src, cut[0], cut[1])
			// At the end, small rooms may leave a sample inside.
			if len(got) > len(want) || len(want)-len(got) > 8 {
				t.Errorf("%v cut by %v: %d samples, want %d", p, cut, len(got), len(want))
				continue
			}
			for i := range got {
				if got[i] != want[i] {
					t.Errorf("%v cut by %v: sample %d is %d, want %d", p, cut, i, got[i], want[i])
					break
				}
			}
		}
	}
}

func TestResamplerNeedIsExact(t *testing.T) {
	for _, p := range pairs {
		r := newResampler(t, p[0], p[1])
		dst := make([]int16, 5000)
		for i := range 200 {
			n := 1 + i*13%700
			need := r.Need(n)
			if need > 0 {
				probe := *r
				probe.line = append([]float32(nil), r.line...)
				if _, wrote := probe.Process(make([]int16, n), make([]int16, need-1)); wrote >= n {
					t.Fatalf("%v: %d samples come from fewer than %d", p, n, need)
				}
			}
			read, wrote := r.Process(dst[:n], make([]int16, need))
			if read != need || wrote != n {
				t.Fatalf("%v: asked %d for %d, read %d, wrote %d", p, need, n, read, wrote)
			}
		}
	}
}

func TestResamplerDelay(t *testing.T) {
	for _, p := range pairs {
		src := make([]int16, p[0])
		src[p[0]/2] = 20000
		out := resample(newResampler(t, p[0], p[1]), src, 160, 100000)
		best := 0
		for i, s := range out {
			if s > out[best] {
				best = i
			}
		}
		// The output is aligned; what is late is that the last samples wait for
		// the filter's second half.
		if off := float64(best)/float64(p[1]) - 0.5; math.Abs(off) > 1.0/float64(min(p[0], p[1])) {
			t.Errorf("%v: the pulse is %.2f ms off", p, off*1000)
		}
		if late := float64(p[1]-len(out)) / float64(p[1]); late > 0.0021*8000/float64(min(p[0], p[1])) {
			t.Errorf("%v: %.2f ms wait inside", p, late*1000)
		}
	}
}

func TestResamplerRefusesOddRates(t *testing.T) {
	for _, p := range [][2]int{{0, 8000}, {8000, -1}, {48000, 1 << 20}, {48000, 47999}} {
		if _, err := NewResampler(p[0], p[1]); err == nil {
			t.Errorf("%v: no error", p)
		}
	}
}

func TestMeterRisesAtOnceAndFalls(t *testing.T) {
	m := NewMeter(8000)
	if m.Level() != Silence {
		t.Errorf("at first: %v", m.Level())
	}
	m.Write([]int16{0, -32768, 0})
	if m.Level() != 0 {
		t.Errorf("full scale: %v", m.Level())
	}
	m.Write(make([]int16, 8000))
	if l := m.Level(); math.Abs(l+20) > 0.1 {
		t.Errorf("a second later: %v", l)
	}
	m.Write(make([]int16, 5*8000))
	if m.Level() != Silence {
		t.Errorf("at last: %v", m.Level())
	}
}

func TestRMS(t *testing.T) {
	if l := RMS(sine(1000, 8000, 8000, 32767)); math.Abs(l+3.01) > 0.02 {
		t.Errorf("a full sine: %v", l)
	}
	if RMS(nil) != Silence || RMS(make([]int16, 9)) != Silence {
		t.Error("silence isn't silent")
	}
}

func TestGainRampsWithoutAClick(t *testing.T) {
	g := NewGain(8000)
	pcm := make([]int16, 400)
	for i := range pcm {
		pcm[i] = 10000
	}
	g.Apply(pcm[:100])
	g.Set(0)
	g.Apply(pcm[100:200])
	silent := g.Silent()
	g.Set(1)
	g.Apply(pcm[200:300])
	g.Jump(0.5)
	g.Apply(pcm[300:])
	if pcm[99] != 10000 || pcm[199] != 0 || !silent || pcm[299] != 10000 || pcm[300] != 5000 || pcm[399] != 5000 {
		t.Errorf("%d %d %v %d %d %d", pcm[99], pcm[199], silent, pcm[299], pcm[300], pcm[399])
	}
	for i := 1; i < 300; i++ {
		if d := int(pcm[i]) - int(pcm[i-1]); d > 130 || d < -130 {
			t.Fatalf("a step of %d at %d", d, i)
		}
	}
}

func TestGainSaturates(t *testing.T) {
	g := NewGain(8000)
	g.Jump(4)
	pcm := []int16{20000, -20000, 100}
	g.Apply(pcm)
	if pcm[0] != 32767 || pcm[1] != -32768 || pcm[2] != 400 {
		t.Error(pcm)
	}
}

func TestMixSaturates(t *testing.T) {
	dst := []int16{30000, -30000, 5, 7}
	Mix(dst, []int16{10000, -10000, 6})
	if dst[0] != 32767 || dst[1] != -32768 || dst[2] != 11 || dst[3] != 7 {
		t.Error(dst)
	}
}

func TestNothingAllocates(t *testing.T) {
	up, down := newResampler(t, 8000, 48000), newResampler(t, 48000, 8000)
	g, m := NewGain(48000), NewMeter(48000)
	small, large := make([]int16, 160), make([]int16, 960)
	if n := testing.AllocsPerRun(100, func() {
		up.Process(large, small)
		down.Process(small, large)
		g.Set(0.5)
		g.Apply(large)
		m.Write(large)
		_ = m.Level()
		Mix(large, large)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzResampler(f *testing.F) {
	f.Add([]byte{1, 2, 3, 4}, uint16(3), uint16(7), uint16(0), uint16(2))
	f.Fuzz(func(t *testing.T, raw []byte, piece, room, in, out uint16) {
		rates := []int{8000, 11025, 16000, 44100, 48000, 192000}
		r := newResampler(t, rates[int(in)%len(rates)], rates[int(out)%len(rates)])
		pcm := make([]int16, len(raw)/2)
		for i := range pcm {
			pcm[i] = int16(binary.LittleEndian.Uint16(raw[2*i:]))
		}
		got := len(resample(r, pcm, int(piece)%2000+1, int(room)%2000+1))
		want := int64(len(pcm)) * int64(r.Out()) / int64(r.In())
		if int64(got) > want+1 {
			t.Fatalf("%d to %d: %d samples gave %d", r.In(), r.Out(), len(pcm), got)
		}
	})
}

func BenchmarkResampler(b *testing.B) {
	for _, p := range [][2]int{{8000, 48000}, {48000, 8000}, {8000, 44100}, {44100, 8000}, {48000, 44100}} {
		b.Run(fmt.Sprintf("%dto%d", p[0], p[1]), func(b *testing.B) {
			b.ReportAllocs()
			r := newResampler(b, p[0], p[1])
			src, dst := sine(440, p[0], p[0]/50, 9000), make([]int16, p[1]/50+1) // 20 ms
			for b.Loop() {
				r.Process(dst, src)
			}
		})
	}
}

func BenchmarkMeter(b *testing.B) {
	b.ReportAllocs()
	m, pcm := NewMeter(8000), sine(440, 8000, 160, 9000)
	for b.Loop() {
		m.Write(pcm)
	}
}
