package audio

import (
	"errors"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"offhook/audio/soundfile"
	"offhook/codec/g711"
)

func TestRecordingStaysAlignedOverHold(t *testing.T) {
	b := newKeeper(t)
	path := filepath.Join(t.TempDir(), "r.wav")
	w, err := soundfile.CreateWAV(path, 8000, 2)
	if err != nil {
		t.Fatal(err)
	}
	b.record(&wantedRecording{path: path, w: w}) // before anything is negotiated
	p := talk(far, g711.PCMU{}, 0)
	b.apply(p, b.now)
	b.setEcho(true)
	// What is heard is sent back in the same beat, so both sides carry the same
	// marks; on hold only the right one goes on.
	seq := uint16(0)
	hear := func(mark byte, n int) {
		for range n {
			b.take(packet(0, seq, uint32(seq)*160, 1, slices.Repeat([]byte{mark}, 160)), far)
			seq++
			b.tick()
		}
	}
	const low, high = 0x60, 0x10
	hear(low, 50)
	hear(high, 10)
	hold := p
	hold.Send = false
	b.apply(hold, b.now)
	hear(low, 37)
	b.apply(p, b.now)
	hear(low, 25)
	hear(high, 10)
	hear(low, 25)
	b.record(nil)
	b.finishRecordings()
	if ev := eventsOf[RecordEnded](b); len(ev) != 1 || ev[0].Err != nil || ev[0].Path != path {
		t.Fatal(ev)
	}
	left, right := readStereo(t, path, 8000)
	if len(left) < 158*160 {
		t.Fatalf("%d samples", len(left))
	}
	edges := func(pcm []int16) (at []int) {
		loud := false
		for i, v := range pcm {
			if now := v < -8000 || v > 8000; now != loud {
				at, loud = append(at, i), now
			}
		}
		return at
	}
	l, r := edges(left), edges(right)
	if len(l) < 4 || len(r) < 4 {
		t.Fatalf("edges left %v, right %v", l, r)
	}
	// The last mark, after the hold.
	for i := 1; i <= 2; i++ {
		if d := l[len(l)-i] - r[len(r)-i]; d < -8 || d > 8 {
			t.Errorf("the sides are %d samples apart: left %v, right %v", d, l, r)
		}
	}
}

func TestRecorderSaysWhenTheDiskIsSlow(t *testing.T) {
	w, err := soundfile.CreateWAV(filepath.Join(t.TempDir(), "r.wav"), 8000, 2)
	if err != nil {
		t.Fatal(err)
	}
	r, err := startRecorder("r.wav", w, 8000, RecordSplit, new(sync.WaitGroup), func(*recorder) {})
	if err != nil {
		t.Fatal(err)
	}
	r.overflow.Store(true)
	r.close()
	if err := r.result().Err; !errors.Is(err, ErrSlowDisk) {
		t.Errorf("%v", err)
	}
	r = &recorder{rate: 8000, ring: NewRing(100), left: newTrack(8000), right: newTrack(8000), pairs: make([]int16, 16000)}
	for range 3 {
		r.sent(make([]int16, 160), 8000)
		r.heard(make([]int16, 160), 8000)
	}
	if !r.overflow.Load() {
		t.Error("a full ring wasn't noticed")
	}
}
