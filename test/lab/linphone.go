package lab

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
)

// Linphone is a running linphonec, with the settings that it comes with besides
// addresses, codec and devices, and without its echo canceller: the rig has no echo.
type Linphone struct {
	*Process
	URI string
	in  *os.File
}

const linphoneConfig = `[sip]
sip_port=%[2]d
sip_tcp_port=0
sip_tls_port=0
contact=sip:%[1]s@%[3]s
guess_hostname=0
default_proxy=-1
[rtp]
audio_rtp_port=%[4]d
[net]
mtu=1300
[sound]
echocancellation=0
playback_dev_id=%[5]s
capture_dev_id=%[5]s
ringer_dev_id=%[5]s
[audio_codec_0]
mime=PCMU
rate=8000
enabled=1
`

// The codecs that it would add by itself.
var linphoneOff = []string{"opus/48000", "speex/16000", "speex/8000", "speex/32000", "PCMA/8000", "GSM/8000", "G722/8000", "G729/8000"}

// StartLinphoneAt starts one in a place, on one side of a rig, with PCMU alone. It
// answers by itself.
func StartLinphoneAt(t testing.TB, place Place, rig *SoundRig, side string, args ...string) *Linphone {
	t.Helper()
	Need(t, "linphonec")
	dir, port := t.TempDir(), FreePort(t)
	text := fmt.Sprintf(linphoneConfig, side, port, place.IP(), Ports(t, 2), "ALSA Unknown: default")
	for i, c := range linphoneOff {
		name, rate := filepath.Split(c)
		text += fmt.Sprintf("[audio_codec_%d]\nmime=%s\nrate=%s\nenabled=0\n", i+1, name[:len(name)-1], rate)
	}
	// Without this folder for its database it never opens its port.
	if err := os.MkdirAll(filepath.Join(dir, ".local", "share", "linphone"), 0o700); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "linphonerc")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	// It ends with its input, and knows one sound card, ALSA's default: the side's.
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	p := place.Run(t, "linphonec", append([]string{"-c", file, "-a"}, args...), rig.Env(), rig.Default(side), Env("HOME="+dir), func(c *exec.Cmd) { c.Stdin = r })
	r.Close()
	p.Await("Warning: video is disabled", 0)
	// Its port opens once it has noticed the network.
	awaitPort(t, strconv.Itoa(p.Pid()), "udp", port)
	return &Linphone{Process: p, URI: fmt.Sprintf("sip:%s@%s:%d", side, place.IP(), port), in: w}
}

// Command types a line.
func (l *Linphone) Command(line string) {
	l.t.Helper()
	if _, err := fmt.Fprintln(l.in, line); err != nil {
		l.t.Fatalf("linphonec: %v", err)
	}
}

// Default makes a process that knows no other sound card use one side of the rig.
func (r *SoundRig) Default(side string) func(*exec.Cmd) {
	file := filepath.Join(r.dir, "default"+side+".conf")
	text := fmt.Sprintf(`pcm.!default { type asym playback.pcm "out" capture.pcm "in" }
ctl.!default { type null }
pcm.out { type pulse server "unix:%[1]s" device "%[2]s_spk" }
pcm.in { type pulse server "unix:%[1]s" device "%[2]s_mic" }
`, filepath.Join(r.dir, "native"), side)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		r.t.Fatal(err)
	}
	return Env("ALSA_CONFIG_PATH=" + file)
}
