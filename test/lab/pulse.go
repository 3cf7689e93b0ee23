package lab

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Pulse is a private PulseAudio with two null sinks: what is played into "mic"
// is heard by the phone's microphone, what the phone plays arrives in "spk".
type Pulse struct {
	*Process
	t   testing.TB
	env []string
	dir string
}

const asound = `pcm.!default { type asym playback.pcm "spk" capture.pcm "micmon" }
ctl.!default { type null }
pcm.spk { type pulse server "unix:%[1]s" device "spk" hint { show on description "spk" } }
pcm.micmon { type pulse server "unix:%[1]s" device "mic.monitor" hint { show on description "mic" } }
`

// StartPulse starts one and waits until it answers.
func StartPulse(t testing.TB) *Pulse {
	t.Helper()
	Need(t, "pulseaudio", "pactl", "parec", "paplay")
	dir := t.TempDir()
	socket := filepath.Join(dir, "native")
	conf := filepath.Join(dir, "asound.conf")
	if err := os.WriteFile(conf, fmt.Appendf(nil, asound, socket), 0o600); err != nil {
		t.Fatal(err)
	}
	p := &Pulse{t: t, dir: dir, env: []string{
		"HOME=" + dir, "XDG_RUNTIME_DIR=" + dir, "PULSE_RUNTIME_PATH=" + dir, "PULSE_STATE_PATH=" + dir, "PULSE_CONFIG_PATH=" + dir,
		"PULSE_SERVER=unix:" + socket, "ALSA_CONFIG_PATH=" + conf,
	}}
	p.Process = Run(t, "pulseaudio", []string{
		// Without norewinds a null sink stalls for 1.6 s at its start.
		"-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "--realtime=no", "--high-priority=no", "--log-target=stderr", "--log-level=info",
		"-L", "module-null-sink sink_name=spk rate=48000 norewinds=1",
		"-L", "module-null-sink sink_name=mic rate=48000 norewinds=1",
		"-L", "module-native-protocol-unix auth-anonymous=1 socket=" + socket,
	}, Env(p.env...))
	p.Await("(?i)startup complete", 0)
	return p
}

// Env makes a process use this sound server through ALSA and PortAudio.
func (p *Pulse) Env() func(*exec.Cmd) { return Env(p.env...) }

// PlayToMic plays a WAV into the phone's microphone; the process ends when it was played.
func (p *Pulse) PlayToMic(path string) *Process {
	return Run(p.t, "paplay", []string{"--device=mic", "--latency-msec=20", path}, p.Env())
}

// RecordEar records what the phone plays, until the returned function ends it
// and gives the samples at 8 kHz.
func (p *Pulse) RecordEar() func() []float64 {
	raw := filepath.Join(p.dir, "ear.wav")
	rec := Run(p.t, "parec", []string{"-d", "spk.monitor", "--rate=8000", "--channels=1", "--format=s16le", "--latency-msec=20", "--file-format=wav", raw}, p.Env())
	return func() []float64 {
		rec.Stop()
		return ReadWAV(p.t, raw, 0)
	}
}

// Devices is the list of sinks, for a failing test's log.
func (p *Pulse) Devices() string {
	cmd := exec.Command("pactl", "list", "short", "sinks")
	p.Env()(cmd)
	out, _ := cmd.CombinedOutput()
	return strings.TrimSpace(string(out))
}
