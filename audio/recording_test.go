package audio

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	zafg711 "github.com/zaf/g711"

	"offhook/audio/soundfile"
	"offhook/codec/g711"
)

// Within a run no recording overwrites another, however its name is written; one of an
// earlier run is what the name asks to overwrite.
func TestRecordingsNeverOverwriteEachOther(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	old := filepath.Join(dir, "call-3.wav")
	if err := os.WriteFile(old, []byte("of somebody else"), 0o600); err != nil {
		t.Fatal(err)
	}
	var r recordings
	var names []string
	for _, path := range []string{"call.wav", "./call.wav", "call.wav", "call.opus", "call-2.wav"} {
		dir := dir
		if path == "./call.wav" {
			dir = link
		}
		name, w, err := r.create(dir+"/"+path, 8000, 1)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Begin(8000); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(w.Write(make([]int16, 80)), w.Close()); err != nil {
			t.Fatal(err)
		}
		names = append(names, filepath.Base(name))
	}
	if want := []string{"call.wav", "call-2.wav", "call-4.wav", "call.opus", "call-2-2.wav"}; !slices.Equal(names, want) {
		t.Errorf("%v, want %v", names, want)
	}
	if b, err := os.ReadFile(old); err != nil || string(b) != "of somebody else" {
		t.Errorf("a file of an earlier run: %q, %v", b, err)
	}
}

