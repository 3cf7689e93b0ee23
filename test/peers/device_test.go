package peers

import (
	"os/exec"
	"path/filepath"
	"testing"

	"offhook/test/lab"
)

// TestThroughSoundDevices speaks into a virtual microphone and listens at a
// virtual loudspeaker, with PortAudio on PulseAudio between them and the call.
func TestThroughSoundDevices(t *testing.T) {
	lab.Need(t, "pulseaudio", "baresip", "espeak-ng", "sox")
	pulse := lab.StartPulse(t)
	ours, theirs := lab.Speech(t, 0), lab.Speech(t, 1)
	b := lab.StartBaresip(t, lab.BaresipConfig{User: "bob", Source: "aufile," + theirs})
	rec := filepath.Join(t.TempDir(), "call.wav")
	o := lab.StartOffhookWith(t, []func(*exec.Cmd){pulse.Env()}, append([]string{"call", b.URI(), "--json", "--record", rec, "--codecs", "pcmu",
		"--audio-in", "micmon", "--audio-out", "spk", "--duration", "9s"}, lab.Direct("alice", "0")...)...)
	o.AwaitState(0, "confirmed")
	ear := pulse.RecordEar()
	pulse.PlayToMic(ours).Wait()
	if code := o.Wait(); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	heard := ear()
	b.AwaitType(0, "CALL_CLOSED")
	there := lab.Match(lab.ReadWAV(t, ours, 0), lab.ReadWAV(t, b.Recording("dec"), 0))
	here := lab.Match(lab.ReadWAV(t, theirs, 0), heard)
	recorded := lab.Match(lab.ReadWAV(t, ours, 0), lab.ReadWAV(t, rec, 0))
	t.Logf("match: microphone at baresip %.2f, baresip at the loudspeaker %.2f, microphone in the recording %.2f", there, here, recorded)
	if there < same || here < same || recorded < same {
		t.Errorf("speech lost: want at least %.2f each", same)
	}
}
