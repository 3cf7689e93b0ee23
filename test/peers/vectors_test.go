package peers

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"offhook/codec"
	"offhook/codec/g711"
	"offhook/codec/g722"
	"offhook/codec/opus"
	"offhook/test/lab"
)

// tool runs a program on files in a folder.
func tool(t *testing.T, dir, name string, args ...string) {
	t.Helper()
	c := exec.Command(name, args...)
	c.Dir = dir
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
}

// speechAt is speech with bursts of noise and a loud end, so that much of a
// codec is used, as raw samples.
func speechAt(t *testing.T, dir string, rate, channels int) []int16 {
	t.Helper()
	tool(t, dir, "sox", lab.Speech(t, 0), "-r", fmt.Sprint(rate), "a.wav")
	tool(t, dir, "sox", "-R", "-r", fmt.Sprint(rate), "-c", "1", "-n", "-b", "16", "b.wav", "synth", "1", "pinknoise", "vol", "0.2")
	tool(t, dir, "sox", "-R", "-r", fmt.Sprint(rate), "-c", "1", "-n", "-b", "16", "c.wav", "synth", "1", "square", "50-3000", "vol", "0.25")
	remix := []string{"a.wav", "b.wav", "c.wav", "-b", "16", "-e", "signed", "-t", "raw", "in.raw"}
	if channels == 2 {
		remix = append(remix, "remix", "1", "1v0.5")
	}
	tool(t, dir, "sox", remix...)
	tool(t, dir, "sox", "-t", "raw", "-r", fmt.Sprint(rate), "-b", "16", "-e", "signed", "-c", fmt.Sprint(channels), "in.raw", "in.wav")
	return samplesOf(t, filepath.Join(dir, "in.raw"))
}

func samplesOf(t *testing.T, path string) []int16 {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	pcm := make([]int16, len(raw)/2)
	if _, err := binary.Decode(raw, binary.LittleEndian, pcm); err != nil {
		t.Fatal(err)
	}
	return pcm
}

func encodeAll(t *testing.T, c codec.Codec, pcm []int16, size int) (code []byte) {
	t.Helper()
	e, err := c.NewEncoder(codec.Params{})
	if err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 1500)
	for ; len(pcm) >= size; pcm = pcm[size:] {
		n, err := e.Encode(buf, pcm[:size])
		if err != nil {
			t.Fatal(err)
		}
		code = append(code, buf[:n]...)
	}
	return code
}

func decodeAll(t *testing.T, c codec.Codec, packets [][]byte) (pcm []int16) {
	t.Helper()
	d, err := c.NewDecoder(codec.Params{})
	if err != nil {
		t.Fatal(err)
	}
	buf := make([]int16, codec.MaxFrame)
	for _, p := range packets {
		n, err := d.Decode(buf, p)
		if err != nil {
			t.Fatal(err)
		}
		pcm = append(pcm, buf[:n]...)
	}
	return pcm
}

func pieces(code []byte, size int) (packets [][]byte) {
	for ; len(code) >= size; code = code[size:] {
		packets = append(packets, code[:size])
	}
	return packets
}

// TestG722IsFFmpegs compares every bit of G.722 with FFmpeg's, both ways.
func TestG722IsFFmpegs(t *testing.T) {
	lab.Need(t, "ffmpeg", "sox", "espeak-ng")
	dir := t.TempDir()
	pcm := speechAt(t, dir, 16000, 1)
	pcm = pcm[:len(pcm)/320*320]
	tool(t, dir, "ffmpeg", "-v", "error", "-f", "s16le", "-ar", "16000", "-ac", "1", "-i", "in.raw", "-c:a", "g722", "-f", "g722", "theirs.g722")
	tool(t, dir, "ffmpeg", "-v", "error", "-f", "g722", "-i", "theirs.g722", "-f", "s16le", "theirs.raw")
	theirs, err := os.ReadFile(filepath.Join(dir, "theirs.g722"))
	if err != nil {
		t.Fatal(err)
	}
	ours := encodeAll(t, g722.Codec{}, pcm, 320)
	if !bytes.Equal(ours, theirs[:len(ours)]) {
		t.Error("the code differs")
	}
	want := samplesOf(t, filepath.Join(dir, "theirs.raw"))
	got := decodeAll(t, g722.Codec{}, pieces(ours, 160))
	for i := range got {
		if got[i] != want[i] {
			t.Fatalf("sample %d is %d, want %d", i, got[i], want[i])
		}
	}
	t.Logf("%d samples are alike", len(got))
}