func TestRecordingThatCannotBeginSaysWhyAtOnce(t *testing.T) {
	e := newEngine(t, EngineConfig{})
	p := openPhone(t, e)
	dir := t.TempDir()
	for name, path := range map[string]string{"no folder": filepath.Join(dir, "none", "a.wav"), "a folder": dir} {
		if err := p.Record(path, RecordOptions{}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := os.Stat("/dev/full"); err == nil {
		for _, ext := range []string{".wav", ".opus"} {
			full := filepath.Join(dir, "full"+ext)
			if err := os.Symlink("/dev/full", full); err != nil {
				t.Fatal(err)
			}
			if err := p.Record(full, RecordOptions{}); err == nil {
				t.Errorf("%s: a full disk isn't met at once", ext)
			}
		}
	}
}

// A disk that fills up ends the recording, which says so, and nothing else.
func TestFullDiskEndsTheRecordingAlone(t *testing.T) {
	b := newKeeper(t)
	b.apply(talk(far, g711.PCMU{}, 0), b.now)
	w := &fullDisk{room: 8000}
	b.record(&wantedRecording{path: "x.wav", w: w})
	for range 60 {
		b.tick()
	}
	rec := b.rec
	rec.once.Do(func() { close(rec.stop) })
	<-rec.done
	b.recorded(rec)
	end := eventsOf[RecordEnded](b)
	if len(end) != 1 || !errors.Is(end[0].Err, errFull) || end[0].Path != "x.wav" || b.rec != nil || !w.closed {
		t.Errorf("%+v", end)
	}
	before := len(b.sent)
	b.tick()
	if len(b.sent) != before+1 {
		t.Error("the call didn't go on")
	}
}

var errFull = errors.New("no space left on device")

type fullDisk struct {
	room   int
	closed bool
}

func (d *fullDisk) Begin(rate int) (int, error) { return rate, nil }
func (d *fullDisk) Flush() error                { return nil }
func (d *fullDisk) Close() error                { d.closed = true; return nil }
func (d *fullDisk) Write(pcm []int16) error {
	if d.room -= len(pcm); d.room < 0 {
		return errFull
	}
	return nil
}

// What is asked for while the loop ends is refused or told, never forgotten.
func TestNothingPostedAtTheEndIsForgotten(t *testing.T) {
	b := newKeeper(t)
	path := filepath.Join(t.TempDir(), "r.wav")
	b.s.e.recordings = recordings{}
	if err := b.s.Record(path, RecordOptions{}); err != nil {
		t.Fatal(err)
	}
	tune := filepath.Join(t.TempDir(), "tune.wav")
	writeWAV(t, tune, 8000, sine(8000, 400, 800))
	if err := b.s.Play(tune, PlayOptions{}); err != nil {
		t.Fatal(err)
	}
	var told []Event
	b.s.o.OnEvent = func(e Event) { told = append(told, e) }
	b.s.mail.close() // the loop ended before it came to them
	if len(told) != 2 {
		t.Fatalf("%+v", told)
	}
	if e, ok := told[0].(RecordEnded); !ok || !errors.Is(e.Err, ErrClosed) || e.Path != path {
		t.Errorf("%+v", told[0])
	}
	if e, ok := told[1].(PlayEnded); !ok || !errors.Is(e.Err, ErrClosed) {
		t.Errorf("%+v", told[1])
	}
	if err := b.s.Record(path, RecordOptions{}); !errors.Is(err, ErrClosed) {
		t.Errorf("after the end: %v", err)
	}
	if r, err := soundfile.OpenWAV(path); err != nil {
		t.Error(err)
	} else {
		r.Close()
	}
}

// Half a minute in which either side loses sound, now and then, as when a device was away:
// the sides come together again within two seconds.
func TestSidesAreAlignedAgain(t *testing.T) { synctest.Test(t, testAlignment) }

func testAlignment(t *testing.T) {
	w := &kept{}
	r, err := startRecorder("x", w, 8000, RecordSplit, new(sync.WaitGroup), func(*recorder) {})
	if err != nil {
		t.Fatal(err)
	}
	frame := func(mark int16) []int16 { return slices.Repeat([]int16{mark}, 160) }
	for i := range 50 * 30 {
		mark := int16(1)
		if i%250 == 249 { // each 5 s both sides have the same mark
			mark = 10000
		}
		if i != 10 && i != 11 && i != 12 && i != 600 {
			r.sent(frame(mark), 8000)
		}
		if i != 300 && i != 301 && i != 1010 {
			r.heard(frame(mark), 8000)
		}
		time.Sleep(20 * time.Millisecond)
	}
	r.close()
	r.result()
	edges := func(channel int) (at []int) {
		for i := 2 + channel; i < len(w.pcm); i += 2 {
			if w.pcm[i] == 10000 && w.pcm[i-2] != 10000 {
				at = append(at, i/2)
			}
		}
		return at
	}
	left, right := edges(0), edges(1)
	if len(left) != 6 || len(right) != 6 {
		t.Fatalf("marks at %v and %v", left, right)
	}
	for i := range left {
		if d := left[i] - right[i]; math.Abs(float64(d)) > 80 {
			t.Errorf("mark %d: the sides are %d samples apart", i, d)
		}
	}
}

// kept keeps what is written.
type kept struct{ pcm []int16 }

func (k *kept) Begin(rate int) (int, error) { return rate, nil }
func (k *kept) Flush() error                { return nil }
func (k *kept) Close() error                { return nil }
func (k *kept) Write(pcm []int16) error     { k.pcm = append(k.pcm, pcm...); return nil }

// The notice is heard on both sides, from the start and each 15 s; mixed has both on one
// channel.
func TestNoticeToneAndMixedLayout(t *testing.T) { synctest.Test(t, testNotice) }

func testNotice(t *testing.T) {
	b := newKeeper(t)
	b.apply(talk(far, g711.PCMU{}, 0), b.now)
	path := filepath.Join(t.TempDir(), "r.wav")
	w, err := soundfile.CreateWAV(path, 8000, 1)
	if err != nil {
		t.Fatal(err)
	}
	b.record(&wantedRecording{path: path, w: w, o: RecordOptions{Layout: RecordMixed, Notice: true}})
	var ear []int16
	for range 50 * 16 {
		b.tick()
		time.Sleep(20 * time.Millisecond) // the disk's turn
		ear = append(ear, b.recv.frame[:160]...)
	}
	b.record(nil)
	b.finishRecordings()
	var sent []int16
	for _, raw := range b.sent[1:] {
		for _, v := range parse(t, raw).Payload {
			sent = append(sent, zafg711.DecodeUlawFrame(v))
		}
	}
	r, err := soundfile.OpenWAV(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if r.Channels() != 1 {
		t.Errorf("%d channels", r.Channels())
	}
	file := samples(t, r)
	for name, pcm := range map[string][]int16{"the peer": sent, "the ear": ear, "the file": file} {
		first, between, second := loudest(pcm[:1600], 8000, 1400), loudest(pcm[8000:100000], 8000, 1400), loudest(pcm[118000:125000], 8000, 1400)
		if first < 1500 || second < 1500 || between > 20 {
			t.Errorf("%s: %.0f at the start, %.0f between, %.0f after 15 s", name, first, between, second)
		}
	}
	if b.tick(); loudest(b.recv.frame[:160], 8000, 1400) > 20 {
		t.Error("the notice goes on after the recording")
	}
}
