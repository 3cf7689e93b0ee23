package audio

import (
	"errors"
	"io"
	"math"
	"os/exec"
	"path/filepath"
	"testing"
)

// samples reads a sound to its end.
func samples(t testing.TB, s Source) (pcm []int16) {
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

// We read what other programs write.
func TestOthersFilesArePlayed(t *testing.T) {
	for _, tool := range []string{"opusenc", "ffmpeg", "sox"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip("needs " + tool)
		}
	}
	dir := t.TempDir()
	in := filepath.Join(dir, "in.wav")
	writeWAV(t, in, 48000, sine(48000, 700, 2*48000))
	out := func(name string) string { return filepath.Join(dir, name) }
	for name, args := range map[string][]string{
		"enc.opus":      {"opusenc", "--quiet", in, out("enc.opus")},
		"long.opus":     {"opusenc", "--quiet", "--framesize", "60", "--max-delay", "1000", in, out("long.opus")},
		"short.opus":    {"opusenc", "--quiet", "--framesize", "2.5", "--padding", "70000", in, out("short.opus")},
		"ffmpeg.opus":   {"ffmpeg", "-v", "error", "-i", in, "-af", "pan=stereo|c0=c0|c1=c0", out("ffmpeg.opus")},
		"ffmpeg.ogg":    {"ffmpeg", "-v", "error", "-i", in, "-c:a", "libopus", "-application", "voip", out("ffmpeg.ogg")},
		"u8.wav":        {"sox", in, "-b", "8", "-e", "unsigned", "-r", "11025", out("u8.wav")},
		"s24.wav":       {"sox", in, "-b", "24", "-r", "44100", "-c", "2", out("s24.wav")},
		"s32.wav":       {"sox", in, "-b", "32", "-r", "96000", out("s32.wav")},
		"f32.wav":       {"sox", in, "-b", "32", "-e", "float", out("f32.wav")},
		"f64.wav":       {"sox", in, "-b", "64", "-e", "float", "-r", "22050", out("f64.wav")},
		"mulaw.wav":     {"sox", in, "-e", "mu-law", "-r", "8000", out("mulaw.wav")},
		"alaw.wav":      {"sox", in, "-e", "a-law", "-r", "8000", "-c", "6", out("alaw.wav")},
		"pipe.wav":      {"sh", "-c", "ffmpeg -v error -i " + in + " -f wav - | cat > " + out("pipe.wav")},
		"rf64.wav":      {"ffmpeg", "-v", "error", "-i", in, "-rf64", "always", out("rf64.wav")},
		"sox.ul":        {"sox", in, "-r", "8000", out("sox.ul")},
		"sox.al":        {"sox", in, "-r", "8000", out("sox.al")},
		"sox.raw":       {"sox", in, "-r", "8000", "-b", "16", "-e", "signed", out("sox.raw")},
		"odd-rate.wav":  {"sox", in, "-r", "37800", out("odd-rate.wav")},
		"odd-rate2.wav": {"sox", in, "-r", "12345", out("odd-rate2.wav")},
	} {
		if msg, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", name, err, msg)
			continue
		}
		p, err := openPlayer(out(name), PlayOptions{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if err := p.at(8000); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got := samples(t, p.src)
		p.close()
		if d := len(got) - 16000; d < -40 || d > 40 {
			t.Errorf("%s: %d samples at 8 kHz, not 16000", name, len(got))
		}
		if a := loudest(got, 8000, 700); a < 9800 || a > 10200 {
			t.Errorf("%s: an amplitude of %.0f, not 10000", name, a)
		}
	}
}

// Over and over without a gap, at another rate than the file's: the phase goes on.
func TestLoopHasNoSeam(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.wav")
	writeWAV(t, path, 16000, sine(16000, 500, 320)) // ten whole periods
	p, err := openPlayer(path, PlayOptions{Loop: true})
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	if err := p.at(8000); err != nil {
		t.Fatal(err)
	}
	pcm := make([]int16, 4000)
	if ended, err := p.read(pcm); ended || err != nil {
		t.Fatal(ended, err)
	}
	for i := 200; i < len(pcm); i++ {
		if want := float64(pcm[i-16*10]); math.Abs(float64(pcm[i])-want) > 40 {
			t.Fatalf("at %d: %d, a few periods before %.0f", i, pcm[i], want)
		}
	}
	empty := filepath.Join(t.TempDir(), "e.wav")
	writeWAV(t, empty, 8000, nil)
	if p, err = openPlayer(empty, PlayOptions{Loop: true}); err != nil {
		t.Fatal(err)
	}
	defer p.close()
	_ = p.at(8000)
	if ended, err := p.read(pcm); !ended || err != nil {
		t.Errorf("a file without sound: %t, %v", ended, err)
	}
}
