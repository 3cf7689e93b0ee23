package dsp

import (
	"bytes"
	"math"
	"testing"
)

// spectrum is the power of pcm at hz in dB.
func spectrum(pcm []int16, hz, rate float64) float64 {
	const n = 256
	var power float64
	for from := 0; from+n <= len(pcm); from += n / 2 {
		var re, im float64
		for i, s := range pcm[from : from+n] {
			w := 2 * math.Pi * hz * float64(i) / rate
			x := float64(s) * (1 - math.Cos(2*math.Pi*float64(i)/n))
			re += x * math.Cos(w)
			im += x * math.Sin(w)
		}
		power += re*re + im*im
	}
	return 10 * math.Log10(power/float64(len(pcm))+1e-9)
}

// RFC 3389, section 3: noise that is measured, described in a payload, read and
// made again has the same level and colour.
func TestInterop48NoiseSurvivesItsDescription(t *testing.T) {
	for _, c := range []struct{ level, colour float64 }{{-40, 0}, {-50, 0.9}, {-62, 0.6}, {-45, -0.7}} {
		was := noisy(make([]int16, 32000), c.level, c.colour)
		m := NewNoiseMeter(8000)
		for i := 0; i+160 <= len(was); i += 160 {
			m.Write(was[i : i+160])
		}
		payload := AppendComfortNoise(nil, m.Shape(), true)
		if len(payload) != 1+NoiseOrder {
			t.Fatalf("% x", payload)
		}
		var n Noise
		n.Set(ParseComfortNoise(payload))
		is := make([]int16, 32000)
		n.Fill(is)
		if a, b := RMS(was), RMS(is); math.Abs(a-b) > 1.5 {
			t.Errorf("%+v: %.1f dBFS became %.1f", c, a, b)
		}
		for _, hz := range []float64{200, 600, 1200, 2000, 3000, 3800} {
			if a, b := spectrum(was, hz, 8000), spectrum(is, hz, 8000); math.Abs(a-b) > 4 {
				t.Errorf("%+v: %.1f dB at %v Hz became %.1f", c, a, hz, b)
			}
		}
	}
}

func TestComfortNoisePayload(t *testing.T) {
	s := NoiseShape{Level: -40}
	s.K[0], s.K[1], s.K[2] = -1.5, 0, 1.5
	if got, want := AppendComfortNoise(nil, s, true), []byte{40, 0, 127, 254, 127, 127, 127, 127, 127, 127, 127}; !bytes.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got := AppendComfortNoise(nil, s, false); !bytes.Equal(got, []byte{40}) {
		t.Error(got)
	}
	for level, want := range map[float64]byte{5: 0, -200: 127, -0.4: 0, -63.6: 64} {
		if got := AppendComfortNoise(nil, NoiseShape{Level: level}, false); got[0] != want {
			t.Errorf("%v dBov is %d", level, got[0])
		}
	}
	if s := ParseComfortNoise([]byte{0x80 | 30, 127 + 64}); s.Level != -30 || math.Abs(s.K[0]-0.5039) > 1e-3 {
		t.Errorf("%+v", s)
	}
}

func FuzzComfortNoise(f *testing.F) {
	f.Add([]byte{40, 0, 255, 127})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, payload []byte) {
		s := ParseComfortNoise(payload)
		again := AppendComfortNoise(nil, s, true)
		for i := range min(len(payload), len(again)) {
			if want := payload[i]; i == 0 && again[0] != want&0x7f || i > 0 && again[i] != min(want, 254) {
				t.Fatalf("% x became % x", payload, again)
			}
		}
		var n Noise
		n.Set(s)
		pcm := make([]int16, 800)
		n.Fill(pcm)
		// Never louder than what was asked for, by more than noise is.
		if l := RMS(pcm); l > s.Level+6 && s.Level > -90 {
			t.Fatalf("%+v plays at %.1f dBov", s, l)
		}
	})
}

func TestNoiseMeterTakesAnything(t *testing.T) {
	for name, pcm := range map[string][]int16{"silence": make([]int16, 800), "a constant": constant(800, 20000), "full scale": constant(800, -32768)} {
		m := NewNoiseMeter(8000)
		if m.Known() {
			t.Error("noise is known before any came")
		}
		m.Write(pcm[:5])
		m.Write(pcm)
		for i, k := range m.Shape().K {
			if math.IsNaN(k) || math.Abs(k) > 1 {
				t.Errorf("%s: coefficient %d is %v", name, i, k)
			}
		}
	}
}

func constant(n int, v int16) []int16 {
	pcm := make([]int16, n)
	for i := range pcm {
		pcm[i] = v
	}
	return pcm
}

func TestNoiseDoesNotAllocate(t *testing.T) {
	m, pcm, buf := NewNoiseMeter(8000), noisy(make([]int16, 160), -50, 0), make([]byte, 0, 32)
	var n Noise
	if c := testing.AllocsPerRun(100, func() {
		m.Write(pcm)
		s := m.Shape()
		_ = AppendComfortNoise(buf, s, true)
		n.Set(s)
		n.Fill(pcm)
	}); c != 0 {
		t.Errorf("%v allocations", c)
	}
}

// The most resonant lattice that a payload can describe is stable.
func TestNoiseIsStable(t *testing.T) {
	var n Noise
	n.Set(ParseComfortNoise([]byte{0, 255, 0, 255, 0, 255, 0, 255, 0, 255, 0, 255, 0, 255, 0}))
	n.Fill(make([]int16, 80000))
	for i, x := range n.back {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			t.Fatalf("unstable at %d", i)
		}
	}
}
