package device

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"offhook/audio"
	"offhook/audio/soundfile"
	"offhook/codec/opus"
)

// pulse is a private PulseAudio with two null sinks. What is played into the sink mic
// is heard by the microphone micmon; what a phone plays on spk is heard on earmon.
type pulse struct{ env []string }

const asoundConf = `pcm.!default { type asym playback.pcm "spk" capture.pcm "micmon" }
ctl.!default { type null }
pcm.spk { type pulse server "unix:%[1]s" device "spk" hint { show on description "spk" } }
pcm.micmon { type pulse server "unix:%[1]s" device "mic.monitor" hint { show on description "mic" } }
pcm.earmon { type pulse server "unix:%[1]s" device "spk.monitor" hint { show on description "ear" } }
`

func startPulse(t *testing.T) *pulse {
	t.Helper()
	if os.Getenv("OFFHOOK_TEST_PULSE") == "" {
		t.Skip("set OFFHOOK_TEST_PULSE=1 to run against a private PulseAudio (Debian pulseaudio, pulseaudio-utils, libasound2-plugins)")
	}
	dir := t.TempDir()
	socket := filepath.Join(dir, "native")
	conf := filepath.Join(dir, "asound.conf")
	if err := os.WriteFile(conf, fmt.Appendf(nil, asoundConf, socket), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("ALSA_CONFIG_PATH", conf) // cgo passes it on to libasound
	p := &pulse{env: append(os.Environ(), "HOME="+dir, "XDG_RUNTIME_DIR="+dir, "PULSE_RUNTIME_PATH="+dir,
		"PULSE_STATE_PATH="+dir, "PULSE_CONFIG_PATH="+dir, "PULSE_SERVER=unix:"+socket)}
	cmd := p.command("pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "--realtime=no",
		"--high-priority=no", "--log-target=stderr", "--log-level=info",
		// Without norewinds a null sink stalls for 1.6 s at its start.
		"-L", "module-null-sink sink_name=spk rate=48000 norewinds=1",
		"-L", "module-null-sink sink_name=mic rate=48000 norewinds=1",
		"-L", "module-native-protocol-unix auth-anonymous=1 socket="+socket)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	up, done := make(chan struct{}), make(chan struct{})
	var log bytes.Buffer
	go func() {
		defer close(done)
		for sc := bufio.NewScanner(stderr); sc.Scan(); {
			log.WriteString(sc.Text() + "\n")
			if strings.Contains(strings.ToLower(sc.Text()), "startup complete") {
				close(up)
			}
		}
	}()
	t.Cleanup(func() {
		cmd.Process.Kill()
		<-done
		cmd.Wait()
	})
	select {
	case <-up:
	case <-done:
		t.Fatalf("PulseAudio ended: %s", log.String())
	case <-time.After(10 * time.Second):
		t.Fatal("PulseAudio didn't come up within 10 s")
	}
	return p
}

func (p *pulse) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Env = p.env
	return cmd
}

// start runs a tool until the test ends or stop is called.
func (p *pulse) start(t *testing.T, in io.Reader, out io.Writer, name string, args ...string) (stop func()) {
	t.Helper()
	cmd := p.command(name, args...)
	cmd.Stdin, cmd.Stdout = in, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stopped := false
	stop = func() {
		if !stopped {
			stopped = true
			cmd.Process.Kill()
			cmd.Wait()
		}
	}
	t.Cleanup(stop)
	return stop
}

// endless is raw 16-bit mono of a sine.
type endless struct{ src audio.Source }

func (e endless) Read(b []byte) (int, error) {
	pcm := make([]int16, len(b)/2)
	n, _ := e.src.Read(pcm)
	for i, v := range pcm[:n] {
		binary.LittleEndian.PutUint16(b[2*i:], uint16(v))
	}
	return 2 * n, nil
}

// amplitude of hz in pcm.
func amplitude(pcm []int16, rate int, hz float64) float64 {
	var re, im float64
	for i, v := range pcm {
		s, c := math.Sincos(2 * math.Pi * hz * float64(i) / float64(rate))
		re += float64(v) * c
		im += float64(v) * s
	}
	return 2 * math.Hypot(re, im) / float64(max(len(pcm), 1))
}

