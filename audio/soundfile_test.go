package audio

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"offhook/audio/ogg"
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

// recordFile writes pcm, interleaved, as a recording of that name.
func recordFile(t testing.TB, name string, rate, channels int, pcm []int16) string {
	t.Helper()
	var r recordings
	path, w, err := r.create(filepath.Join(t.TempDir(), name), 48000, channels)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.begin(rate); err != nil {
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

// What is recorded in each format is played again: as long as it was, and the same tone.
func TestEveryFormatIsRecordedAndPlayed(t *testing.T) {
	for _, c := range []struct {
		name       string
		rate, back int
		slack      int
	}{
		{"a.wav", 16000, 16000, 0}, {"a.opus", 8000, 48000, 0}, {"a.ogg", 48000, 48000, 0}, {"a.OPUS", 16000, 48000, 0},
		{"a.raw", 8000, 8000, 0}, {"a.sln16", 16000, 16000, 0}, {"a.ul", 8000, 8000, 0}, {"a.al", 8000, 8000, 0},
	} {
		pcm := sine(c.rate, 700, c.rate*3/2+123)
		path := recordFile(t, c.name, c.rate, 1, pcm)
		s, err := OpenSound(path)
		if err != nil {
			t.Fatal(err)
		}
		for round := range 2 {
			got := samples(t, s)
			if s.Rate() != c.back || len(got) != len(pcm)*c.back/c.rate {
				t.Errorf("%s, round %d: %d samples at %d Hz of %d at %d", c.name, round, len(got), s.Rate(), len(pcm), c.rate)
			}
			if p := loudest(got, s.Rate(), 700); p < 9800 || p > 10200 {
				t.Errorf("%s, round %d: an amplitude of %.0f", c.name, round, p)
			}
			if err := s.Rewind(); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

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
	l, r := readStereo(t, wav, 48000)
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

// Other programs read what we write.
func TestOthersReadOurFiles(t *testing.T) {
	for _, tool := range []string{"opusinfo", "ffprobe", "sox"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip("needs " + tool)
		}
	}
	run := func(name string, args ...string) string {
		out, err := exec.Command(name, args...).CombinedOutput()
		if err != nil {
			t.Fatalf("%s %v: %v\n%s", name, args, err, out)
		}
		return string(out)
	}
	pcm := sine(16000, 600, 2*16000*2)
	opus := recordFile(t, "a.opus", 16000, 2, pcm)
	info := run("opusinfo", opus)
	if strings.Contains(info, "WARNING") || !strings.Contains(info, "Channels: 2") || !strings.Contains(info, "0m:02.000s") {
		t.Errorf("opusinfo:\n%s", info)
	}
	if d := run("ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", opus); !strings.HasPrefix(d, "2.00") {
		t.Errorf("ffprobe says %s", d)
	}
	wav := recordFile(t, "a.wav", 16000, 2, pcm)
	if d := run("sox", "--i", "-D", wav); strings.TrimSpace(d) != "2.000000" {
		t.Errorf("sox says %s", d)
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
		s, err := OpenSound(name)
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

func TestWhatCannotBePlayedIsSaid(t *testing.T) {
	dir := t.TempDir()
	file := func(name string, raw []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	vorbis := func() []byte {
		var b bytes.Buffer
		w := ogg.NewWriter(&b, 1)
		_ = w.Packet([]byte("\x01vorbis and so on"), 0)
		_ = w.Close(0)
		return b.Bytes()
	}()
	for path, want := range map[string]string{
		file("a.mp3", []byte("ID3\x04\x00 and more")):         "neither WAV nor Ogg-Opus",
		file("a.ogg", vorbis):                                 "Vorbis",
		file("a.wav", []byte("ID3\x04\x00 and more")):         "RIFF and WAVE",
		file("b.wav", []byte("RIFX\x00\x00\x00\x00WAVEfmt ")): "big-endian",
		file("c.wav", formatOnly(0x55, 2, 44100, 0, 0)):       "MP3",
		file("d.wav", formatOnly(0x11, 1, 8000, 256, 4)):      "ADPCM",
		file("e.wav", nil):                                    "shorter",
		dir:                                                   "folder",
		filepath.Join(dir, "none.wav"):                        "no such file",
	} {
		if s, err := OpenSound(path); err == nil {
			s.Close()
			t.Errorf("%s is played", path)
		} else if !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// formatOnly is a WAV of a format that isn't ours.
func formatOnly(tag, channels, rate, align, bits int) []byte {
	b := []byte("RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00")
	b = binary.LittleEndian.AppendUint16(b, uint16(tag))
	b = binary.LittleEndian.AppendUint16(b, uint16(channels))
	b = binary.LittleEndian.AppendUint32(b, uint32(rate))
	b = binary.LittleEndian.AppendUint32(b, uint32(rate))
	b = binary.LittleEndian.AppendUint16(b, uint16(align))
	b = binary.LittleEndian.AppendUint16(b, uint16(bits))
	return append(b, "data\x00\x00\x00\x00"...)
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
		s, err := OpenSound(path)
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
