package bench

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"offhook/test/lab"
)

// ear is a phone in the sound rig: it calls or answers with a microphone and a
// speaker of the rig.
type ear interface {
	name() string
	// answer starts it waiting for calls, on side "A" or "B", and returns where.
	answer(t *testing.T, rig *lab.SoundRig, side, codec string) string
	// dial starts it calling.
	dial(t *testing.T, rig *lab.SoundRig, side, codec, target string)
}

// TestClickToClick prints the table of latency in docs/performance.md: chirps go into
// A's microphone, and the time until they leave B's speaker is measured.
func TestClickToClick(t *testing.T) {
	if os.Getenv("OFFHOOK_BENCH") == "" {
		t.Skip("a measurement, not a test: run `make bench`")
	}
	const chirps = 30
	var s strings.Builder
	fmt.Fprintf(&s, "\n| click to click, default settings | codec | chirps | median ms | 5 %% | 95 %% | most |\n|---|---|---|---|---|---|---|\n")
	for _, c := range []struct {
		a, b  ear
		codec string
	}{
		{offhook{}, offhook{}, "pcmu"},
		{offhook{}, offhook{}, "opus"},
		{raw{}, raw{}, "pcmu"},
		{baresip{}, baresip{}, "pcmu"},
		{offhook{}, baresip{}, "pcmu"},
		{baresip{}, offhook{}, "pcmu"},
	} {
		t.Run(c.a.name()+" to "+c.b.name()+" "+c.codec, func(t *testing.T) {
			took := clickToClick(t, c.a, c.b, c.codec, chirps)
			at := func(share float64) float64 { return ms(took[int(share*float64(len(took)-1)+0.5)]) }
			fmt.Fprintf(&s, "| %s to %s | %s | %d of %d | **%.1f** | %.1f | %.1f | %.1f |\n", c.a.name(), c.b.name(), c.codec, len(took), chirps, at(0.5), at(0.05), at(0.95), at(1))
		})
	}
	fmt.Println(s.String())
}

func clickToClick(t *testing.T, a, b ear, codec string, chirps int) []time.Duration {
	t.Helper()
	rig := lab.StartSoundRig(t)
	a.dial(t, rig, "A", codec, b.answer(t, rig, "B", codec))
	<-time.After(3 * time.Second) // until the call is there and the buffers know the network
	done := rig.Record()
	rig.Inject("A", lab.Chirps(t, chirps)).Wait()
	heard := done()
	in := lab.FindChirps(heard[lab.MicA])
	if len(in) != chirps {
		t.Fatalf("%d of %d chirps went in", len(in), chirps)
	}
	took := lab.Latencies(in, lab.FindChirps(heard[lab.SpeakerB]))
	if len(took) < chirps/2 {
		t.Fatalf("%d of %d chirps came out", len(took), chirps)
	}
	return took
}

func (offhook) name() string { return "offhook" }

func (offhook) args(side, codec string) []string {
	return []string{"--audio-in", side + "mic", "--audio-out", side, "--codecs", codec, "--json"}
}

func (offhook) answer(t *testing.T, rig *lab.SoundRig, side, codec string) string {
	return answerInRig(t, rig, side, codec)
}

func (offhook) dial(t *testing.T, rig *lab.SoundRig, side, codec, target string) {
	dialInRig(t, rig, side, codec, target)
}

// raw is offhook with a headset: nothing works on what the microphone hears.
type raw struct{}

var unprocessed = []string{"--echo-canceller", "off", "--noise-suppression", "off", "--gain-control", "off"}

func (raw) name() string { return "offhook, no voice processing" }

func (raw) answer(t *testing.T, rig *lab.SoundRig, side, codec string) string {
	return answerInRig(t, rig, side, codec, unprocessed...)
}

func (raw) dial(t *testing.T, rig *lab.SoundRig, side, codec, target string) {
	dialInRig(t, rig, side, codec, target, unprocessed...)
}

func answerInRig(t *testing.T, rig *lab.SoundRig, side, codec string, flags ...string) string {
	port := lab.FreePort(t)
	startInRig(t, rig, side, codec, append(append([]string{"answer"}, flags...), lab.Direct("b", fmt.Sprint(port))...))
	lab.AwaitPort(t, "udp", port)
	return fmt.Sprintf("sip:b@%s:%d", lab.IP, port)
}

func dialInRig(t *testing.T, rig *lab.SoundRig, side, codec, target string, flags ...string) {
	startInRig(t, rig, side, codec, append(append([]string{"call", target}, flags...), lab.Direct("a", "0")...)).AwaitState(0, "confirmed")
}

func startInRig(t *testing.T, rig *lab.SoundRig, side, codec string, args []string) *lab.Offhook {
	return lab.StartOffhookWith(t, []func(*exec.Cmd){rig.Env()}, append(args, offhook{}.args(side, codec)...)...)
}

func (baresip) name() string { return "baresip" }

func (baresip) answer(t *testing.T, rig *lab.SoundRig, side, codec string) string {
	uri, _ := lab.StartBaresipInRig(t, rig, side, baresipCodecs[codec])
	return uri
}

func (baresip) dial(t *testing.T, rig *lab.SoundRig, side, codec, target string) {
	_, p := lab.StartBaresipInRig(t, rig, side, baresipCodecs[codec], "-e", "/dial "+target)
	p.Await("(?i)call established|established:", 0)
}
