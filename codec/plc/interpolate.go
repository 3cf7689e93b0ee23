package plc

import "math"

// bridge is room for both continuations of a gap.
type bridge struct {
	next   []int16   // what follows, turned round
	ahead  []float64 // the past continued
	behind []float64 // next continued, turned round
}

func (b *bridge) init(rate int) {
	b.next = make([]int16, rate*60/1000)
	n := room(rate*fadeMS/1000, rate) + 2 // what read looks at
	b.ahead, b.behind = make([]float64, n), make([]float64, n)
}

// Interpolate fills dst, all that is missing between what was heard last and
// next, which the following Good begins with.
//
//	past ──> continuation ──> fade ──┐ warped so that both have as many
//	                                 ├─ periods, and each meets the      ──> dst
//	next ──> continuation ──> fade ──┘ other side in phase: cross-fade
//	     (time turned round)
func (c *Concealer) Interpolate(dst, next []int16) {
	if long := len(dst) - c.ms(fadeMS); long > 0 {
		c.Conceal(dst[:long]) // more than both sides can know
		dst = dst[long:]
	}
	if len(dst) == 0 {
		return
	}
	if len(next) < c.back.enough() {
		c.Conceal(dst) // Good will join it
		return
	}
	b := &c.bridge
	n := min(len(next), len(b.next))
	for i, s := range next[:n] {
		b.next[n-1-i] = s
	}
	if c.lost == 0 {
		c.forward.begin(c.past, 0)
	}
	c.back.begin(b.next[:n], c.forward.pitch)
	c.extend(b.ahead, c.forward, len(dst), c.lost)
	c.extend(b.behind, c.back, len(dst), 0)

	match, p, q := c.ms(8), c.forward.period, c.back.period
	d := meet(b.ahead, len(dst), next[:min(len(next), match)], 1, p, q)
	e := meet(b.behind, len(dst), c.past[len(c.past)-match:], -1, q, p)
	size := float64(len(dst))
	for i := range dst {
		t := float64(i + 1)        // from the past
		u := float64(len(dst) - i) // from next
		x := (t - 0.5) / size
		s := read(b.ahead, t-1+d*(t/size)*(t/size))*(1-x) +
			read(b.behind, u-1+e*(u/size)*(u/size))*x
		dst[i] = round(s)
	}
	c.remember(dst)
	c.lost = 0
}

// extend writes a continuation that is long enough for a gap of n samples, faded
// from lost on.
func (c *Concealer) extend(dst []float64, k *continuation, n, lost int) {
	dst = dst[:min(len(dst), room(n, c.rate))]
	k.generate(dst)
	for i := range dst {
		dst[i] *= c.fade(lost + i)
	}
}

// room is how much of a continuation can be looked at for a gap of n samples: a
// third more, when it is read faster, half a period and a match.
func room(n, rate int) int { return n + n/3 + rate*16/1000 }

// alike is how much a continuation must be like the other side to be warped.
const alike = 0.6

// meet finds how many samples more than n must be read of the continuation y, so
// that it then goes on like other, what the other side of the gap begins with
// (turned round, if direction is -1). The pitch is taken to glide from p, the
// period of y, to q, that of the other side; what is far from that costs.
func meet(y []float64, n int, other []int16, direction, p, q int) float64 {
	want := 0
	if r := float64(p) / float64(q); r > 0.7 && r < 1.4 {
		want = int(math.Round(float64(n) * (2*r/(r+1) - 1)))
	}
	best, score := 0, alike
	for d := want - p/2; d <= want+p/2; d++ {
		if n+d < 1 || n+d+len(other) > len(y) {
			continue
		}
		at := 0
		if direction < 0 {
			at = len(other) - 1
		}
		var cross, own, energy float64
		for _, s := range y[n+d : n+d+len(other)] {
			o := float64(other[at])
			cross += s * o
			own += s * s
			energy += o * o
			at += direction
		}
		cost := math.Abs(float64(d-want)) / float64(2*p)
		if s := cross/math.Sqrt(own*energy+1) - cost; s > score {
			best, score = d, s
		}
	}
	return float64(best)
}

// read is y between its samples, by the cubic of Catmull and Rom.
func read(y []float64, at float64) float64 {
	at = max(at, 0)
	i := int(at)
	f := at - float64(i)
	if f == 0 {
		return y[i]
	}
	a, b, c, d := y[max(i-1, 0)], y[i], y[i+1], y[i+2]
	return b + 0.5*f*(c-a+f*(2*a-5*b+4*c-d+f*(3*(b-c)+d-a)))
}
