package device

import (
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"offhook/audio"
	"offhook/audio/soundfile"
)

func wavFile(t *testing.T, rate int, pcm []int16) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.wav")
	w, err := soundfile.CreateWAV(path, rate, 1)
	if err != nil {
		t.Fatal(err)
	}
	w.Write(pcm)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestParse(t *testing.T) {
	wav := wavFile(t, 8000, make([]int16, 10))
	tests := []struct {
		in, out string
		want    audio.Backend
	}{
		{"", "", &duplex{in: Device{}, out: Device{}}},
		{"USB Headset", "hdmi", &duplex{in: Device{Name: "USB Headset"}, out: Device{Name: "hdmi"}}},
		{"hw:0,0", "plughw:1", &duplex{in: Device{Name: "hw:0,0"}, out: Device{Name: "plughw:1"}}},
		{"file:" + wav, "null", &duplex{in: File{Path: wav}, out: Null{}}},
		{"tone:440", "file:/tmp/o.wav", &duplex{in: Tone{Hz: 440}, out: File{Path: "/tmp/o.wav"}}},
		{"tone:1004.5Hz", "", &duplex{in: Tone{Hz: 1004.5}, out: Device{}}},
		{"silence", "", &duplex{in: Silence{}, out: Device{}}},
		{"null", "null", audio.Null{}},
		{"silence", "null", audio.Null{}},
	}
	for _, tt := range tests {
		got, err := Parse(tt.in, tt.out)
		if err != nil {
			t.Errorf("%q, %q: %v", tt.in, tt.out, err)
			continue
		}
		g, ok := got.(*duplex)
		w, wok := tt.want.(*duplex)
		if ok != wok || ok && (g.in != w.in || g.out != w.out) {
			t.Errorf("%q, %q: %+v, want %+v", tt.in, tt.out, got, tt.want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	text := filepath.Join(t.TempDir(), "t.wav")
	if err := os.WriteFile(text, []byte("this is no sound at all, whatever its name says"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		in, out string
		is      error
		says    string
	}{
		{"file:", "null", ErrSpec, "path"},
		{"file:/no/such.wav", "null", os.ErrNotExist, "/no/such.wav"},
		{"file:" + text, "null", soundfile.ErrWAV, "RIFF"},
		{"tone:", "null", ErrSpec, "tone:440"},
		{"tone:loud", "null", ErrSpec, "1 to 20000"},
		{"tone:-5", "null", ErrSpec, "1 to 20000"},
		{"tone:NaN", "null", ErrSpec, "1 to 20000"},
		{"null", "tone:440", ErrSpec, "input"},
		{"null", "silence", ErrSpec, "input"},
		{"null", "file:", ErrSpec, "path"},
		{"null", "file:ear.opus", ErrSpec, ".wav"},
		{"null", "file:ear.mp3", ErrSpec, ".wav"},
	} {
		b, err := Parse(tt.in, tt.out)
		if b != nil || !errors.Is(err, tt.is) || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%q, %q: %v", tt.in, tt.out, err)
		}
	}
}

func TestMatch(t *testing.T) {
	names := []string{"HDA Intel: Analog (hw:0,0)", "HDA Intel: HDMI (hw:0,3)", "USB Audio", "USB Audio Pro", "default"}
	for name, want := range map[string]int{
		"default": 4, "DEFAULT": 4, "hdmi": 1, "USB Audio": 2, "pro": 3, "hw:0,0": 0,
	} {
		if got, err := match("microphone", name, names); err != nil || got != want {
			t.Errorf("%q: %d, %v; want %d", name, got, err, want)
		}
	}
	for name, says := range map[string]string{
		"usb":  `could be any of the microphones "USB Audio", "USB Audio Pro"`,
		"sony": `no microphone "sony": there are "HDA Intel: Analog (hw:0,0)"`,
	} {
		_, err := match("microphone", name, names)
		var nf *NotFoundError
		if !errors.As(err, &nf) || !errors.Is(err, ErrNoDevice) || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", name, err)
		}
	}
	if _, err := match("speaker", "x", nil); err == nil || !strings.Contains(err.Error(), "this system has none") {
		t.Errorf("no cards: %v", err)
	}
}

func TestFileInLoopsAndFileOutGoesOn(t *testing.T) {
	pcm := make([]int16, 100)
	for i := range pcm {
		pcm[i] = int16(i + 1)
	}
	in, out := wavFile(t, 8000, pcm), filepath.Join(t.TempDir(), "o.wav")
	b, err := Parse("file:"+in, "file:"+out)
	if err != nil {
		t.Fatal(err)
	}
	for round := range 2 {
		st, err := b.Open(t.Context(), 8000)
		if err != nil {
			t.Fatal(err)
		}
		buf := make([]int16, 250)
		if n, err := st.Read(buf); n != 250 || err != nil || buf[0] != 1 || buf[100] != 1 || buf[249] != 50 {
			t.Fatalf("round %d: %d, %v, %v", round, n, err, buf)
		}
		if err := st.(audio.Rewinder).Rewind(); err != nil {
			t.Fatal(err)
		}
		if st.Read(buf[:1]); buf[0] != 1 {
			t.Errorf("after Rewind: %d", buf[0])
		}
		if err := st.Write(pcm); err != nil {
			t.Fatal(err)
		}
		if err := st.Close(); err != nil {
			t.Fatal(err)
		}
	}
	r, err := soundfile.OpenWAV(out)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if r.Frames() != 200 || r.Rate() != 8000 {
		t.Errorf("%d samples at %d Hz recorded, want both rounds", r.Frames(), r.Rate())
	}
}

// A file that is played over and over goes on at its seam, whatever the rate of the device:
// a whole number of periods has no seam to hear.
func TestFileLoopsWithoutClick(t *testing.T) {
	pcm := make([]int16, 1600) // ten periods a round at 16 kHz
	for i := range pcm {
		pcm[i] = int16(10000 * math.Sin(2*math.Pi*100*float64(i)/16000))
	}
	b, err := Parse("file:"+wavFile(t, 16000, pcm), "null")
	if err != nil {
		t.Fatal(err)
	}
	st, err := b.Open(t.Context(), 48000)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	heard := make([]int16, 48000)
	if n, err := st.Read(heard); n != len(heard) || err != nil {
		t.Fatal(n, err)
	}
	const steepest = 10000 * 2 * math.Pi * 100 / 48000 // of the sine, from sample to sample
	for i := 2401; i < len(heard); i++ {
		if step := math.Abs(float64(heard[i]) - float64(heard[i-1])); step > 1.2*steepest {
			t.Fatalf("a step of %.0f at sample %d; the sine has none above %.0f", step, i, steepest)
		}
	}
}

func TestEmptyFileIsSilence(t *testing.T) {
	b, err := Parse("file:"+wavFile(t, 44100, nil), "null")
	if err != nil {
		t.Fatal(err)
	}
	st, err := b.Open(t.Context(), 16000)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	buf := []int16{1, 2, 3, 4}
	if n, err := st.Read(buf); n != 4 || err != nil || buf[0]|buf[3] != 0 {
		t.Errorf("%d, %v, %v", n, err, buf)
	}
}

func TestToneHasItsPitchAndLevel(t *testing.T) {
	b, err := Parse("tone:1000", "null")
	if err != nil {
		t.Fatal(err)
	}
	st, err := b.Open(t.Context(), 48000)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	if _, ok := st.(audio.Unclocked); !ok {
		t.Error("a tone into nowhere needs no clock of its own")
	}
	pcm := make([]int16, 48000)
	st.Read(pcm)
	if a := amplitude(pcm, 48000, 1000); math.Abs(a-7218) > 20 {
		t.Errorf("amplitude %.0f", a)
	}
	if n := testing.AllocsPerRun(100, func() { st.Read(pcm[:960]); st.Write(pcm[:960]) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestSoftStreamHasNoTicks(t *testing.T) {
	st, err := New(Tone{Hz: 440}, Null{}).Open(t.Context(), 8000)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	if _, ok := st.(audio.Unclocked); !ok || st.Ticks() != nil {
		t.Error("a stream without a clock ticks")
	}
}

func TestCallbacks(t *testing.T) {
	mic := newHalf()
	in := mic.capture(48000, 2, 480)
	stereo := make([]int16, 960)
	for i := range 480 {
		stereo[2*i], stereo[2*i+1] = 100, 300
	}
	in(stereo)
	got := make([]int16, 480)
	if n := mic.ring.Read(got); n != 480 || got[0] != 200 || got[479] != 200 {
		t.Errorf("%d samples, %d", n, got[0])
	}

	ear := newHalf()
	out := ear.play(48000, 2, 480)
	out(stereo) // nobody has played yet: silence that isn't an underrun
	if stereo[0] != 0 || ear.lost.Load() != 0 {
		t.Errorf("%d, lost %d", stereo[0], ear.lost.Load())
	}
	for i := range got {
		got[i] = 7
	}
	ear.ring.Write(got)
	out(stereo)
	if stereo[0] != 7 || stereo[959] != 7 {
		t.Errorf("%v", stereo[:4])
	}
	ear.ring.Write(got[:100])
	out(stereo)
	if stereo[199] != 7 || stereo[200] != 0 || ear.lost.Load() != 380 {
		t.Errorf("%d %d, lost %d", stereo[199], stereo[200], ear.lost.Load())
	}

	for range 100 { // a loop that is away
		in(stereo)
	}
	if mic.lost.Load() == 0 || mic.ring.Len() != mic.ring.Cap() {
		t.Error("an overrun wasn't counted")
	}
	if n := testing.AllocsPerRun(100, func() { in(stereo); out(stereo) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	mic.ring = nil // a bug of ours must not end the process
	in(stereo)
	if !mic.panicked.Load() {
		t.Error("the panic wasn't noticed")
	}
}

// running48k is a side of a card at 48 kHz, with buffers of period.
func running48k(period time.Duration) *half {
	h := newHalf()
	h.room(48000)
	h.period.Store(int64(period))
	return h
}

func TestFollowerKeepsToTheCallbacks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := running48k(10 * time.Millisecond)
		const period = 10 * time.Millisecond
		f := follow(nil, h)
		due := time.Now()
		for n := range 300 {
			due = due.Add(period + 40*time.Microsecond) // a slow card
			time.Sleep(time.Until(due))
			h.beat(480, 1, 480)
			at := time.Now()
			if _, ok := <-f.beats; !ok {
				t.Fatal("it ended")
			}
			if d := time.Since(at); n > 2 && d > 3*time.Millisecond {
				t.Fatalf("beat %d came %v after its callback", n, d)
			}
		}
		time.Sleep(2 * stalledAfter) // unplugged
		if _, ok := <-f.beats; ok {
			t.Error("beats without callbacks")
		}
		f.stop()
		f.stop()
	})
	synctest.Test(t, func(t *testing.T) {
		h := running48k(10 * time.Millisecond)
		f := follow(nil, h)
		h.panicked.Store(true)
		time.Sleep(time.Second)
		if _, ok := <-f.beats; ok {
			t.Error("it goes on after a panic")
		}
		f.stop()
	})
}

// TestHush runs itself: the redirection is for a whole process.
func TestHush(t *testing.T) {
	if os.Getenv("OFFHOOK_HUSH") == "1" {
		stderr, err := Hush()
		if err != nil {
			t.Fatal(err)
		}
		os.NewFile(2, "").WriteString("ALSA lib chatter\n")
		stderr.WriteString("for people\n")
		if os.Getenv("OFFHOOK_CRASH") == "1" {
			go func() { panic("a bug") }()
			select {}
		}
		os.Exit(0)
	}
	for _, crash := range []string{"0", "1"} {
		cmd := exec.Command(os.Args[0], "-test.run=^TestHush$")
		cmd.Env = append(os.Environ(), "OFFHOOK_HUSH=1", "OFFHOOK_CRASH="+crash)
		var out strings.Builder
		cmd.Stderr = &out
		err := cmd.Run()
		if strings.Contains(out.String(), "chatter") || !strings.Contains(out.String(), "for people") {
			t.Errorf("stderr: %q", out.String())
		}
		if crashed := strings.Contains(out.String(), "panic: a bug"); crashed != (crash == "1") || (err != nil) != crashed {
			t.Errorf("crash %s: %v, %q", crash, err, out.String())
		}
	}
}

func TestFileBesideACardKeepsToItsClock(t *testing.T) {
	ear := newHalf()
	out := ear.play(48000, 1, 480)
	src, err := openSource(Tone{Hz: 440}, 48000)
	if err != nil {
		t.Fatal(err)
	}
	c := &card{rate: 48000, ear: ear, src: src, soft: src}
	buf, block := make([]int16, 48000), make([]int16, 480)
	if n, _ := c.Read(buf); n != 0 {
		t.Errorf("%d samples before the card's first callback", n)
	}
	got := 0
	for range 100 {
		out(block)
		n, _ := c.Read(buf)
		got += n
	}
	if got != 48000 {
		t.Errorf("%d samples in a second of the card", got)
	}
	for range 100 { // nobody reads
		out(block)
	}
	if n, _ := c.Read(buf); n != 48000/ringPerSecond {
		t.Errorf("%d samples after a second's absence, want no more than a ring holds", n)
	}
	out(block)
	c.Flush()
	if n, _ := c.Read(buf); n != 0 {
		t.Errorf("%d samples after Flush", n)
	}
	// Without an ear the microphone's clock says what was played.
	mic := newHalf()
	in := mic.capture(48000, 1, 480)
	c = &card{rate: 48000, mic: mic, src: ringSource{mic}}
	c.Write(block)
	c.Write(block)
	if n := c.Queued(); n != 960 {
		t.Errorf("%d queued, want 960", n)
	}
	in(block)
	if n := c.Queued(); n != 480 {
		t.Errorf("%d queued after a beat, want 480", n)
	}
	for range 10 {
		in(block)
	}
	if n := c.Queued(); n != 0 {
		t.Errorf("%d queued long after", n)
	}
}
