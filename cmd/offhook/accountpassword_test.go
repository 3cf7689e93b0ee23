package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestRelayPasswordMoves: the relays' password goes where --file says, beside the account's
// own, which stays.
func TestRelayPasswordMoves(t *testing.T) {
	dir := t.TempDir()
	env := map[string]string{"OFFHOOK_CONFIG": filepath.Join(dir, "config.toml"), "HOME": dir}
	run := func(line string, code exitCode, args ...string) string {
		t.Helper()
		path := filepath.Join(dir, "stdin")
		if err := os.WriteFile(path, []byte(line), 0o600); err != nil {
			t.Fatal(err)
		}
		in, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer in.Close()
		var out bytes.Buffer
		a := &app{stdin: in, stdout: &out, stderr: &out, getenv: func(k string) string { return env[k] }}
		if got := a.run(args); got != int(code) {
			t.Fatalf("%v: exit %d, %q", args, got, out.String())
		}
		return out.String()
	}
	run("own\n", exitOK, "account", "add", "work", "--aor", "sip:a@192.0.2.1", "--stun", "192.0.2.9", "--password-stdin")
	if said := run("lent\n", exitConfig, "account", "password", "work", "--relay", "--file"); !strings.Contains(said, "has no relays") {
		t.Error(said)
	}
	run("own\n", exitOK, "account", "add", "work", "--replace", "--aor", "sip:a@192.0.2.1", "--stun", "192.0.2.9", "--password-stdin",
		"--turn", "turn:192.0.2.2", "--turn-user", "u", "--turn-password-env", "V")
	run("lent\n", exitOK, "account", "password", "work", "--relay", "--file")
	said := run("", exitOK, "account", "show", "work")
	for _, want := range []string{`stun = "192.0.2.9"`, `work.password"`, `turn_password_file = "` + filepath.Join(dir, "work.turn.password")} {
		if !strings.Contains(said, want) {
			t.Errorf("no %s in\n%s", want, said)
		}
	}
	if strings.Contains(said, "turn_password_env") {
		t.Errorf("two places:\n%s", said)
	}
	for name, want := range map[string]string{"work.password": "own", "work.turn.password": "lent"} {
		if b, err := os.ReadFile(filepath.Join(dir, name)); err != nil || strings.TrimSpace(string(b)) != want {
			t.Errorf("%s: %q, %v", name, b, err)
		}
	}
	run("", exitOK, "account", "remove", "work")
	if _, err := os.Stat(filepath.Join(dir, "work.turn.password")); !os.IsNotExist(err) {
		t.Errorf("the relays' password outlives its account: %v", err)
	}
}
