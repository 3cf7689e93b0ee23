package peers

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"offhook/test/lab"
)

// TestKeyring keeps a password in the desktop's keyring: it registers by it, takes another one
// when that changes, and it is gone with its account. No file has it.
func TestKeyring(t *testing.T) {
	lab.Need(t, "kamailio")
	t.Parallel()
	bus := lab.StartKeyring(t)
	k := lab.StartKamailio(t, "SHA-256")
	home := t.TempDir()
	config := filepath.Join(home, "config.toml")
	run := func(stdin string, code int, args ...string) string {
		t.Helper()
		o := lab.StartOffhookWith(t, []func(*exec.Cmd){lab.Env(append(bus, "HOME="+home)...), func(c *exec.Cmd) { c.Stdin = strings.NewReader(stdin) }},
			append([]string{"--config", config}, args...)...)
		if got := o.Wait(); got != code {
			t.Fatalf("%v: exit code %d, want %d:\n%s", args, got, code, o.Output())
		}
		return o.Output()
	}
	run("not the password\n", 0, "account", "add", "work", "--aor", k.AOR("alice"), "--listen", lab.IP+":0", "--password-keyring")
	run("", 7, "register", "--once", "--json")
	run("pw-alice\n", 0, "account", "password", "work")
	run("", 0, "register", "--once", "--json")
	if found := grep(t, home, "pw-alice"); len(found) > 0 {
		t.Errorf("the password is in %v", found)
	}
	// Out of the keyring, into a file, and back.
	run("pw-alice\n", 0, "account", "password", "work", "--file")
	run("", 0, "register", "--once", "--json")
	if found := grep(t, home, "pw-alice"); len(found) != 1 || filepath.Base(found[0]) != "work.password" {
		t.Errorf("the password is in %v", found)
	}
	run("pw-alice\n", 0, "account", "password", "work", "--keyring")
	if found := grep(t, home, "pw-alice"); len(found) > 0 {
		t.Errorf("the password is in %v", found)
	}
	run("", 0, "account", "remove", "work")
	config = lab.Config(t, fmt.Sprintf("[[account]]\nname = \"work\"\naor = %q\npassword_keyring = true\n", k.AOR("alice")))
	if out := run("", 3, "register", "--once"); !strings.Contains(out, `it has no password for service "offhook", user "work"`) {
		t.Error(out)
	}
}
