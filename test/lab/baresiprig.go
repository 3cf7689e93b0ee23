package lab

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// StartBaresipInRig starts a baresip with the settings that it writes for itself,
// besides addresses, codecs and the devices of one side of the rig. It answers by
// itself; it returns where.
func StartBaresipInRig(t testing.TB, rig *SoundRig, side, codecs string, args ...string) (uri string, p *Process) {
	t.Helper()
	return StartBaresipAt(t, Place{}, rig, side, codecs, args...)
}

// StartBaresipAt is StartBaresipInRig, in a place.
func StartBaresipAt(t testing.TB, place Place, rig *SoundRig, side, codecs string, args ...string) (uri string, p *Process) {
	t.Helper()
	Need(t, "baresip")
	dir, port, rtp := t.TempDir(), FreePort(t), Ports(t, RTPPorts)
	modules := ""
	for _, m := range []string{"g711", "opus", "alsa", "account", "menu", "contact", "stdio"} {
		modules += "module " + m + ".so\n"
	}
	cfg := fmt.Sprintf(`poll_method epoll
sip_listen %[1]s:%[2]d
call_local_timeout 120
call_max_calls 4
audio_player alsa,%[3]s
audio_source alsa,%[3]smic
audio_alert alsa,%[3]s
audio_buffer 20-160
rtp_tos 184
rtcp_mux no
jitter_buffer_delay 5-10
rtp_stats no
rtp_ports %[4]d-%[5]d
module_path %[6]s
%[7]sopus_bitrate 28000
`, place.IP(), port, side, rtp, rtp+RTPPorts-2, baresipModules(t), modules)
	account := fmt.Sprintf("<sip:%[1]s@%[2]s:%[3]d;transport=udp>;regint=0;answermode=auto;audio_codecs=%[4]s\n", side, place.IP(), port, codecs)
	for name, text := range map[string]string{"config": cfg, "accounts": account, "contacts": "\n", "uuid": ""} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p = place.Run(t, "baresip", append([]string{"-f", dir, "-v"}, args...), rig.Env(), Env("HOME="+dir))
	p.Await("baresip is ready", 0)
	return fmt.Sprintf("sip:%s@%s:%d", side, place.IP(), port), p
}
