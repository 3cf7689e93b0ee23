package peers

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"offhook/test/lab"
)

// TestRegister registers and de-registers with kamailio over each transport and digest.
func TestRegister(t *testing.T) {
	for _, c := range []struct{ transport, algorithm string }{{"udp", "MD5"}, {"tcp", "MD5"}, {"udp", "SHA-256"}} {
		t.Run(c.transport+" "+c.algorithm, func(t *testing.T) {
			t.Parallel()
			k := lab.StartKamailio(t, c.algorithm)
			o := lab.StartOffhook(t, append([]string{"register", "--json", "--transport", c.transport}, lab.Account(t, k, "carol")...)...)
			e, at := o.AwaitName(0, "registered")
			if n := e.Num("expires_s"); n < 100 || n > 600 {
				t.Errorf("registered for %v s", n)
			}
			o.Signal(syscall.SIGINT)
			o.AwaitName(at, "unregistered")
			if code := o.Wait(); code != 130 {
				t.Errorf("exit code %d, want 130", code)
			}
		})
	}
}

// TestExitCodes shows how a call that fails in the field ends the program.
func TestExitCodes(t *testing.T) {
	lab.Need(t, "kamailio")
	k := lab.StartKamailio(t, "MD5")
	wrong := filepath.Join(t.TempDir(), "wrong")
	if err := os.WriteFile(wrong, []byte("not the password\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	account := func(user string) []string { return lab.Account(t, k, user) }
	for _, c := range []struct {
		name string
		args []string
		code int
		sip  float64
	}{
		{"busy", append([]string{"call", k.URI("code486")}, account("alice")...), 4, 486},
		{"not found", append([]string{"call", k.URI("nobody")}, account("alice")...), 4, 404},
		{"declined", append([]string{"call", k.URI("code603")}, account("alice")...), 4, 603},
		{"nobody answers", append([]string{"call", k.URI("ringforever"), "--ring-timeout", "1s"}, account("alice")...), 5, 0},
		{"no way there", append([]string{"call", fmt.Sprintf("sip:x@%s:%d;transport=tcp", lab.IP, lab.FreePort(t))}, account("alice")...), 6, 0},
		{"wrong password", []string{"call", k.URI("code486"), "--aor", k.AOR("alice"), "--password-file", wrong, "--listen", lab.IP + ":0"}, 7, 0},
		{"wrong password at the registrar", []string{"register", "--aor", k.AOR("alice"), "--password-file", wrong, "--listen", lab.IP + ":0"}, 7, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := lab.StartOffhook(t, append(c.args, "--json")...)
			if code := o.Wait(); code != c.code {
				t.Errorf("exit code %d, want %d:\n%s", code, c.code, o.Output())
			}
			if c.sip != 0 {
				if e, _ := o.AwaitName(0, "call_ended"); e.Num("code") != c.sip {
					t.Errorf("call_ended has code %v, want %v", e.Num("code"), c.sip)
				}
			}
		})
	}
}
