package lab

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// StartKeyring starts a desktop's keyring on a session bus of its own, unlocked, and gives the
// environment in which programs find it.
func StartKeyring(t testing.TB) []string {
	t.Helper()
	Need(t, "dbus-daemon", "dbus-send", "gnome-keyring-daemon")
	dir := t.TempDir()
	socket := filepath.Join(dir, "bus")
	env := []string{"DBUS_SESSION_BUS_ADDRESS=unix:path=" + socket, "HOME=" + dir, "XDG_DATA_HOME=" + filepath.Join(dir, "data"), "XDG_RUNTIME_DIR=" + dir}
	// Nothing may be started by its name: the keyring of this test alone is to answer.
	config := filepath.Join(dir, "bus.conf")
	text := `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:path=` + socket + `</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	bus := Run(t, "dbus-daemon", []string{"--config-file=" + config, "--nofork", "--print-address"}, Env(env...))
	bus.Await(`^unix:path=`, 0)
	Run(t, "gnome-keyring-daemon", []string{"--foreground", "--unlock", "--components=secrets"}, Env(env...),
		func(c *exec.Cmd) { c.Stdin = strings.NewReader("unlocks the keyring") })
	awaitBusName(t, env, "org.freedesktop.secrets")
	return env[:1]
}

// awaitBusName waits until somebody on a session bus has a name. The keyring says nothing of itself.
func awaitBusName(t testing.TB, env []string, name string) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-tick.C {
		ask := exec.Command("dbus-send", "--session", "--print-reply", "--dest=org.freedesktop.DBus", "/", "org.freedesktop.DBus.NameHasOwner", "string:"+name)
		Env(env...)(ask)
		if out, err := ask.Output(); err == nil && strings.Contains(string(out), "boolean true") {
			return
		}
	}
	t.Fatalf("nobody on the bus is %s", name)
}
