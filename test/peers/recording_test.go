package peers

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"offhook/test/lab"
)

// decoded is an Ogg-Opus file as WAV, by the reference decoder.
func decoded(t *testing.T, path string) string {
	t.Helper()
	wav := filepath.Join(t.TempDir(), "decoded.wav")
	if out, err := exec.Command("opusdec", "--quiet", path, wav).CombinedOutput(); err != nil {
		t.Fatalf("opusdec: %v\n%s", err, out)
	}
	return wav
}

// TestOpusIsRecordedAndPlayed plays an Ogg-Opus file of opusenc's to baresip, over and over,
// and records the call to another, which opusdec and opusinfo read.
func TestOpusIsRecordedAndPlayed(t *testing.T) {
	lab.Need(t, "kamailio", "baresip", "opusdec", "opusenc", "opusinfo", "sox", "espeak-ng")
	t.Parallel()
	k := lab.StartKamailio(t, "MD5")
	b := lab.StartBaresip(t, lab.BaresipConfig{User: "bob", Via: k, Source: "aufile," + lab.LongSpeech(t, 1, 8000), Codecs: "PCMU/8000/1"})
	dir := t.TempDir()
	said, tune, rec := lab.Speech(t, 0), filepath.Join(dir, "tune.opus"), filepath.Join(dir, "call.opus")
	if out, err := exec.Command("opusenc", "--quiet", said, tune).CombinedOutput(); err != nil {
		t.Fatalf("opusenc: %v\n%s", err, out)
	}
	o := lab.StartOffhook(t, append([]string{"call", k.URI("bob"), "--json", "--play", tune, "--play-loop", "--record", rec, "--audio-in", "silence",
		"--audio-out", "null", "--duration", "8s"}, lab.Account(t, k, "alice")...)...)
	if code := o.Wait(); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	var end lab.Event
	for _, e := range o.Events() {
		if e.Str("event") == "recording" && e.Str("state") == "ended" {
			end = e
		}
	}
	if end == nil || end.Str("path") != rec || end.Num("duration_ms") < 7000 {
		t.Errorf("the recording's end: %v", end)
	}
	b.AwaitType(0, "CALL_CLOSED")
	if out, err := exec.Command("opusinfo", rec).CombinedOutput(); err != nil || strings.Contains(string(out), "WARNING") {
		t.Errorf("opusinfo: %v\n%s", err, out)
	}
	sent := lab.ReadWAV(t, said, 0)
	wav := decoded(t, rec)
	for what, m := range map[string]float64{
		"what baresip heard of the file":       lab.Match(sent, lab.ReadWAV(t, b.Recording("dec"), 0)),
		"what the left side has of the file":   lab.Match(sent, lab.ReadWAV(t, wav, 0)),
		"what the right side has of baresip's": lab.Match(lab.ReadWAV(t, lab.Speech(t, 1), 0), lab.ReadWAV(t, wav, 1)),
	} {
		t.Logf("%s: %.3f", what, m)
		if m < 0.9 {
			t.Errorf("%s: a likeness of %.3f", what, m)
		}
	}
	if m := lab.Match(lab.ReadWAV(t, lab.Speech(t, 1), 0), lab.ReadWAV(t, wav, 0)); m > 0.7 {
		t.Errorf("the left side has baresip's voice, too: %.3f", m)
	}
}

// TestConferenceFileIsHeardByAll plays a file into a conference and records all of it.
func TestConferenceFileIsHeardByAll(t *testing.T) {
	lab.Need(t, "kamailio", "baresip", "sox")
	t.Parallel()
	k := lab.StartKamailio(t, "MD5")
	dir := t.TempDir()
	carol := lab.StartBaresip(t, lab.BaresipConfig{User: "carol", Via: k, Source: "aufile," + lab.WriteWAV(t, filepath.Join(dir, "carol-says.wav"), 8000, sineWave(1100, 20)), Codecs: "PCMA/8000/1"})
	atBob, all := filepath.Join(dir, "bob.wav"), filepath.Join(dir, "all.wav")
	tune := lab.WriteWAV(t, filepath.Join(dir, "tune.wav"), 8000, sineWave(500, 1))
	bob := lab.StartOffhook(t, append([]string{"answer", "--json", "--max-calls", "1", "--audio-in", "tone:700", "--audio-out", "null", "--record", atBob},
		lab.Account(t, k, "bob")...)...)
	bob.AwaitName(0, "registered")
	alice := lab.StartOffhook(t, append([]string{"call", k.URI("bob"), "--conference", k.URI("carol"), "--json", "--audio-in", "silence",
		"--audio-out", "null", "--play", tune, "--play-loop", "--record-conference", all, "--duration", "8s"}, lab.Account(t, k, "alice")...)...)
	alice.AwaitEvent(0, "recording", func(e lab.Event) bool { return e.Str("event") == "recording" && e["conference"] == true })
	if code := alice.Wait(); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	if code := bob.Wait(); code != 0 {
		t.Fatalf("exit code %d at bob", code)
	}
	carol.AwaitType(0, "CALL_CLOSED")
	for _, part := range []struct {
		who  string
		pcm  []float64
		hear []float64
		not  float64
	}{
		{"bob", lab.ReadWAV(t, atBob, 1), []float64{500, 1100}, 700},
		{"carol", lab.ReadWAV(t, carol.Recording("dec"), 0), []float64{500, 700}, 1100},
		{"the recording's left side", lab.ReadWAV(t, all, 0), []float64{500}, 700},
		{"the recording's right side", lab.ReadWAV(t, all, 1), []float64{700, 1100}, 500},
	} {
		for _, hz := range part.hear {
			if a := amplitude(part.pcm, hz); a < 0.05 {
				t.Errorf("%s has %.0f Hz at %.4f", part.who, hz, a)
			}
		}
		// A tone that begins is heard at every frequency for a moment: the middle will do.
		if a := amplitude(slice(part.pcm, 4*time.Second, 6*time.Second), part.not); a > 0.01 {
			t.Errorf("%s has %.0f Hz, too, at %.4f", part.who, part.not, a)
		}
	}
}