// TestG711IsSoxs compares every code with sox's.
func TestG711IsSoxs(t *testing.T) {
	lab.Need(t, "sox")
	for _, c := range []struct {
		codec codec.Codec
		law   string
	}{{g711.PCMU{}, "mu-law"}, {g711.PCMA{}, "a-law"}} {
		dir := t.TempDir()
		codes := make([]byte, 256)
		for i := range codes {
			codes[i] = byte(i)
		}
		if err := os.WriteFile(filepath.Join(dir, "codes"), codes, 0o600); err != nil {
			t.Fatal(err)
		}
		tool(t, dir, "sox", "-t", "raw", "-r", "8000", "-c", "1", "-e", c.law, "codes", "-t", "raw", "-e", "signed", "-b", "16", "pcm.raw")
		want, got := samplesOf(t, filepath.Join(dir, "pcm.raw")), decodeAll(t, c.codec, [][]byte{codes})
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("%s: %#02x is %d, sox has %d", c.law, i, got[i], want[i])
			}
		}
		tool(t, dir, "sox", "-D", "-t", "raw", "-r", "8000", "-c", "1", "-e", "signed", "-b", "16", "pcm.raw", "-t", "raw", "-e", c.law, "again")
		theirs, err := os.ReadFile(filepath.Join(dir, "again"))
		if err != nil {
			t.Fatal(err)
		}
		if ours := encodeAll(t, c.codec, got, 256); !bytes.Equal(ours, theirs) {
			t.Errorf("%s: the values of all codes are encoded otherwise", c.law)
		}
	}
}

// TestOpusOfOthersIsUnderstood decodes streams that opusenc made, in each mode,
// frame length and channel count, and compares with FFmpeg's own decoder, which
// shares no line with libopus, and with opusdec.
func TestOpusOfOthersIsUnderstood(t *testing.T) {
	lab.Need(t, "opusenc", "opusdec", "ffmpeg", "sox", "espeak-ng")
	for _, channels := range []int{1, 2} {
		dir := t.TempDir()
		speechAt(t, dir, 48000, channels)
		for _, rate := range []string{"8", "14", "24", "40", "96"} {
			for _, ms := range []string{"2.5", "5", "10", "20", "40", "60"} {
				name := fmt.Sprintf("%s kbit/s, %s ms, %d channels", rate, ms, channels)
				tool(t, dir, "opusenc", "--quiet", "--speech", "--bitrate", rate, "--framesize", ms, "in.wav", "x.opus")
				tool(t, dir, "ffmpeg", "-v", "error", "-y", "-c:a", "opus", "-i", "x.opus", "-f", "s16le", "-ac", fmt.Sprint(channels), "-ar", "48000", "ff.raw")
				tool(t, dir, "opusdec", "--quiet", "--no-dither", "--rate", "48000", "x.opus", "od.wav")
				tool(t, dir, "sox", "od.wav", "-t", "raw", "-e", "signed", "-b", "16", "od.raw")
				skip, packets := oggPackets(t, filepath.Join(dir, "x.opus"))
				got := decodeAll(t, opus.Codec{}, packets)[skip:]
				modes := map[byte]int{}
				multi := 0
				for _, p := range packets {
					modes[mode(p[0]>>3)]++
					if p[0]&3 != 0 {
						multi++
					}
				}
				for _, peer := range []string{"ff.raw", "od.raw"} {
					want := mono(samplesOf(t, filepath.Join(dir, peer)), channels)
					least := 40.0
					if channels == 2 {
						least = 20 // each decoder has its own way to fold two channels into one
					}
					if peer == "ff.raw" && modes['S']+modes['H'] > 0 {
						// FFmpeg resamples SILK with a delay of its own, by parts of a
						// sample: what is the same sound stays a few dB alike.
						least = 3
					}
					if snr := likeness(got, want); snr < least {
						t.Errorf("%s: %.1f dB alike with %s (%d SILK, %d hybrid, %d CELT, %d of several frames)", name, snr, peer, modes['S'], modes['H'], modes['C'], multi)
					}
				}
				t.Logf("%s: %d SILK, %d hybrid, %d CELT, %d of several frames", name, modes['S'], modes['H'], modes['C'], multi)
			}
		}
	}
}

// mode is SILK, hybrid or CELT (RFC 6716, table 2).
func mode(config byte) byte {
	switch {
	case config < 12:
		return 'S'
	case config < 16:
		return 'H'
	default:
		return 'C'
	}
}

func mono(pcm []int16, channels int) []int16 {
	out := make([]int16, len(pcm)/channels)
	for i := range out {
		sum := 0
		for c := range channels {
			sum += int(pcm[i*channels+c])
		}
		out[i] = int16(sum / channels)
	}
	return out
}

// likeness is the ratio of sound to difference in dB.
func likeness(got, want []int16) float64 {
	var signal, noise float64
	for i := range min(len(got), len(want)) {
		d := float64(got[i]) - float64(want[i])
		signal += float64(want[i]) * float64(want[i])
		noise += d * d
	}
	return 10 * math.Log10((signal+1)/(noise+1))
}

// oggPackets reads the packets of an Ogg-Opus file (RFC 3533, RFC 7845) and how many
// samples of the first are to be skipped.
func oggPackets(t *testing.T, path string) (skip int, packets [][]byte) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var part []byte
	for len(raw) >= 27 && string(raw[:4]) == "OggS" {
		n := int(raw[26])
		lacing, body := raw[27:27+n], raw[27+n:]
		for _, l := range lacing {
			part = append(part, body[:l]...)
			body = body[l:]
			if l < 255 {
				packets = append(packets, part)
				part = nil
			}
		}
		raw = body
	}
	if len(packets) < 3 || !bytes.HasPrefix(packets[0], []byte("OpusHead")) {
		t.Fatalf("%s is no Ogg-Opus", path)
	}
	return int(binary.LittleEndian.Uint16(packets[0][10:])), packets[2:]
}
