package soundfile

import (
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// samples reads a sound to its end.
func samples(t testing.TB, s Reader) (pcm []int16) {
	t.Helper()
	buf := make([]int16, 777)
	for {
		n, err := s.Read(buf)
		pcm = append(pcm, buf[:n]...)
		if errors.Is(err, io.EOF) {
			return pcm
		}
		if err != nil {
			t.Fatal(err)
		}
		if len(pcm) > 100_000_000 {
			t.Fatal("it never ends")
		}
	}
}

// sine is n samples of hz, with an amplitude of 10000.
func sine(rate int, hz float64, n int) []int16 {
	pcm := make([]int16, n)
	for i := range pcm {
		pcm[i] = int16(10000 * math.Sin(2*math.Pi*hz*float64(i)/float64(rate)))
	}
	return pcm
}

// loudest is the amplitude of hz in the 100 ms of pcm that hold most of it.
func loudest(pcm []int16, rate int, hz float64) float64 {
	most := 0.0
	for n := rate / 10; len(pcm) >= n; pcm = pcm[n:] {
		var re, im float64
		for i, v := range pcm[:n] {
			s, c := math.Sincos(2 * math.Pi * hz * float64(i) / float64(rate))
			re += float64(v) * c
			im += float64(v) * s
		}
		most = max(most, 2*math.Hypot(re, im)/float64(n))
	}
	return most
}

// recordFile writes pcm, interleaved, as a recording of that name.
func recordFile(t testing.TB, name string, rate, channels int, pcm []int16) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w, err := NewWriter(f, path, 48000, channels)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Begin(rate); err != nil {
		t.Fatal(err)
	}
	for len(pcm) > 0 {
		n := min(len(pcm), 4000)
		if err := errors.Join(w.Write(pcm[:n]), w.Flush()); err != nil {
			t.Fatal(err)
		}
		pcm = pcm[n:]
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}
