package bench

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"offhook/audio/impair"
	"offhook/internal/nsim"
	"offhook/test/lab"
)

// talker is a phone that calls another of its kind in the sound rig, across a wire.
type talker interface {
	name() string
	// answerAt starts it waiting for calls in a place, on side B, and returns where.
	answerAt(t *testing.T, place lab.Place, rig *lab.SoundRig) string
	// dial starts it calling from the lab.
	dial(t *testing.T, rig *lab.SoundRig, side, codec, target string)
}

// condition is a way for a network to be bad.
type condition struct {
	name string
	wire lab.WireSpec
}

func conditions(t *testing.T) []condition {
	var all []condition
	for _, c := range []struct{ name, spec string }{
		{"clean", ""},
		{"loss of 1 %", "loss=1%"},
		{"loss of 3 %", "loss=3%"},
		{"loss of 5 %", "loss=5%"},
		{"loss of 10 %", "loss=10%"},
		{"loss of 20 %", "loss=20%"},
		{"loss of 5 % in bursts of 3", "loss=5%,burst=3"},
		{"jitter of 20 ms", "jitter=20ms"},
		{"jitter of 40 ms", "jitter=40ms"},
		{"jitter of 60 ms", "jitter=60ms"},
		{"jitter of 100 ms", "jitter=100ms"},
		{"spikes of 150 ms, 1 % of packets", "spike=1%,spike-by=150ms"},
	} {
		spec, err := impair.Parse(c.spec)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, condition{c.name, lab.WireSpec{Spec: spec}})
	}
	return append(all, condition{"sender 100 ppm slow", lab.WireSpec{Drift: 100}}, condition{"sender 100 ppm fast", lab.WireSpec{Drift: -100}})
}

// heard is what came of one call.
type heard struct{ similarity, delay, spread, judged float64 }

// TestQuality prints the table of speech quality in docs/performance.md: speech goes
// into A's microphone, through a bad network, and out of B's speaker, where it is
// compared with what was said. All phones meet the same seeds.
func TestQuality(t *testing.T) {
	if os.Getenv("OFFHOOK_BENCH") == "" {
		t.Skip("a measurement, not a test: run `make bench`")
	}
	const seeds = 3
	phones := []talker{offhook{}, baresip{}, linphone{}}
	all := conditions(t)
	var mu sync.Mutex
	got := map[string][]heard{} // guarded by mu
	t.Run("calls", func(t *testing.T) {
		for _, c := range all {
			for seed := range seeds {
				for _, p := range phones {
					t.Run(fmt.Sprintf("%s/%s/%d", c.name, p.name(), seed), func(t *testing.T) {
						t.Parallel()
						h := talk(t, p, c, seed)
						mu.Lock()
						defer mu.Unlock()
						key := c.name + p.name()
						got[key] = append(got[key], h)
					})
				}
			}
		}
	})
	var s strings.Builder
	fmt.Fprint(&s, "\n| network |")
	for _, p := range phones {
		fmt.Fprintf(&s, " %s |", p.name())
	}
	fmt.Fprintf(&s, "\n|---|%s\n", strings.Repeat("---|", len(phones)))
	for _, c := range all {
		fmt.Fprintf(&s, "| %s |", c.name)
		for _, p := range phones {
			fmt.Fprintf(&s, " %s |", cell(got[c.name+p.name()]))
		}
		fmt.Fprintln(&s)
	}
	fmt.Println(s.String())
}

// cell is the medians of some calls.
func cell(calls []heard) string {
	if len(calls) == 0 {
		return "-"
	}
	of := func(pick func(heard) float64) float64 {
		var x []float64
		for _, h := range calls {
			x = append(x, pick(h))
		}
		return median(x)
	}
	text := fmt.Sprintf("%.3f, %.0f ms", of(func(h heard) float64 { return h.similarity }), of(func(h heard) float64 { return h.delay }))
	if j := of(func(h heard) float64 { return h.judged }); j != 0 {
		text += fmt.Sprintf(" (%.2f)", j)
	}
	return text
}

