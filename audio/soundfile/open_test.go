package soundfile

import (
	"bytes"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"offhook/audio/ogg"
)

// What is recorded in each format is played again: as long as it was, and the same tone.
func TestEveryFormatIsRecordedAndPlayed(t *testing.T) {
	for _, c := range []struct {
		name       string
		rate, back int
	}{
		{"a.wav", 16000, 16000}, {"a.opus", 8000, 48000}, {"a.ogg", 48000, 48000}, {"a.OPUS", 16000, 48000},
		{"a.raw", 8000, 8000}, {"a.sln16", 16000, 16000}, {"a.ul", 8000, 8000}, {"a.al", 8000, 8000},
	} {
		pcm := sine(c.rate, 700, c.rate*3/2+123)
		path := recordFile(t, c.name, c.rate, 1, pcm)
		s, err := Open(path)
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
		if s, err := Open(path); err == nil {
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
