package rtp

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// fates reads a picture of a stream: . heard, x lost, l late.
func fates(b *Bursts, picture string) {
	for _, c := range picture {
		switch c {
		case '.':
			b.Add(Heard)
		case 'x':
			b.Add(NeverCame)
		case 'l':
			b.Add(CameLate)
		}
	}
}

func TestBursts(t *testing.T) {
	heard := func(n int) string { return strings.Repeat(".", n) }
	for _, c := range []struct {
		name, picture string
		want          Pattern
	}{
		{"nothing", "", Pattern{BurstR: 1}},
		{"all heard", heard(100), Pattern{Packets: 100, GapLength: 100, BurstR: 1}},
		{"one alone is no burst", heard(50) + "x" + heard(49), Pattern{Packets: 100, Lost: 1, GapDensity: 0.01, GapLength: 100, BurstR: 1}},
		{"two far apart are none", heard(20) + "x" + heard(16) + "l" + heard(62),
			Pattern{Packets: 100, Lost: 1, Late: 1, GapDensity: 0.02, GapLength: 100, BurstR: 1}},
		{"two a little nearer are one", heard(20) + "x" + heard(15) + "l" + heard(63),
			Pattern{Packets: 100, Lost: 1, Late: 1, BurstDensity: 2.0 / 17, BurstLength: 17, GapLength: 83.0 / 2, BurstR: 1}},
		{"a burst and one alone", heard(30) + "xx.x" + heard(30) + "x" + heard(35),
			Pattern{Packets: 100, Lost: 4, BurstDensity: 0.75, BurstLength: 4, GapDensity: 1.0 / 96, GapLength: 48, BurstR: 4.0 / 3 * 0.96}},
		{"a burst at the end", heard(96) + "xxxx", Pattern{Packets: 100, Lost: 4, BurstDensity: 1, BurstLength: 4, GapLength: 48, BurstR: 4 * 0.96}},
		{"nothing heard", "xxxx", Pattern{Packets: 4, Lost: 4, BurstDensity: 1, BurstLength: 4, BurstR: 1}},
	} {
		var b Bursts
		fates(&b, c.picture)
		got := b.Pattern()
		if again := b.Pattern(); again != got {
			t.Errorf("%s: taking it changed it: %+v, %+v", c.name, got, again)
		}
		near := func(a, b float64) bool { return math.Abs(a-b) < 1e-9 }
		if got.Packets != c.want.Packets || got.Lost != c.want.Lost || got.Late != c.want.Late ||
			!near(got.BurstDensity, c.want.BurstDensity) || !near(got.GapDensity, c.want.GapDensity) ||
			!near(got.BurstLength, c.want.BurstLength) || !near(got.GapLength, c.want.GapLength) || !near(got.BurstR, c.want.BurstR) {
			t.Errorf("%s:\n got %+v\nwant %+v", c.name, got, c.want)
		}
	}
}

func TestLateAfterAll(t *testing.T) {
	var b Bursts
	b.CameAfterAll() // nothing was told lost
	fates(&b, "..xx..")
	b.CameAfterAll()
	if p := b.Pattern(); p.Lost != 1 || p.Late != 1 || p.Packets != 6 || p.BurstLength != 2 {
		t.Errorf("%+v", p)
	}
}

// BurstR tells random loss from bursts of the same weight, in the whole and in a part.
func TestBurstRatio(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	var b, before Bursts
	for range 200_000 {
		b.Add([]Fate{Heard, NeverCame}[b2i(rnd.Float64() < 0.1)])
	}
	if p := b.Pattern(); math.Abs(p.BurstR-1) > 0.02 || math.Abs(p.Loss()-0.1) > 0.005 {
		t.Errorf("random loss: %+v", p)
	}
	before = b
	lost := false
	for range 200_000 { // Gilbert: mean run 4, loss 10 %
		if lost {
			lost = rnd.Float64() >= 0.25
		} else {
			lost = rnd.Float64() < 0.25*0.1/0.9
		}
		b.Add([]Fate{Heard, NeverCame}[b2i(lost)])
	}
	if n, loss, burst := b.Since(before); n != 200_000 || math.Abs(loss-0.1) > 0.01 || math.Abs(burst-3.6) > 0.15 {
		t.Errorf("bursts: %d packets, loss %v, BurstR %v", n, loss, burst)
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// The machine against the definition: a burst is a longest stretch from loss to loss
// without Gmin heard packets in a row.
func FuzzBursts(f *testing.F) {
	f.Add([]byte{0, 0, 1, 1, 0, 2, 0, 0})
	f.Fuzz(func(t *testing.T, raw []byte) {
		var b Bursts
		for _, c := range raw {
			// A byte is a run: its upper bits how long, its lower what.
			for range int(c>>2) + 1 {
				b.Add(Fate(c % 3))
			}
		}
		var all []Fate
		for _, c := range raw {
			for range int(c>>2) + 1 {
				all = append(all, Fate(c%3))
			}
		}
		var bursts, inside, missing, total int
		for i := 0; i < len(all); {
			if all[i] == Heard {
				i++
				continue
			}
			last, lost := i, 0
			for k := i; k < len(all) && k-last <= Gmin; k++ {
				if all[k] != Heard {
					last, lost = k, lost+1
				}
			}
			total += lost
			if lost > 1 {
				bursts, inside, missing = bursts+1, inside+last-i+1, missing+lost
			}
			i = last + 1
		}
		p := b.Pattern()
		if int(p.Packets) != len(all) || int(p.Lost+p.Late) != total {
			t.Fatalf("%+v of %d packets, %d missing", p, len(all), total)
		}
		if bursts > 0 && (math.Abs(p.BurstLength-float64(inside)/float64(bursts)) > 1e-9 || math.Abs(p.BurstDensity-float64(missing)/float64(inside)) > 1e-9) ||
			bursts == 0 && (p.BurstLength != 0 || p.BurstDensity != 0) {
			t.Fatalf("%+v, want %d bursts of %d packets, %d missing", p, bursts, inside, missing)
		}
	})
}
