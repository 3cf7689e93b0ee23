package lab

import (
	"math"
	"testing"
)

func TestToneShare(t *testing.T) {
	x := make([]float64, 16000)
	for i := range x {
		x[i] = 0.5*math.Sin(2*math.Pi*1100*float64(i)/8000) + 0.5*math.Sin(2*math.Pi*440*float64(i)/8000)
	}
	if share := ToneShare(x, 1100); math.Abs(share-0.5) > 0.01 {
		t.Errorf("share %.3f of one of two tones, want half", share)
	}
	if share := ToneShare(x, 700); share > 0.01 {
		t.Errorf("share %.3f of a tone that isn't there", share)
	}
	if share := ToneShare(make([]float64, 16000), 700); share != 0 {
		t.Errorf("share %.3f in silence", share)
	}
}
