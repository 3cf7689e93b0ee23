package dtmf

import (
	"errors"
	"io"
	"math"
	"testing"
	"time"
)

// source is audio.Source.
type source interface {
	Rate() int
	Read([]int16) (int, error)
}

var (
	_ source = (*Generator)(nil)
	_ source = (*Progress)(nil)
)

// readAll reads in odd pieces until io.EOF.
func readAll(t testing.TB, s source) (pcm []int16) {
	t.Helper()
	buf := make([]int16, 77)
	for {
		n, err := s.Read(buf)
		pcm = append(pcm, buf[:n]...)
		switch {
		case errors.Is(err, io.EOF):
			return pcm
		case err != nil:
			t.Fatal(err)
		case n != len(buf):
			t.Fatalf("read %d of %d without an error", n, len(buf))
		}
	}
}

// power is that of one frequency in pcm, as the amplitude of a sine.
func power(pcm []int16, hz float64, rate int) float64 {
	var re, im float64
	for i, s := range pcm {
		w := 2 * math.Pi * hz * float64(i) / float64(rate)
		re += float64(s) * math.Cos(w)
		im += float64(s) * math.Sin(w)
	}
	return 2 * math.Hypot(re, im) / float64(len(pcm))
}

func TestGeneratorKeepsTimeAndLevel(t *testing.T) {
	for _, rate := range []int{8000, 48000} {
		g := NewGenerator(rate, 0, 0)
		if err := g.Queue("1d"); err != nil {
			t.Fatal(err)
		}
		pcm := readAll(t, g)
		if want := rate * 300 / 1000; len(pcm) != want {
			t.Errorf("%d Hz: %d samples, want %d", rate, len(pcm), want)
		}
		body := pcm[rate/100 : rate*9/100]
		for hz, dBm0 := range map[float64]float64{697: lowLevel, 1209: highLevel} {
			if db := 20 * math.Log10(power(body, hz, rate)/32767); math.Abs(db-(dBm0-3.14)) > 0.3 {
				t.Errorf("%d Hz: the tone of %v Hz has %.2f dBFS, want %.2f", rate, hz, db, dBm0-3.14)
			}
		}
		for _, s := range pcm[rate/10 : rate*15/100] {
			if s != 0 {
				t.Fatalf("%d Hz: the gap isn't silent", rate)
			}
		}
		if a, ok := g.Ended(); !ok || a != '1' {
			t.Errorf("ended %c, %v", a, ok)
		}
		if a, ok := g.Ended(); !ok || a != 'D' {
			t.Errorf("ended %c, %v", a, ok)
		}
		if _, ok := g.Ended(); ok || g.Active() {
			t.Error("it goes on after the end")
		}
	}
}

func TestGeneratorPauses(t *testing.T) {
	g := NewGenerator(8000, 100*ms, 50*ms)
	if err := g.Queue("1,2"); err != nil {
		t.Fatal(err)
	}
	if pcm := readAll(t, g); len(pcm) != 8000*2300/1000 {
		t.Errorf("%d samples", len(pcm))
	}
}

func TestGeneratorRefusesWhatIsNoDigit(t *testing.T) {
	g := NewGenerator(8000, 0, 0)
	var wrong *DigitError
	if err := g.Queue("12x"); !errors.As(err, &wrong) || wrong.At != 2 || g.Active() {
		t.Errorf("%v, active %v", err, g.Active())
	}
}

func TestProgressHasItsCadence(t *testing.T) {
	for _, rate := range []int{8000, 48000} {
		for _, code := range PlanCodes() {
			plan, err := PlanOf(code)
			if err != nil {
				t.Fatal(err)
			}
			for s := Ringback; s <= Recording; s++ {
				c := plan.Cadence(s)
				if len(c.Hz) == 0 || len(c.OnOff) != 1 && (len(c.OnOff) == 0 || len(c.OnOff)%2 != 0) {
					t.Fatalf("plan %s, signal %d has no cadence: %+v", plan, s, c)
				}
				p := NewProgress(rate, c)
				for round := range 2 {
					for i, d := range c.OnOff {
						pcm := make([]int16, int(d*time.Duration(rate)/time.Second))
						if n, err := p.Read(pcm); n != len(pcm) || err != nil {
							t.Fatal(n, err)
						}
						loud := false
						for _, x := range pcm {
							loud = loud || x > 200
						}
						if loud != (i%2 == 0) {
							t.Errorf("plan %s, signal %d, round %d, span %d: loud is %v", plan, s, round, i, loud)
						}
					}
				}
			}
		}
	}
}

func TestProgressHasItsFrequencies(t *testing.T) {
	p := NewProgress(8000, NorthAmerica.Cadence(Ringback))
	pcm := make([]int16, 8000)
	_, _ = p.Read(pcm)
	for hz, want := range map[float64]float64{440: -22.1, 480: -22.1, 425: -60} {
		if db := 20 * math.Log10(power(pcm[800:7200], hz, 8000)/32767); math.Abs(db-want) > 0.5 && !(want < -50 && db < want+25) {
			t.Errorf("%v Hz: %.1f dBFS, want %.1f", hz, db, want)
		}
	}
}

func TestEmptyCadenceIsSilent(t *testing.T) {
	for _, c := range []Cadence{{}, {Hz: []float64{425}}, {OnOff: []time.Duration{ms}, Warble: 3}, {Hz: []float64{1}, OnOff: []time.Duration{0, -ms}}} {
		pcm := []int16{1, 2, 3}
		if n, err := NewProgress(8000, c).Read(pcm); n != 3 || err != nil || pcm[0] != 0 || pcm[2] != 0 {
			t.Errorf("%+v: %v %v %v", c, n, err, pcm)
		}
	}
}

func TestOscillatorHoldsItsAmplitude(t *testing.T) {
	o := newOsc(425, 48000, 10000)
	for range 48000 * 600 {
		o.next()
	}
	most := 0.0
	for range 48000 {
		most = max(most, o.next())
	}
	if math.Abs(most-10000) > 1 {
		t.Errorf("after ten minutes the amplitude is %v", most)
	}
}

func TestTonesDoNotAllocate(t *testing.T) {
	g, p := NewGenerator(8000, time.Hour, 0), NewProgress(48000, Europe.Cadence(Ringing))
	_ = g.Queue("5")
	buf := make([]int16, 960)
	if n := testing.AllocsPerRun(100, func() { _, _ = g.Read(buf); _, _ = p.Read(buf) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkGenerator(b *testing.B) {
	b.ReportAllocs()
	g := NewGenerator(8000, 10000*time.Hour, 0)
	_ = g.Queue("5")
	buf := make([]int16, 160)
	for b.Loop() {
		_, _ = g.Read(buf)
	}
}
