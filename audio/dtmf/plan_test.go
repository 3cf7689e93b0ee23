package dtmf

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
)

// What callers know their networks by, from the table of ITU-T E.180, supplement 2.
func TestPlansOfCountries(t *testing.T) {
	for _, c := range []struct {
		code   string
		signal Signal
		hz     []float64
		onOff  []int // ms
	}{
		{"de", Ringback, []float64{425}, []int{1000, 4000}},
		{"de", Busy, []float64{425}, []int{480, 480}},
		{"DE", Congestion, []float64{425}, []int{240, 240}},
		{"us", Ringback, []float64{440, 480}, []int{2000, 4000}},
		{"us", Busy, []float64{480, 620}, []int{500, 500}},
		{"uk", Ringback, []float64{400, 450}, []int{400, 200, 400, 2000}},
		{"uk", Congestion, []float64{400}, []int{400, 350, 225, 525}},
		{"fr", Ringback, []float64{440}, []int{1500, 3500}},
		{"it", Dial, []float64{425}, []int{200, 200, 600, 1000}},
		{"es", Congestion, []float64{425}, []int{200, 200, 200, 200, 200, 600}},
		{"se", Congestion, []float64{425}, []int{250, 750}},
		{"jp", Busy, []float64{400}, []int{500, 500}},
		{"", Ringback, []float64{425}, []int{1000, 4000}},
	} {
		plan, err := PlanOf(c.code)
		if err != nil {
			t.Fatal(err)
		}
		got := plan.Cadence(c.signal)
		var onOff []int
		for _, d := range got.OnOff {
			onOff = append(onOff, int(d/ms))
		}
		if !slices.Equal(got.Hz, c.hz) || !slices.Equal(onOff, c.onOff) {
			t.Errorf("%q, signal %d: %v Hz, %v ms; want %v, %v", c.code, c.signal, got.Hz, onOff, c.hz, c.onOff)
		}
	}
}

func TestUnknownPlanNamesThoseThatThereAre(t *testing.T) {
	_, err := PlanOf("xx")
	var unknown *UnknownPlanError
	if !errors.As(err, &unknown) || unknown.Code != "xx" {
		t.Fatal(err)
	}
	if !slices.IsSorted(PlanCodes()) {
		t.Error("the codes aren't in order")
	}
	for _, code := range PlanCodes() {
		if !strings.Contains(err.Error(), code) {
			t.Errorf("%q isn't named in %q", code, err)
		}
	}
}

// A dial tone must not click once a second, and 400 Hz x 25 swings.
func TestSteadyAndSwingingTones(t *testing.T) {
	steadiest := func(c Cadence) (least, most float64) {
		p := NewProgress(8000, c)
		least = math.Inf(1)
		pcm := make([]int16, 80)
		for range 300 {
			if n, err := p.Read(pcm); n != 80 || err != nil {
				t.Fatal(n, err)
			}
			top := 0.0
			for _, s := range pcm {
				top = max(top, math.Abs(float64(s)))
			}
			least, most = min(least, top), max(most, top)
		}
		return least, most
	}
	if least, most := steadiest(Europe.Cadence(Dial)); least < most*0.97 {
		t.Errorf("the dial tone goes from %.0f to %.0f", least, most)
	}
	if least, most := steadiest(Plan("za").Cadence(Dial)); least > most*0.6 || least == 0 {
		t.Errorf("the swinging tone goes from %.0f to %.0f", least, most)
	}
}
