package lab

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// SoundRig is two phones' microphones and speakers on the clock of one sound server,
// so that what went into one phone and came out of the other can be compared to a
// fraction of a millisecond:
//
//	one null sink:  channel 1  A's microphone  <- what the tester plays
//	                channel 2  A's speaker     <- phone A
//	                channel 3  B's microphone  <- what the tester plays
//	                channel 4  B's speaker     <- phone B
//	its monitor:    the phones' microphones, and the recording of all four
//
// The devices are called A, Amic, B and Bmic, in ALSA and thus in PortAudio.
type SoundRig struct {
	*Process
	t      testing.TB
	env    []string
	dir    string
	keeper *Process
}

// Channels of a recording of the rig.
const (
	MicA = iota
	SpeakerA
	MicB
	SpeakerB
	rigChannels
)

const rigServer = `load-module module-native-protocol-unix auth-anonymous=1 socket=%[1]s
load-module module-null-sink sink_name=lab rate=48000 format=s16le channels=4 channel_map=aux0,aux1,aux2,aux3 norewinds=1
load-module module-remap-sink sink_name=A_inject master=lab channels=1 channel_map=mono master_channel_map=aux0 remix=no
load-module module-remap-sink sink_name=B_inject master=lab channels=1 channel_map=mono master_channel_map=aux2 remix=no
load-module module-remap-sink sink_name=A_spk master=lab channels=1 channel_map=mono master_channel_map=aux1 remix=no
load-module module-remap-sink sink_name=B_spk master=lab channels=1 channel_map=mono master_channel_map=aux3 remix=no
load-module module-remap-source source_name=A_mic master=lab.monitor channels=1 channel_map=mono master_channel_map=aux0 remix=no
load-module module-remap-source source_name=B_mic master=lab.monitor channels=1 channel_map=mono master_channel_map=aux2 remix=no
set-default-sink A_spk
set-default-source A_mic
`

const rigALSA = `pcm.!default { type asym playback.pcm "A" capture.pcm "Amic" }
ctl.!default { type null }
pcm.A { type pulse server "unix:%[1]s" device "A_spk" hint { show on description "lab A" } }
pcm.Amic { type pulse server "unix:%[1]s" device "A_mic" hint { show on description "lab Amic" } }
pcm.B { type pulse server "unix:%[1]s" device "B_spk" hint { show on description "lab B" } }
pcm.Bmic { type pulse server "unix:%[1]s" device "B_mic" hint { show on description "lab Bmic" } }
`

