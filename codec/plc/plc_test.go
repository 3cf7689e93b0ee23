package plc

import (
	"math"
	"slices"
	"testing"
)

// buzz is a periodic sound of hz with three harmonics.
func buzz(hz float64, rate, n int) []int16 {
	pcm := make([]int16, n)
	for i := range pcm {
		w := 2 * math.Pi * hz * float64(i) / float64(rate)
		pcm[i] = int16(5000 * (math.Sin(w) + math.Sin(2*w)/2 + math.Sin(3*w)/3))
	}
	return pcm
}

func rms(pcm []int16) float64 {
	var sum float64
	for _, s := range pcm {
		sum += float64(s) * float64(s)
	}
	return math.Sqrt(sum / float64(len(pcm)))
}

func TestPitchIsFound(t *testing.T) {
	for _, rate := range []int{8000, 16000, 48000} {
		for _, hz := range []float64{80, 100, 125, 160, 190} {
			x := buzz(hz, rate, rate/20)
			lag, likeness := Pitch(x, rate/50, rate/pitchHigh, rate/pitchLow)
			if want := float64(rate) / hz; math.Abs(float64(lag)-want) > want/40+1 || likeness < 0.98 {
				t.Errorf("%d Hz: a pitch of %v Hz has lag %d (%.3f), want %.1f", rate, hz, lag, likeness, want)
			}
		}
	}
	if lag, likeness := Pitch(make([]int16, 10), 20, 5, 9); lag != 5 || likeness != 0 {
		t.Errorf("too little to look at: %d %v", lag, likeness)
	}
}

// A concealed stretch continues the wave: level, spectrum and no step.
func TestConcealContinues(t *testing.T) {
	for _, rate := range []int{8000, 16000, 48000} {
		for _, frame := range []int{5, 10, 20, 30} {
			n := rate * frame / 1000
			x := buzz(130, rate, rate)
			c := New(rate)
			var out []int16
			for i := 0; (i+1)*n <= len(x); i++ {
				pcm := append([]int16(nil), x[i*n:(i+1)*n]...)
				if i*frame/10%20 == 15 && i*frame%10 == 0 {
					c.Conceal(pcm)
				} else {
					c.Good(pcm)
				}
				out = append(out, pcm...)
			}
			step := 0.0
			for i := 1; i < len(x); i++ {
				step = max(step, math.Abs(float64(x[i])-float64(x[i-1])))
			}
			for i := rate / 20; i < len(out); i++ {
				if d := math.Abs(float64(out[i]) - float64(out[i-1])); d > 1.5*step {
					t.Errorf("%d Hz, %d ms: a step of %.0f at sample %d, %.0f in the original", rate, frame, d, i, step)
					break
				}
			}
			if r := rms(out[rate/20:]) / rms(x); r < 0.93 || r > 1.07 {
				t.Errorf("%d Hz, %d ms: the level changes by %.2f", rate, frame, r)
			}
		}
	}
}

func TestConcealFadesToSilence(t *testing.T) {
	c := New(8000)
	c.Good(buzz(100, 8000, 800))
	before := 1e9
	for i := range 8 {
		pcm := make([]int16, 80)
		c.Conceal(pcm)
		if r := rms(pcm); r > before*1.05 {
			t.Errorf("after %d ms it grows from %.0f to %.0f", i*10, before, r)
		} else {
			before = r
		}
	}
	pcm := []int16{1, 2, 3}
	c.Conceal(pcm)
	if pcm[0] != 0 || pcm[1] != 0 || pcm[2] != 0 {
		t.Errorf("after 80 ms there is still %v", pcm)
	}
}

