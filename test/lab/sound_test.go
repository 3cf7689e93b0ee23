package lab

import (
	"os"
	"testing"
)

func TestMatchTellsSpeechApart(t *testing.T) {
	Need(t, "espeak-ng", "sox")
	a, b, c := ReadWAV(t, Speech(t, 0), 0), ReadWAV(t, Speech(t, 1), 0), ReadWAV(t, Speech(t, 2), 0)
	padded := append(make([]float64, 5000), a[2000:]...)
	for i := range padded {
		padded[i] *= 0.3
	}
	for _, x := range []struct {
		name        string
		sent, heard []float64
		min, max    float64
	}{
		{"itself, later and softer", a, padded, 0.9, 1.01},
		{"other speech", a, b, -1, 0.65},
		{"yet other speech", b, c, -1, 0.65},
		{"silence", a, make([]float64, 40000), -1, 0.1},
	} {
		if m := Match(x.sent, x.heard); m < x.min || m > x.max {
			t.Errorf("%s: match %.2f, want %.2f to %.2f", x.name, m, x.min, x.max)
		} else {
			t.Logf("%s: match %.2f", x.name, m)
		}
	}
}

func TestMain(m *testing.M) { os.Exit(Main(m)) }