func talk(t *testing.T, p talker, c condition, seed int) heard {
	t.Helper()
	c.wire.Seed = uint64(seed + 1)
	wire := lab.StartWire(t, c.wire)
	rig := lab.StartSoundRig(t)
	p.dial(t, rig, "A", "pcmu", p.answerAt(t, wire.There(), rig))
	<-time.After(3 * time.Second) // until the buffers know the network
	done := rig.Record()
	rig.Inject("A", lab.Passage(t, seed, 48000)).Wait()
	<-time.After(600 * time.Millisecond) // until the last of it was heard
	rec := done()
	said, ear := pcm(rec[lab.MicA]), pcm(rec[lab.SpeakerB])
	score, err := nsim.Compare(said, ear, 8000, nsim.Narrow)
	if err != nil {
		t.Fatal(err)
	}
	h := heard{score.Similarity, ms(score.Delay - c.wire.Own()), ms(score.Spread()), judge(t, said, ear)}
	lost, of := wire.Lost()
	var worst strings.Builder
	for _, w := range score.Worst(3) {
		fmt.Fprintf(&worst, " %.1fs %.2f", w.At.Seconds(), w.Similarity)
	}
	t.Logf("similarity %.4f, delay %.0f ms, spread %.0f ms, judged %.2f; %d of %d lost; worst:%s", h.similarity, h.delay, h.spread, h.judged, lost, of, worst.String())
	keep(t, "_said.wav", func(path string) { lab.WriteWAV(t, path, 8000, said) })
	keep(t, "_heard.wav", func(path string) { lab.WriteWAV(t, path, 8000, ear) })
	return h
}

// keep writes a file of a call into the folder $OFFHOOK_BENCH_KEEP, if there is one:
// what was said and heard, to listen to, and the events of an offhook that answered.
func keep(t *testing.T, suffix string, write func(path string)) {
	if dir := os.Getenv("OFFHOOK_BENCH_KEEP"); dir != "" {
		write(filepath.Join(dir, strings.NewReplacer("/", "_", "%", "").Replace(t.Name())+suffix))
	}
}

func pcm(x []float64) []int16 {
	out := make([]int16, len(x))
	for i, v := range x {
		out[i] = int16(math.Round(max(-1, min(1, v)) * 32767))
	}
	return out
}

// judge asks another measure too, where one is installed: $OFFHOOK_BENCH_JUDGE is a
// command that is given two WAVs of 8 kHz, said and heard, and prints a number first.
func judge(t *testing.T, said, ear []int16) float64 {
	t.Helper()
	command := os.Getenv("OFFHOOK_BENCH_JUDGE")
	if command == "" {
		return 0
	}
	dir := t.TempDir()
	out, err := exec.Command(command, lab.WriteWAV(t, filepath.Join(dir, "said.wav"), 8000, said), lab.WriteWAV(t, filepath.Join(dir, "heard.wav"), 8000, ear)).Output()
	if err != nil {
		t.Fatalf("%s: %v", command, err)
	}
	var score float64
	if _, err := fmt.Sscan(string(out), &score); err != nil {
		t.Fatalf("%s printed no number first: %q", command, out)
	}
	return score
}

func (p offhook) answerAt(t *testing.T, place lab.Place, rig *lab.SoundRig) string {
	port := lab.FreePort(t)
	addr := fmt.Sprintf("%s:%d", place.IP(), port)
	args := append([]string{"answer"}, p.args("B", "pcmu")...)
	args = append(args, "--aor", "sip:b@"+place.IP(), "--no-register", "--listen", addr)
	keep(t, ".pcap", func(path string) { args = append(args, "--pcap", path) })
	o := place.StartOffhook(t, []func(*exec.Cmd){rig.Env()}, args...)
	o.AwaitName(0, "listening")
	t.Cleanup(func() {
		keep(t, ".log", func(path string) { o.Stop(); _ = os.WriteFile(path, []byte(o.Output()), 0o600) })
	})
	return "sip:b@" + addr
}

func (baresip) answerAt(t *testing.T, place lab.Place, rig *lab.SoundRig) string {
	uri, _ := lab.StartBaresipAt(t, place, rig, "B", baresipCodecs["pcmu"])
	return uri
}

// linphone is Debian's linphonec.
type linphone struct{}

func (linphone) name() string { return "linphone" }

func (linphone) answerAt(t *testing.T, place lab.Place, rig *lab.SoundRig) string {
	return lab.StartLinphoneAt(t, place, rig, "B").URI
}

func (linphone) dial(t *testing.T, rig *lab.SoundRig, side, _, target string) {
	l := lab.StartLinphoneAt(t, lab.Place{}, rig, side)
	l.Command("call " + target)
	l.Await("(?i)media streams established|call.*(connected|answered)", 0)
}
