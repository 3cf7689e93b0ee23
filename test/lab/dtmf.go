package lab

import (
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// InbandDigits are the DTMF digits that multimon-ng, a detector of others, hears in a WAV.
func InbandDigits(t testing.TB, wav string, channel int) string {
	t.Helper()
	Need(t, "multimon-ng", "sox")
	remix := map[int]string{0: "1", 1: "2"}[channel]
	// multimon-ng wants raw 22050 Hz, and time to settle before the first digit.
	sox := exec.Command("sox", "-V1", "--ignore-length", wav, "-t", "raw", "-r", "22050", "-e", "signed", "-b", "16", "-c", "1", "-", "remix", remix, "pad", "0.5", "0.5")
	raw, err := sox.Output()
	if err != nil {
		t.Fatalf("sox can't read %s: %v", wav, err)
	}
	mm := exec.Command("multimon-ng", "-q", "-a", "DTMF", "-t", "raw", "-")
	mm.Stdin = strings.NewReader(string(raw))
	out, err := mm.Output()
	if err != nil {
		t.Fatalf("multimon-ng: %v", err)
	}
	var s strings.Builder
	for _, m := range regexp.MustCompile(`DTMF: (\S)`).FindAllStringSubmatch(string(out), -1) {
		s.WriteString(m[1])
	}
	return s.String()
}

// InbandSpeech makes a WAV at 8 kHz of DTMF tones, 100 ms each with 100 ms of silence between.
func InbandSpeech(t testing.TB, digits string) string {
	t.Helper()
	Need(t, "sox")
	rows, cols := []string{"697", "770", "852", "941"}, []string{"1209", "1336", "1477", "1633"}
	const pad = "123A456B789C*0#D"
	dir := t.TempDir()
	args := []string{}
	for _, d := range digits {
		i := strings.IndexRune(pad, d)
		file := dir + "/d" + strconv.Itoa(i) + ".wav"
		// Two channels, one for each tone, mixed down.
		cmd := exec.Command("sox", "-r", "8000", "-c", "2", "-n", "-b", "16", "-c", "1", file,
			"synth", "0.1", "sine", rows[i/4], "sine", cols[i%4], "remix", "1v0.25,2v0.25", "pad", "0", "0.1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("sox: %v\n%s", err, out)
		}
		args = append(args, file)
	}
	out := dir + "/digits.wav"
	args = append(args, out, "pad", "1", "60") // baresip hangs up at the end of its source
	if msg, err := exec.Command("sox", args...).CombinedOutput(); err != nil {
		t.Fatalf("sox: %v\n%s", err, msg)
	}
	return out
}