// However a loss is cut into calls, the same is heard.
func TestConcealIsIndependentOfPieces(t *testing.T) {
	whole, parts := New(8000), New(8000)
	for _, c := range []*Concealer{whole, parts} {
		c.Good(buzz(111, 8000, 900))
	}
	a, b := make([]int16, 480), make([]int16, 480)
	whole.Conceal(a)
	for rest := b; len(rest) > 0; {
		n := min(7, len(rest))
		parts.Conceal(rest[:n])
		rest = rest[n:]
	}
	for i := range a {
		if a[i] != b[i] {
			t.Fatalf("sample %d: %d and %d", i, a[i], b[i])
		}
	}
}

// A look ahead is what is then concealed, and leaves no trace.
func TestPeek(t *testing.T) {
	looked, plain := New(8000), New(8000)
	ahead, a, b := make([]int16, 50), make([]int16, 50), make([]int16, 50)
	for _, c := range []*Concealer{looked, plain} {
		c.Good(buzz(111, 8000, 900))
	}
	for range 3 {
		looked.Peek(ahead)
		looked.Conceal(a)
		plain.Conceal(b)
		if !slices.Equal(ahead, a) || !slices.Equal(a, b) {
			t.Fatalf("looked at %v, then %v; without looking %v", ahead, a, b)
		}
	}
	if past := looked.Past(); !slices.Equal(past[len(past)-50:], a) {
		t.Error("the past doesn't end with what was concealed")
	}
}

func TestConcealBeforeAnything(t *testing.T) {
	c := New(8000)
	pcm := []int16{5, 5, 5}
	c.Conceal(pcm)
	c.Conceal(nil)
	if pcm[0] != 0 || pcm[2] != 0 {
		t.Error(pcm)
	}
	c.Good(nil)
	c.Good(pcm[:1])
}

func TestConcealNeverWraps(t *testing.T) {
	c := New(8000)
	square := make([]int16, 800)
	for i := range square {
		square[i] = 32767
		if i/37%2 == 0 {
			square[i] = -32768
		}
	}
	c.Good(square[:763])
	out := make([]int16, 80)
	c.Conceal(out)
	// A wrap would show as a value of the wrong sign next to full scale.
	for i := 2; i < len(out); i++ {
		if out[i-1] > 30000 && out[i] < -30000 && out[i-2] < -30000 {
			t.Fatalf("a spike at %d", i)
		}
	}
}

// Whatever is done in whatever order and length: no panic, and never louder than
// what was heard, by more than a filter may ring.
func FuzzConcealer(f *testing.F) {
	f.Add([]byte{10, 200, 3, 255, 0}, uint16(0))
	f.Add([]byte{250, 1, 90, 2, 251, 254, 6, 5, 4}, uint16(2))
	f.Fuzz(func(t *testing.T, ops []byte, rate uint16) {
		hz := []int{8000, 16000, 48000}[rate%3]
		c := New(hz)
		x := buzz(97, hz, hz/8)
		for i, op := range ops {
			pcm := append([]int16(nil), x[:int(op>>2)*hz/8000]...)
			switch op & 3 {
			case 0:
				c.Good(pcm)
			case 1, 2:
				c.Conceal(pcm)
			case 3:
				c.Interpolate(pcm, x[i:i+int(op)%len(x[i:])])
			}
			for _, s := range pcm {
				if s > 20000 || s < -20000 {
					t.Fatalf("%d after a wave of 9166", s)
				}
			}
		}
	})
}

func TestNoAllocations(t *testing.T) {
	c, pcm := New(8000), buzz(100, 8000, 160)
	if n := testing.AllocsPerRun(100, func() { c.Good(pcm); c.Conceal(pcm) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkGood(b *testing.B) {
	b.ReportAllocs()
	c, pcm := New(8000), buzz(100, 8000, 160)
	for b.Loop() {
		c.Good(pcm)
	}
}

func BenchmarkConceal(b *testing.B) {
	b.ReportAllocs()
	c, pcm := New(8000), buzz(100, 8000, 160)
	for b.Loop() {
		c.Good(pcm)
		c.Conceal(pcm)
	}
}
