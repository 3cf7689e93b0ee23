package rtp

import (
	"math"
	"testing"
	"time"
)

// With all defaults the rating is 93.2 (G.107, section 7.7), and the opinion 4.41.
func TestEModelDefaults(t *testing.T) {
	r := Conversation{Codec: Impairment{}}.Rate()
	if math.Abs(r.R-93.2) > 0.05 || r.R != r.ListenR {
		t.Errorf("R is %.3f, want 93.2", r.R)
	}
	if math.Abs(r.LQ-4.41) > 0.005 || r.CQ != r.LQ {
		t.Errorf("MOS %.3f %.3f, want 4.41", r.LQ, r.CQ)
	}
}

// G.107, annex B, table B.1: the categories' limits.
func TestMOSOfR(t *testing.T) {
	for r, want := range map[float64]float64{90: 4.34, 80: 4.03, 70: 3.60, 60: 3.10, 50: 2.58, 0: 1, -5: 1, 100: 4.5, 120: 4.5, 3: 1} {
		if got := MOS(r); math.Abs(got-want) > 0.007 {
			t.Errorf("R %v: MOS %.3f, want %v", r, got, want)
		}
	}
	last := 0.0
	for r := -1.0; r < 101; r += 0.5 {
		if m := MOS(r); m < last || m < 1 || m > 4.5 {
			t.Errorf("R %v: MOS %v after %v", r, m, last)
		} else {
			last = m
		}
	}
}

// Idd by itself (G.107, equation 7-27): nothing up to 100 ms, then as worked out by hand.
func TestDelayImpairment(t *testing.T) {
	for ms, want := range map[float64]float64{0: 0, 100: 0, 200: 3.044, 400: 24.070} {
		if got := longDelay(ms); math.Abs(got-want) > 0.002 {
			t.Errorf("%v ms: Idd %.3f, want %v", ms, got, want)
		}
	}
	last := 200.0
	for d := time.Duration(0); d < time.Second; d += 10 * time.Millisecond {
		for _, band := range []Band{Narrowband, Wideband} {
			r := Conversation{Codec: Impairment{Band: band}, Delay: d}.Rate()
			if r.LQ < r.CQ || r.LQ != (Conversation{Codec: Impairment{Band: band}}).Rate().LQ {
				t.Errorf("%v: listening %v, conversation %v", d, r.LQ, r.CQ)
			}
			if band == Narrowband {
				if r.R > last {
					t.Errorf("%v is better than less: %v", d, r.R)
				}
				last = r.R
			}
		}
	}
}

// G.107, equation 7-29, and G.113's numbers: G.711 with concealment stands 5 % of loss.
func TestLossImpairment(t *testing.T) {
	g711 := ImpairmentOf("PCMU")
	for _, c := range []struct {
		i           Impairment
		loss, burst float64
		want        float64
	}{
		{g711, 0, 1, 0},
		{g711, 0.05, 1, 95 * 5 / (5 + 25.1)},
		{g711, 0.05, 2, 95 * 5 / (2.5 + 25.1)},
		{g711, 0.05, 0, 95 * 5 / (5 + 25.1)}, // nothing is less bursty than random
		{ImpairmentOf("x"), 0.02, 1, 95 * 2 / (2 + 4.3)},
		{ImpairmentOf("G722"), 0, 1, 13},
		{g711, 2, 1, 95 * 100 / (100 + 25.1)},
		{g711, -1, 1, 0},
	} {
		if got := c.i.Effective(c.loss, c.burst); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%+v: %v", c, got)
		}
	}
	for _, name := range []string{"PCMU", "PCMA", "G722", "L16", "opus"} {
		i, last := ImpairmentOf(name), 5.0
		for loss := 0.0; loss <= 0.5; loss += 0.01 {
			r := Conversation{Codec: i, Loss: loss}.Rate()
			if r.LQ > last || r.LQ < 1 || !r.Known() {
				t.Errorf("%s at %v: %v after %v", name, loss, r.LQ, last)
			}
			last = r.LQ
		}
		if best := (Conversation{Codec: i}).Rate().LQ; best < 4.3 {
			t.Errorf("%s without loss: %v", name, best)
		}
	}
}

func FuzzRate(f *testing.F) {
	f.Add(25.1, 0.05, 1.5, int64(150e6))
	f.Fuzz(func(t *testing.T, bpl, loss, burst float64, delay int64) {
		if !(bpl > 0) {
			return
		}
		for _, band := range []Band{Narrowband, Wideband} {
			r := Conversation{Codec: Impairment{Band: band, Bpl: bpl}, Loss: loss, Burst: burst, Delay: time.Duration(delay)}.Rate()
			if math.IsNaN(loss) || math.IsNaN(burst) {
				return
			}
			if !(r.LQ >= 1 && r.LQ <= 4.5) || !(r.CQ >= 1 && r.CQ <= r.LQ+1e-9) {
				t.Fatalf("%+v", r)
			}
		}
	})
}

func BenchmarkRate(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Conversation{Codec: ImpairmentOf("PCMU"), Loss: 0.02, Burst: 1.5, Delay: 80 * time.Millisecond}.Rate()
	}
}
