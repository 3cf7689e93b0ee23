package lpc

import (
	"math"
	"math/rand/v2"
	"testing"
)

func flat(n int) []float64 {
	d := make([]float64, n)
	for i := range d {
		d[i] = 1
	}
	return d
}

// A process made by a filter shows that filter.
func TestPredictFindsTheFilter(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	want := []float64{0.3, -0.8, 1.2} // oldest first
	x := make([]float64, 100000)
	for i := 3; i < len(x); i++ {
		x[i] = want[0]*x[i-3] + want[1]*x[i-2] + want[2]*x[i-1] + rng.NormFloat64()*100
	}
	a := make([]float64, 3)
	Predict(a, x, flat(4))
	for j := range a {
		if math.Abs(a[j]-want[j]) > 0.02 {
			t.Errorf("coefficients %.3f, want %.3f", a, want)
			break
		}
	}
}

// Whatever comes in, the filter's output stays bounded: no reflection reaches 1.
func TestPredictIsStable(t *testing.T) {
	for name, f := range map[string]func(i int) float64{
		"silence": func(int) float64 { return 0 },
		"dc":      func(int) float64 { return 32767 },
		"sine":    func(i int) float64 { return 30000 * math.Sin(float64(i)/3) },
		"pulse":   func(i int) float64 { return float64(i / 199 * 32767) },
	} {
		x := make([]float64, 200)
		for i := range x {
			x[i] = f(i)
		}
		a := make([]float64, 20)
		Predict(a, x, flat(21))
		y := make([]float64, 5000)
		y[19] = 1
		for i := 20; i < len(y); i++ {
			for j, c := range a {
				y[i] += c * y[i-20+j]
			}
		}
		if last := math.Abs(y[len(y)-1]); !(last < 1) {
			t.Errorf("%s: the filter rings on with %v", name, last)
		}
	}
	a := []float64{1, 2, 3, 4}
	if Predict(a, nil, flat(5)); a[0] != 0 || a[3] != 0 {
		t.Errorf("nothing is predicted by %v", a)
	}
}

func TestPredictDoesNotAllocate(t *testing.T) {
	a, x, d := make([]float64, 20), make([]float64, 200), flat(21)
	if n := testing.AllocsPerRun(50, func() { Predict(a, x, d) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
