package audio

import (
	"io"
	"log/slog"
	"testing"
)

func writeWAV(t testing.TB, path string, rate int, pcm []int16) {
	t.Helper()
	w, err := CreateWAV(path, rate, 1)
	if err != nil {
		t.Fatal(err)
	}
	w.Write(pcm)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

func readStereo(t testing.TB, path string, rate int) (left, right []int16) {
	t.Helper()
	r, err := OpenWAV(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if r.Channels() != 2 || r.Rate() != rate {
		t.Fatalf("%s: %d channels at %d Hz, want 2 at %d", path, r.Channels(), r.Rate(), rate)
	}
	buf := make([]int16, 2*4096)
	for {
		n, err := r.ReadFrames(buf)
		for i := range n {
			left, right = append(left, buf[2*i]), append(right, buf[2*i+1])
		}
		if err == io.EOF {
			return left, right
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// loudest is the amplitude of hz in the 100 ms of pcm that hold most of it.
func loudest(pcm []int16, rate int, hz float64) float64 {
	most := 0.0
	for n := rate / 10; len(pcm) >= n; pcm = pcm[n:] {
		most = max(most, power(pcm[:n], rate, hz))
	}
	return most
}

var discard = slog.New(slog.DiscardHandler)