func TestPulseCapturesAndPlays(t *testing.T) {
	p := startPulse(t)
	st, err := New(Device{Name: "micmon"}, Device{Name: "spk"}).Open(t.Context(), 8000)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	if st.Rate() != 48000 || st.Period() != 2500*time.Microsecond {
		t.Fatalf("%d Hz, beat of %v", st.Rate(), st.Period())
	}
	p.start(t, endless{&sine{rate: 48000, hz: 440}}, nil, "pacat", "--raw", "--device=mic", "--rate=48000", "--channels=1", "--format=s16le", "--latency-msec=20")
	var heard bytes.Buffer
	stop := p.start(t, nil, &heard, "parec", "--raw", "--device=spk.monitor", "--rate=48000", "--channels=1", "--format=s16le", "--latency-msec=20")

	voice := &sine{rate: 48000, hz: 1000}
	buf := make([]int16, 4800)
	var mic []int16
	captured := 0
	start := time.Now()
	limit := time.After(15 * time.Second)
	ticks := 0
	for amplitude(mic, 48000, 440) < 3000 || ticks < 300 {
		select {
		case _, ok := <-st.Ticks():
			if !ok {
				t.Fatal("the stream ended")
			}
			ticks++
		case <-limit:
			t.Fatalf("after %d ticks the microphone has %.0f of the tone that was played into it", ticks, amplitude(mic, 48000, 440))
		}
		n, err := st.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		captured += n
		mic = append(mic, buf[:n]...)
		mic = mic[max(0, len(mic)-4800):] // the last 100 ms
		for st.Queued() < 960 {
			voice.Read(buf[:480])
			st.Write(buf[:480])
		}
	}
	elapsed := time.Since(start)
	stop()
	ear := make([]int16, heard.Len()/2)
	for i := range ear {
		ear[i] = int16(binary.LittleEndian.Uint16(heard.Bytes()[2*i:]))
	}
	best := 0.0
	for len(ear) >= 4800 {
		best = max(best, amplitude(ear[:4800], 48000, 1000))
		ear = ear[4800:]
	}
	if best < 3000 {
		t.Errorf("the speaker's monitor has %.0f of the tone that was written", best)
	}
	rate := float64(captured) / elapsed.Seconds()
	t.Logf("%d ticks in %v, %.0f samples/s captured, ear %.0f, stats %+v", ticks, elapsed, rate, best, st.Stats())
	if rate < 40000 || rate > 56000 {
		t.Errorf("%.0f samples/s were captured, want about 48000", rate)
	}
}

// TestPulseRoundTrip measures what the device layer adds: a click that is written
// comes back through the monitor of the speaker.
func TestPulseRoundTrip(t *testing.T) {
	startPulse(t)
	st, err := New(Device{Name: "earmon"}, Device{Name: "spk"}).Open(t.Context(), 48000)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	buf := make([]int16, 9600)
	click := make([]int16, 480)
	silent := make([]int16, 480)
	for i := range click {
		click[i] = int16(20000 * math.Sin(2*math.Pi*2000*float64(i)/48000))
	}
	var trips []time.Duration
	var sent time.Time
	limit := time.After(20 * time.Second)
	for ticks := 0; len(trips) < 5; ticks++ {
		select {
		case <-st.Ticks():
		case <-limit:
			t.Fatalf("%d clicks came back", len(trips))
		}
		n, _ := st.Read(buf)
		if !sent.IsZero() && peak(buf[:n]) > 10000 {
			trips = append(trips, time.Since(sent))
			sent = time.Time{}
			ticks = 0
		}
		for st.Queued() < 960 {
			if sent.IsZero() && ticks > 100 { // a second after the last
				sent = time.Now()
				st.Write(click)
				continue
			}
			st.Write(silent)
		}
	}
	t.Logf("round trips: %v; stats %+v", trips, st.Stats())
	for _, d := range trips {
		if d > 250*time.Millisecond {
			t.Errorf("a round trip took %v", d)
		}
	}
}

func peak(pcm []int16) int {
	p := 0
	for _, v := range pcm {
		p = max(p, int(v), -int(v))
	}
	return p
}

func TestPulseDevices(t *testing.T) {
	startPulse(t)
	list, err := List()
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]Info{}
	for _, i := range list {
		names[i.Name] = i
	}
	if i := names["default"]; !i.DefaultIn || !i.DefaultOut || i.In == 0 || i.Out == 0 || i.HostAPI != "ALSA" || len(i.Rates) == 0 {
		t.Errorf("default device: %+v of %+v", i, list)
	}
	_, err = New(Device{Name: "no such thing"}, Null{}).Open(t.Context(), 8000)
	if err == nil || !strings.Contains(err.Error(), `"micmon"`) {
		t.Errorf("a missing device: %v", err)
	}
	// Only one name has "CMO" in it, whatever the case.
	st, err := New(Device{Name: "CMO"}, Null{}).Open(t.Context(), 8000)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := <-st.Ticks(); !ok {
		t.Error("the stream has no clock")
	}
	if err := st.Close(); err != nil {
		t.Error(err)
	}
	if _, open := <-st.Ticks(); open {
		t.Error("ticks after Close")
	}
}

