package peers

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"offhook/test/lab"
)

// TestTUIPadlock calls our exchange's echo in each of the ways that differ in who could listen,
// and looks at what the padlock says of it, at each size.
func TestTUIPadlock(t *testing.T) {
	lab.Need(t, "tmux")
	certs := lab.NewCerts(t)
	cert := certs.Server("exchange")
	dir := t.TempDir()
	users, password := filepath.Join(dir, "users"), filepath.Join(dir, "alice")
	for file, text := range map[string]string{users: "alice:pw-alice\n", password: "pw-alice\n"} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	x := lab.StartOffhook(t, "pbx", "--json", "--listen", lab.IP+":"+itoa(lab.FreePort(t)), "--users", users, "--tls-cert", cert.File, "--tls-key", cert.Key)
	up, _ := x.AwaitName(0, "listening")
	at, _, _ := strings.Cut(strings.TrimPrefix(up.Str("uri"), "sip:"), ";")
	secureAt, _, _ := strings.Cut(strings.TrimPrefix(up.Str("tls_uri"), "sip:"), ";")
	for _, c := range []struct {
		name, at    string
		args        []string
		lock, words string
		warning     string
	}{
		{"DTLS over TLS", secureAt, []string{"--transport", "tls", "--tls-ca", certs.CA, "--srtp", "dtls"}, "◆", `encrypted.* servers vouch`, ""},
		{"SDES over TLS", secureAt, []string{"--transport", "tls", "--tls-ca", certs.CA, "--srtp", "required"}, "◆", `encrypted.* servers know`, ""},
		{"DTLS over UDP", at, []string{"--transport", "udp", "--srtp", "dtls"}, "◈", `encrypted.* nobody vouches`, ""},
		{"SDES over UDP", at, []string{"--transport", "udp", "--srtp", "required"}, "◈", `keys went in the clear`, `can hear the call`},
		{"insecure", secureAt, []string{"--transport", "tls", "--insecure", "--srtp", "required"}, "◈", `(server has proved nothing|keys went to unproved server)`, `can hear the call`},
		{"in the clear", at, []string{"--transport", "udp", "--srtp", "off"}, "◇", `not encrypted`, ""},
	} {
		for _, size := range sizes {
			t.Run(c.name+", "+lab.Size(size[0], size[1]), func(t *testing.T) {
				u := startTUI(t, size[0], size[1], append([]string{
					"--aor", "sip:alice@" + c.at, "--password-file", password, "--listen", lab.IP + ":0", "--audio-in", "tone:440", "--audio-out", "null",
				}, c.args...)...)
				u.sees(`alice@\S+ regist`)
				u.Type("echo")
				u.Key("Enter")
				u.sees(`▸ → ` + c.lock + ` echo`)
				s := u.sees(c.lock + ` [^◆◈◇│]*` + c.words)
				if c.warning != "" {
					s = u.sees(c.warning)
				}
				if insecure := strings.Contains(s, "INSECURE"); insecure != (c.name == "insecure") {
					t.Errorf("INSECURE is on the screen: %v\n%s", insecure, s)
				}
				u.Type("x")
				u.sees(`You hung up`)
				u.quits()
			})
		}
	}
}
