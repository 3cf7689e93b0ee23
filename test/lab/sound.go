package lab

import (
	"encoding/binary"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
)

// WriteWAV writes mono 16 bit PCM and returns the path.
func WriteWAV(t testing.TB, path string, rate int, pcm []int16) string {
	t.Helper()
	b := make([]byte, 0, 44+2*len(pcm))
	b = append(b, "RIFF"...)
	b = binary.LittleEndian.AppendUint32(b, uint32(36+2*len(pcm)))
	b = append(b, "WAVEfmt "...)
	b = binary.LittleEndian.AppendUint32(b, 16)
	b = binary.LittleEndian.AppendUint16(b, 1)
	b = binary.LittleEndian.AppendUint16(b, 1)
	b = binary.LittleEndian.AppendUint32(b, uint32(rate))
	b = binary.LittleEndian.AppendUint32(b, uint32(2*rate))
	b = binary.LittleEndian.AppendUint16(b, 2)
	b = binary.LittleEndian.AppendUint16(b, 16)
	b = append(b, "data"...)
	b = binary.LittleEndian.AppendUint32(b, uint32(2*len(pcm)))
	for _, s := range pcm {
		b = binary.LittleEndian.AppendUint16(b, uint16(s))
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// ReadWAV returns one channel of a WAV as samples of -1 to 1 at 8 kHz. sox does
// the reading, so that our own reader isn't its own judge.
func ReadWAV(t testing.TB, path string, channel int) []float64 {
	t.Helper()
	args := []string{"-V1", "--ignore-length", path, "-t", "raw", "-r", "8000", "-e", "signed", "-b", "16", "-", "remix", map[int]string{0: "1", 1: "2"}[channel]}
	out, err := exec.Command("sox", args...).Output()
	if err != nil {
		t.Fatalf("sox can't read %s: %v", path, err)
	}
	x := make([]float64, len(out)/2)
	for i := range x {
		x[i] = float64(int16(binary.LittleEndian.Uint16(out[2*i:]))) / 32768
	}
	return x
}

// Speech makes a WAV of a spoken sentence at 8 kHz; different n speak differently.
func Speech(t testing.TB, n int) string {
	t.Helper()
	Need(t, "espeak-ng", "sox")
	lines := []string{
		"The birch canoe slid on the smooth planks, and glue the sheet to the dark blue background.",
		"These days a chicken leg is a rare dish, but rice is often served in round bowls.",
		"Four hours of steady work faced us on that cold morning by the river.",
	}
	voices := []string{"en-us", "en-us+f3", "en-gb"}
	dir := t.TempDir()
	raw, out := filepath.Join(dir, "raw.wav"), filepath.Join(dir, "speech.wav")
	for _, c := range []*exec.Cmd{
		exec.Command("espeak-ng", "-v", voices[n%3], "-s", "150", "-w", raw, lines[n%3]),
		exec.Command("sox", raw, "-r", "8000", "-c", "1", "-b", "16", out, "gain", "-n", "-6"),
	} {
		if msg, err := c.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", c.Args, err, msg)
		}
	}
	return out
}

// LongSpeech is two minutes of Speech, so that a peer whose source is a file
// (baresip hangs up at its end) stays in the call.
func LongSpeech(t testing.TB, n, rate int) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "long.wav")
	if msg, err := exec.Command("sox", Speech(t, n), "-r", strconv.Itoa(rate), out, "repeat", "24").CombinedOutput(); err != nil {
		t.Fatalf("sox: %v\n%s", err, msg)
	}
	return out
}

// Match says how well some stretch of heard repeats sent, both at 8 kHz: the
// peak of the normalised cross-correlation of their loudness in three bands, in
// steps of 10 ms. 1 is the same speech; other speech stays below 0.6.
// A window of sent slides over heard, so that a start cut off or an added lead
// doesn't matter. Codecs keep loudness in bands; the waveform they needn't.
func Match(sent, heard []float64) float64 {
	a, b := bands(sent), bands(heard)
	window := min(250, len(a), len(b)) // 2.5 s
	if window < 100 {
		return 0
	}
	best := -1.0
	// The middle of what was sent is the most certain to have arrived.
	for from := 0; from+window <= len(a); from += max(window/2, 1) {
		for at := 0; at+window <= len(b); at++ {
			best = max(best, correlation(a[from:from+window], b[at:at+window]))
		}
	}
	return best
}

type frame [3]float64

func bands(x []float64) []frame {
	const step = 80 // 10 ms at 8 kHz
	var out []frame
	var low, mid float64
	for i := 0; i+step <= len(x); i += step {
		var f frame
		for _, s := range x[i : i+step] {
			low += 0.35 * (s - low) // one-pole splits near 500 and 1500 Hz
			mid += 0.75 * (s - mid)
			f[0] += low * low
			f[1] += (mid - low) * (mid - low)
			f[2] += (s - mid) * (s - mid)
		}
		for k := range f {
			f[k] = math.Log10(f[k]/step + 1e-7)
		}
		out = append(out, f)
	}
	return out
}

func correlation(a, b []frame) float64 {
	var total float64
	for k := range 3 {
		var ma, mb float64
		for i := range a {
			ma += a[i][k]
			mb += b[i][k]
		}
		ma /= float64(len(a))
		mb /= float64(len(b))
		var ab, aa, bb float64
		for i := range a {
			x, y := a[i][k]-ma, b[i][k]-mb
			ab += x * y
			aa += x * x
			bb += y * y
		}
		if aa == 0 || bb == 0 {
			return 0
		}
		total += ab / math.Sqrt(aa*bb)
	}
	return total / 3
}

// RMS is the level of x in dB relative to full scale.
func RMS(x []float64) float64 {
	var e float64
	for _, s := range x {
		e += s * s
	}
	return 10 * math.Log10(e/float64(max(len(x), 1))+1e-12)
}