// TestPulseCall has a whole call on the sound server: the microphone is heard at the
// far end, the far end in the speaker, with few underruns.
func TestPulseCall(t *testing.T) {
	p := startPulse(t)
	near, err := audio.NewEngine(audio.EngineConfig{Backend: New(Device{Name: "micmon"}, Device{Name: "spk"})})
	if err != nil {
		t.Fatal(err)
	}
	defer near.Close()
	tone, err := Parse("tone:1000", "null")
	if err != nil {
		t.Fatal(err)
	}
	farEnd, err := audio.NewEngine(audio.EngineConfig{Backend: tone})
	if err != nil {
		t.Fatal(err)
	}
	defer farEnd.Close()
	p.start(t, endless{&sine{rate: 48000, hz: 440}}, nil, "pacat", "--raw", "--device=mic", "--rate=48000", "--channels=1", "--format=s16le", "--latency-msec=20")
	var heard bytes.Buffer
	stop := p.start(t, nil, &heard, "parec", "--raw", "--device=spk.monitor", "--rate=48000", "--channels=1", "--format=s16le", "--latency-msec=20")

	digits := make(chan audio.Event, 100)
	open := func(e *audio.Engine, on func(audio.Event)) *audio.Session {
		s, err := e.Open(t.Context(), audio.OpenOptions{Local: netip.MustParseAddr("127.0.0.1"), OnEvent: on})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	failed := make(chan error, 10)
	a := open(near, func(ev audio.Event) {
		if f, ok := ev.(audio.DeviceFailed); ok {
			failed <- f.Err
		}
	})
	b := open(farEnd, func(ev audio.Event) {
		if d, ok := ev.(audio.DigitReceived); ok {
			digits <- d
		}
	})
	params := func(to netip.AddrPort) audio.Params {
		f := audio.Format{PT: 96, Codec: opus.Codec{}}
		return audio.Params{Remote: to, Send: true, Receive: true, Encode: f, Decode: []audio.Format{f},
			EventSendPT: 101, EventRecvPT: 101, EventClock: 48000}
	}
	rec := filepath.Join(t.TempDir(), "far.wav")
	if err := b.Record(rec, audio.RecordOptions{}); err != nil {
		t.Fatal(err)
	}
	near.Focus(a)
	farEnd.Focus(b)
	a.Apply(params(b.LocalAddr()))
	b.Apply(params(a.LocalAddr()))
	// Thirty digits take five seconds of call, and show that the loop keeps time.
	const dialled = "012345678901234567890123456789"
	a.SendDTMF(dialled, audio.DTMFRFC4733)
	limit := time.After(20 * time.Second)
	for n := 0; n < len(dialled); {
		select {
		case <-digits:
			n++
		case err := <-failed:
			t.Fatal(err)
		case <-limit:
			t.Fatalf("%d digits of %d came; %+v", n, len(dialled), a.Stats())
		}
	}
	// Digits take the microphone's place: a second and a half of it alone follows.
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for want := b.Stats().PacketsReceived + 75; b.Stats().PacketsReceived < want; {
		select {
		case <-tick.C:
		case err := <-failed:
			t.Fatal(err)
		case <-limit:
			t.Fatalf("the sound stopped; %+v", a.Stats())
		}
	}
	st := a.Stats()
	stop()
	a.Close()
	b.Close()
	t.Logf("near: %+v", st)
	ear := make([]int16, heard.Len()/2)
	for i := range ear {
		ear[i] = int16(binary.LittleEndian.Uint16(heard.Bytes()[2*i:]))
	}
	if best := loudest(ear, 1000); best < 4000 {
		t.Errorf("the speaker has %.0f of the far end's tone", best)
	}
	w, err := soundfile.OpenWAV(rec)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	both := make([]int16, 2*48000*30)
	n, _ := w.ReadFrames(both)
	var right []int16
	for i := range n {
		right = append(right, both[2*i+1])
	}
	if best := loudest(right, 440); best < 4000 {
		t.Errorf("the far end's recording has %.0f of the microphone's tone", best)
	}
}

func loudest(pcm []int16, hz float64) (best float64) {
	for ; len(pcm) >= 4800; pcm = pcm[4800:] {
		best = max(best, amplitude(pcm[:4800], 48000, hz))
	}
	return best
}
