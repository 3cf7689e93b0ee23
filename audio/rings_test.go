package audio

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"offhook/audio/soundfile"
)

// rhythm is when a ring sounds, in steps of 50 ms over six seconds.
func rhythm(t *testing.T, r Ringtone, rate int) string {
	t.Helper()
	src, err := r.source(rate)
	if err != nil {
		t.Fatal(err)
	}
	var out []byte
	buf := make([]int16, rate/20)
	for range 120 {
		if n, err := src.Read(buf); n != len(buf) || err != nil {
			t.Fatalf("read %d of %d: %v", n, len(buf), err)
		}
		loud := 0
		for _, s := range buf {
			if s > 1000 || s < -1000 {
				loud++
			}
		}
		if loud > len(buf)/4 {
			out = append(out, '#')
		} else {
			out = append(out, '.')
		}
	}
	return string(out)
}

// Every ring sounds, but the silent one, and no two have the same rhythm.
func TestRingsDiffer(t *testing.T) {
	seen := map[string]string{}
	for _, name := range RingNames() {
		got := rhythm(t, builtInRings()[name], 16000)
		if loud := slices.Contains([]byte(got), '#'); loud != (name != "silent") {
			t.Errorf("%s: %s", name, got)
		}
		if other := seen[got]; other != "" {
			t.Errorf("%s and %s sound alike", name, other)
		}
		seen[got] = name
	}
	// GR-506: short, long, short.
	want := "######....####################....######"
	if got := rhythm(t, builtInRings()["bellcore-dr4"], 8000); got[:len(want)] != want {
		t.Errorf("bellcore-dr4: %s", got)
	}
}

// A recorded ring is played over and over, at whatever rate the device has.
func TestRecordedRing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ring.wav")
	w, err := soundfile.CreateWAV(path, 8000, 1)
	if err != nil {
		t.Fatal(err)
	}
	pcm := make([]int16, 8000) // half a second of a square wave, half of silence
	for i := range 4000 {
		pcm[i] = 10000
		if i/8%2 == 0 {
			pcm[i] = -10000
		}
	}
	if err := w.Write(pcm); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := LoadRing(path)
	if err != nil {
		t.Fatal(err)
	}
	got := rhythm(t, r, 48000)
	for i := range 120 {
		if on := i%20 >= 1 && i%20 < 9; on && got[i] != '#' || i%20 >= 11 && got[i] != '.' {
			t.Fatalf("step %d of %s", i, got)
		}
	}
	for _, bad := range []string{filepath.Join(t.TempDir(), "none.wav"), os.DevNull} {
		if _, err := LoadRing(bad); !errors.Is(err, ErrRing) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

// A toner plays the ring that was chosen, and changes it while it rings.
func TestTonerRings(t *testing.T) {
	for _, test := range []struct{ name, want string }{
		{"bellcore-dr1", "long"}, {"urgent", "short"}, {"nobody knows it", "short"}, {"mine", "long"},
	} {
		g := toner{}
		ring, ok := builtInRings()[test.name]
		if test.name == "mine" {
			ring, ok = Ringtone{PCM: slices.Repeat([]int16{9000, -9000}, 40000), Rate: 8000}, true
		}
		if ok {
			g.ringAs(ring)
		}
		g.set(ToneRinging, 8000)
		first := 0 // length of the first sound, in frames of 20 ms
		for ; first < 200; first++ {
			buf := make([]int16, 160)
			g.mix(buf)
			if slices.Max(buf) < 500 {
				break
			}
		}
		if got := time.Duration(first) * 20 * time.Millisecond; (got > time.Second) != (test.want == "long") {
			t.Errorf("%s sounds for %v at first, want it %s", test.name, got, test.want)
		}
	}
	g := toner{}
	g.set(ToneRinging, 8000)
	before := g.src
	g.ringAs(builtInRings()["urgent"])
	g.set(ToneRinging, 8000)
	if g.src == before {
		t.Error("the old ring goes on")
	}
	g.set(ToneBusy, 8000)
	g.ringAs(builtInRings()["group"])
	if g.tone != ToneBusy || g.src == nil {
		t.Error("another tone was stopped by a change of ring")
	}
}

// What the room hears is the ring that was chosen, and a change is heard at once.
func TestEngineRings(t *testing.T) {
	room := &fakeBackend{}
	mine := Ringtone{PCM: slices.Repeat([]int16{9000, 9000, 9000, 9000, -9000, -9000, -9000, -9000}, 4000), Rate: 8000}
	virtual(t, EngineConfig{Ring: room, Rings: map[string]Ringtone{"mine": mine}}, func(t *testing.T, e *Engine) {
		heard := func() (part float64) {
			time.Sleep(2 * time.Second)
			synctest.Wait()
			card := room.opened()[0]
			ear := card.ear()
			ear = ear[len(ear)-card.rate*3/2:] // what came before has gone by
			frames, loud := 0, 0
			for f := range slices.Chunk(ear, card.rate/100) {
				frames++
				if slices.Max(f) > 1000 {
					loud++
				}
			}
			return float64(loud) / float64(frames)
		}
		e.Ring("bellcore-dr1")
		e.Tone(ToneRinging)
		if part := heard(); part < 0.95 {
			t.Errorf("a long ring sounds for %.0f %% of its beginning", 100*part)
		}
		e.Ring("urgent")
		if part := heard(); part < 0.5 || part > 0.7 {
			t.Errorf("an urgent ring sounds for %.0f %% of the time", 100*part)
		}
		e.Ring("mine")
		if part := heard(); part < 0.95 {
			t.Errorf("a recorded ring sounds for %.0f %% of the time", 100*part)
		}
		e.Ring("silent")
		if part := heard(); part > 0 {
			t.Errorf("silence sounds for %.0f %% of the time", 100*part)
		}
	})
}
