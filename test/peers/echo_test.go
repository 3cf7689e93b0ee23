package peers

import (
	"fmt"
	"os/exec"
	"testing"
	"time"

	"offhook/test/lab"
)

// TestNoEchoOfTheFarEnd has a phone whose microphone hears its loudspeaker. baresip
// speaks all the time and records what comes back: its own voice, unless the phone
// takes it out. The room's delay moves, since the sound server resamples what it loops
// and a busy machine loses buffers of it; audio/dsp/voice asks for more where it is
// quiet.
func TestNoEchoOfTheFarEnd(t *testing.T) {
	lab.Need(t, "pulseaudio", "pactl", "baresip", "espeak-ng", "sox")
	for _, delay := range []time.Duration{30 * time.Millisecond, 120 * time.Millisecond} {
		t.Run(fmt.Sprint(delay), func(t *testing.T) {
			with := echoLevel(t, delay)
			without := echoLevel(t, delay, "--echo-canceller", "off")
			t.Logf("echo at the far end: %.1f dBFS without a canceller, %.1f dBFS with: %.1f dB less", without, with, without-with)
			if !(without > -45) {
				t.Fatalf("without a canceller the echo has %.1f dBFS: the room is none", without)
			}
			if !(without-with >= 15) {
				t.Errorf("the canceller takes %.1f dB of the echo, want 15 at least", without-with)
			}
		})
	}
}

// echoLevel is how loud a call's far end hears itself, after five seconds.
func echoLevel(t *testing.T, delay time.Duration, flags ...string) float64 {
	t.Helper()
	pulse := lab.StartPulse(t)
	pulse.Room(delay)
	b := lab.StartBaresip(t, lab.BaresipConfig{User: "bob", Source: "aufile," + lab.LongSpeech(t, 1, 8000), Rate: 8000})
	args := append([]string{"call", b.URI(), "--json", "--codecs", "pcmu", "--audio-in", "micmon", "--audio-out", "spk",
		"--noise-suppression", "off", "--gain-control", "off", "--duration", "14s"}, lab.Direct("alice", "0")...)
	o := lab.StartOffhookWith(t, []func(*exec.Cmd){pulse.Env()}, append(args, flags...)...)
	if code := o.Wait(); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	b.AwaitType(0, "CALL_CLOSED")
	heard := lab.ReadWAV(t, b.Recording("dec"), 0)
	const rate, settled = 8000, 6
	course := ""
	if len(heard) < (settled+4)*rate {
		t.Fatalf("baresip heard %.1f s", float64(len(heard))/rate)
	}
	for at := 0; at+rate <= len(heard); at += rate {
		course += fmt.Sprintf(" %.0f", lab.RMS(heard[at:at+rate]))
	}
	t.Logf("%v: dBFS by the second:%s", flags, course)
	return lab.RMS(heard[settled*rate:])
}
