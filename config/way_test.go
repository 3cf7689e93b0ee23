package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestWay reads an account's ICE and relays, and says what doesn't fit together.
func TestWay(t *testing.T) {
	load := func(lines ...string) (Config, error) {
		path := filepath.Join(t.TempDir(), "config.toml")
		text := "version = 1\n[[account]]\nname = \"work\"\naor = \"sip:a@example.org\"\n" + strings.Join(lines, "\n") + "\n"
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		c, _, err := Load(path)
		return c, err
	}
	c, err := load(`ice = "required"`, `turn = "turn:relay.example.org:3478?transport=tcp, turns:192.0.2.1"`, `turn_user = "u"`, `turn_password_env = "V"`)
	if err != nil {
		t.Fatal(err)
	}
	a := c.Accounts[0]
	if a.ICE != "required" || len(TURNServers(a.TURN)) != 2 || a.TURNUser != "u" {
		t.Errorf("got %+v", a)
	}
	p, _, err := Vault{Getenv: func(string) string { return "planted" }}.TURNPasswordOf(a)
	if string(p) != "planted" || err != nil {
		t.Errorf("the password is %q, %v", string(p), err)
	}
	for _, bad := range []struct{ line, says string }{
		{`ice = "perhaps"`, "off, on, required"},
		{`turn = "relay.example.org"`, "turn:relay.example.org"},
		{`turn = "turn:a b"`, "TURN server"},
		{`ice = "relay"`, "needs a relay"},
		{"turn_password_env = \"V\"\nturn_password_file = \"f\"", "keep one"},
		{`turn_password = "planted"`, "chmod 600"},
	} {
		if _, err := load(bad.line); err == nil || !strings.Contains(err.Error(), bad.says) || strings.Contains(err.Error(), "planted") {
			t.Errorf("%s: %v", bad.line, err)
		}
	}
}