// StartSoundRig starts one and waits until it answers.
func StartSoundRig(t testing.TB) *SoundRig {
	t.Helper()
	Need(t, "pulseaudio", "parec", "paplay", "pactl")
	r := &SoundRig{t: t, dir: t.TempDir()}
	socket, alsa, server := filepath.Join(r.dir, "native"), filepath.Join(r.dir, "asound.conf"), filepath.Join(r.dir, "rig.pa")
	for path, text := range map[string]string{alsa: rigALSA, server: rigServer} {
		if err := os.WriteFile(path, fmt.Appendf(nil, text, socket), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r.env = []string{
		"HOME=" + r.dir, "XDG_RUNTIME_DIR=" + r.dir, "PULSE_RUNTIME_PATH=" + r.dir, "PULSE_STATE_PATH=" + r.dir, "PULSE_CONFIG_PATH=" + r.dir,
		"PULSE_SERVER=unix:" + socket, "ALSA_CONFIG_PATH=" + alsa,
	}
	r.Boot()
	return r
}

// Boot starts the server, also after Kill, as a sound server that comes back.
func (r *SoundRig) Boot() {
	r.t.Helper()
	_ = os.Remove(filepath.Join(r.dir, "native"))
	r.Process = Run(r.t, "pulseaudio", []string{"-n", "-F", filepath.Join(r.dir, "rig.pa"), "--daemonize=no", "--exit-idle-time=-1",
		"--use-pid-file=no", "--realtime=no", "--high-priority=no", "--log-target=stderr", "--log-level=info"}, r.Env())
	r.Await("(?i)startup complete", 0)
	// Without a reader that wants little latency a null sink renders 2 s ahead, and
	// whatever starts to play is heard that much later.
	r.keeper = Run(r.t, "sh", []string{"-c", "exec parec --raw -d lab.monitor --channels=4 --channel-map=aux0,aux1,aux2,aux3 --rate=48000 --latency-msec=5 >/dev/null"}, r.Env())
}

// Env makes a process use this sound server, through ALSA, PortAudio or directly.
func (r *SoundRig) Env() func(*exec.Cmd) { return Env(r.env...) }

// Inject plays a WAV into a phone's microphone, "A" or "B"; the process ends when it was played.
func (r *SoundRig) Inject(phone, path string) *Process {
	return Run(r.t, "paplay", []string{"--device=" + phone + "_inject", "--latency-msec=20", path}, r.Env())
}

// Control runs pactl, as to unload a module.
func (r *SoundRig) Control(args ...string) string {
	r.t.Helper()
	cmd := exec.Command("pactl", args...)
	r.Env()(cmd)
	out, err := cmd.CombinedOutput()
	if err != nil {
		r.t.Fatalf("pactl %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// rigRate is that of recordings as they are returned; the rig runs at 48 kHz.
const rigRate = 8000

// Record records all channels until the returned function ends it and gives them,
// as samples of -1 to 1 at 8 kHz.
func (r *SoundRig) Record() func() [rigChannels][]float64 {
	r.t.Helper()
	f, err := os.CreateTemp(r.dir, "*.raw")
	if err != nil {
		r.t.Fatal(err)
	}
	f.Close()
	// A shell, so that this process has no pipe to be slow at.
	rec := Run(r.t, "sh", []string{"-c", `exec parec --raw -d lab.monitor --rate=48000 --channels=4 --channel-map=aux0,aux1,aux2,aux3 --format=s16le --latency-msec=50 >"$0"`, f.Name()}, r.Env())
	return func() (out [rigChannels][]float64) {
		rec.Stop()
		b, err := os.ReadFile(f.Name())
		if err != nil {
			r.t.Fatal(err)
		}
		const fold = 48000 / rigRate
		for at := 0; at+2*rigChannels*fold <= len(b); at += 2 * rigChannels * fold {
			for c := range rigChannels {
				sum := 0.0
				for i := range fold {
					sum += float64(int16(binary.LittleEndian.Uint16(b[at+2*(i*rigChannels+c):])))
				}
				out[c] = append(out[c], sum/fold/32768)
			}
		}
		return out
	}
}

// A chirp is 50 ms of a rising tone: it survives every codec, and its matched filter
// finds it to a fraction of a millisecond.
const (
	chirpTime   = 50 * time.Millisecond
	chirpFrom   = 400.0
	chirpTo     = 3000.0
	chirpLevel  = 0.5
	chirpApart  = 500 * time.Millisecond
	chirpFirst  = time.Second
	chirpEnding = 1500 * time.Millisecond
)

// chirp is a chirp, with its quadrature, at a rate.
func chirp(rate int) (wave, quad []float64) {
	n := int(chirpTime * time.Duration(rate) / time.Second)
	k := (chirpTo - chirpFrom) / chirpTime.Seconds()
	for i := range n {
		t := float64(i) / float64(rate)
		w := chirpLevel * (0.5 - 0.5*math.Cos(2*math.Pi*float64(i)/float64(n-1)))
		sin, cos := math.Sincos(2 * math.Pi * (chirpFrom*t + k*t*t/2))
		wave, quad = append(wave, w*sin), append(quad, w*cos)
	}
	return wave, quad
}

// Chirps writes a WAV of n chirps at 48 kHz and returns its path. They are some half
// a second apart, never quite the same, so that they fall anywhere in a packet.
func Chirps(t testing.TB, n int) string {
	t.Helper()
	const rate = 48000
	wave, _ := chirp(rate)
	pcm := make([]int16, int((chirpFirst+time.Duration(n)*chirpApart+chirpEnding)*rate/time.Second))
	at := int(chirpFirst * rate / time.Second)
	for i := range n {
		for j, v := range wave {
			pcm[at+j] = int16(v * 32767)
		}
		at += int(chirpApart*rate/time.Second) + i*397%1249 - 624 // up to 13 ms either way
	}
	return WriteWAV(t, filepath.Join(t.TempDir(), "chirps.wav"), rate, pcm)
}

// FindChirps are the times, in seconds, at which chirps begin in a recording.
func FindChirps(x []float64) (at []float64) {
	wave, quad := chirp(rigRate)
	if len(x) < len(wave) {
		return nil
	}
	env := make([]float64, len(x)-len(wave))
	most := 0.0
	for i := range env {
		var a, b float64
		for j, w := range wave {
			a += x[i+j] * w
			b += x[i+j] * quad[j]
		}
		env[i] = math.Hypot(a, b)
		most = max(most, env[i])
	}
	energy := 0.0
	for _, w := range wave {
		energy += w * w
	}
	if most < 0.01*energy {
		return nil // only noise
	}
	for i := 0; i < len(env); i++ {
		if env[i] < 0.35*most {
			continue
		}
		end := min(i+int(chirpApart*rigRate/time.Second)*3/4, len(env))
		peak := i
		for j := i; j < end; j++ {
			if env[j] > env[peak] {
				peak = j
			}
		}
		off := 0.0
		if peak > 0 && peak+1 < len(env) {
			l, m, h := env[peak-1], env[peak], env[peak+1]
			if d := l - 2*m + h; d != 0 {
				off = 0.5 * (l - h) / d
			}
		}
		at = append(at, (float64(peak)+off)/rigRate)
		i = end
	}
	return at
}

// Latencies pairs each chirp that went in with the first that came out after it, and
// returns the differences, sorted. What didn't come within half the distance of two
// chirps was lost.
func Latencies(in, out []float64) (took []time.Duration) {
	for _, s := range in {
		for _, d := range out {
			if d >= s && d-s < chirpApart.Seconds()*0.95 {
				took = append(took, time.Duration((d-s)*float64(time.Second)))
				break
			}
		}
	}
	slices.Sort(took)
	return took
}
