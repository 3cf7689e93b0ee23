package soundfile

import (
	"bytes"
	"errors"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"offhook/audio/ogg"
)

// The two sides of a stereo recording are two people: neither is heard on the other's.
func TestOpusKeepsTheSidesApart(t *testing.T) {
	opusdec, err := exec.LookPath("opusdec")
	if err != nil {
		t.Skip("needs opusdec")
	}
	left, right := sine(48000, 500, 96000), sine(48000, 1800, 96000)
	both := make([]int16, 2*len(left))
	for i := range left {
		both[2*i] = left[i]
		if i > 48000 {
			both[2*i], both[2*i+1] = 0, right[i]
		}
	}
	path := recordFile(t, "a.opus", 48000, 2, both)
	wav := filepath.Join(t.TempDir(), "a.wav")
	if out, err := exec.Command(opusdec, "--quiet", path, wav).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	l, r := sides(t, wav)
	if len(l) != len(left) {
		t.Errorf("opusdec finds %d samples of %d", len(l), len(left))
	}
	for _, c := range []struct {
		name       string
		own, other []int16
		hz         float64
	}{{"left", l[:48000], r[:48000], 500}, {"right", r[49000:], l[50000:], 1800}} {
		own, leak := loudest(c.own, 48000, c.hz), loudest(c.other, 48000, c.hz)
		t.Logf("%s: %.0f, on the other side %.1f", c.name, own, leak)
		if own < 6000 || leak > own/100 {
			t.Errorf("%s: an amplitude of %.0f leaks by %.1f to the other side", c.name, own, leak)
		}
	}
}

// RFC 7845: the gain is applied, the pre-skip and what is beyond the end are dropped, a
// second stream in the file is played after the first, damage is passed over.
func TestOpusFilesAsRFC7845(t *testing.T) {
	path := recordFile(t, "a.opus", 48000, 1, sine(48000, 700, 48000))
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	play := func(raw []byte) []int16 {
		t.Helper()
		name := filepath.Join(t.TempDir(), "b.opus")
		if err := os.WriteFile(name, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		return samples(t, s)
	}
	plain := play(raw)
	if len(plain) != 48000 {
		t.Errorf("%d samples", len(plain))
	}
	if n := len(play(append(bytes.Clone(raw), raw...))); n != 96000 {
		t.Errorf("two streams have %d samples", n)
	}
	quiet := play(reheaded(t, raw, func(h *ogg.Head) { h.Gain = -6.0206 }))
	if q, p := loudest(quiet, 48000, 700), loudest(plain, 48000, 700); math.Abs(q/p-0.5) > 0.01 {
		t.Errorf("a gain of -6 dB makes %.0f of %.0f", q, p)
	}
	if n := len(play(reheaded(t, raw, func(h *ogg.Head) { h.PreSkip += 1000 }))); n != len(quiet)-1000 {
		t.Errorf("a pre-skip of 1000 more leaves %d samples of %d", n, len(quiet))
	}
	for cut := len(raw) - 1; cut > 200; cut -= 997 {
		if n := len(play(raw[:cut])); n > 48000 {
			t.Errorf("cut at %d: %d samples", cut, n)
		}
	}
	torn := bytes.Clone(raw)
	for i := 3000; i < 3100; i++ {
		torn[i] ^= 0x55
	}
	if n := len(play(torn)); n < 24000 || n >= 48000 {
		t.Errorf("with a damaged page %d samples are left", n)
	}
}

// reheaded changes the first header of an Ogg-Opus file.
func reheaded(t *testing.T, raw []byte, change func(*ogg.Head)) []byte {
	t.Helper()
	r := ogg.NewReader(bytes.NewReader(raw), ogg.IsOpus)
	var out bytes.Buffer
	w := ogg.NewWriter(&out, 1)
	for {
		p, err := r.Next()
		if err != nil {
			return out.Bytes()
		}
		data := bytes.Clone(p.Data)
		if p.First {
			h, err := ogg.ParseHead(data)
			if err != nil {
				t.Fatal(err)
			}
			change(&h)
			data = h.Append(nil)
		}
		if err := errors.Join(w.Packet(data, p.Granule), w.Flush()); err != nil {
			t.Fatal(err)
		}
	}
}

// Whatever an Ogg file holds, playing it ends.
func FuzzOpusFile(f *testing.F) {
	raw, err := os.ReadFile(recordFile(f, "a.opus", 48000, 2, make([]int16, 9600)))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add(raw[:100])
	f.Add(append(raw[:len(raw)-40:len(raw)-40], raw...))
	path := filepath.Join(f.TempDir(), "fuzz.opus")
	f.Fuzz(func(t *testing.T, raw []byte) {
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := Open(path)
		if err != nil {
			if s != nil {
				t.Fatal("an error and a sound")
			}
			return
		}
		defer s.Close()
		if s.Rate() < 1000 {
			t.Fatal(s.Rate())
		}
		first := samples(t, s)
		if err := s.Rewind(); err != nil {
			t.Fatal(err)
		}
		if again := samples(t, s); len(again) != len(first) {
			t.Fatalf("%d samples, then %d", len(first), len(again))
		}
	})
}

// sides reads a stereo WAV.
func sides(t *testing.T, path string) (left, right []int16) {
	t.Helper()
	w, err := OpenWAV(path)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if w.Channels() != 2 {
		t.Fatalf("%d channels", w.Channels())
	}
	frame := make([]int16, 2)
	for {
		switch _, err := w.ReadFrames(frame); {
		case errors.Is(err, io.EOF):
			return left, right
		case err != nil:
			t.Fatal(err)
		}
		left, right = append(left, frame[0]), append(right, frame[1])
	}
}
