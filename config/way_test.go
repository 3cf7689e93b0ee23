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
		{`turn = "turn:me:planted@relay.example.org"`, "turn_user"},
		{`turn = "turn:relay.example.org?transport=tls"`, `asks for the transport "tls"`},
		{`turn = "turns:relay.example.org?transport=udp"`, "tcp alone with turns:"},
		{`turn = "turn:relay.example.org?ttl=1"`, "TURN server"},
		{`stun = "stun:stun.example.org"`, `as "stun.example.org"`},
		{"display_name = \"x\"\nice = \"relay\"", ":6: account.ice"},
		{`ice = "relay"`, "needs a relay"},
		{"turn_password_env = \"V\"\nturn_password_file = \"f\"", "keep one"},
		{`turn_password = "planted"`, "chmod 600"},
	} {
		if _, err := load(bad.line); err == nil || !strings.Contains(err.Error(), bad.says) || strings.Contains(err.Error(), "planted") {
			t.Errorf("%s: %v", bad.line, err)
		}
	}
}

// TestIdleKeys names keys that come to nothing because of others, and none where all fits.
func TestIdleKeys(t *testing.T) {
	suites := []string{"AES_CM_128_HMAC_SHA1_80"}
	for _, c := range []struct {
		a    Account
		says string
	}{
		{Account{TURN: "turn:h", TURNUser: "u", TURNPasswordEnv: "V"}, ""},
		{Account{TURN: "turn:h"}, ""}, // a relay may be open
		{Account{SRTP: "required", SRTPSuites: suites}, ""},
		{Account{TURNUser: "u"}, "names no relay"},
		{Account{TURNPasswordKeyring: true}, "names no relay"},
		{Account{TURN: "turn:h", TURNUser: "u"}, "without a password"},
		{Account{TURN: "turn:h", TURNPasswordFile: "f"}, "without a user"},
		{Account{SRTP: "dtls", SRTPSuites: suites}, `srtp = "dtls" never offers`},
		{Account{SRTP: "off", SRTPSuites: suites}, `srtp = "off" never offers`},
	} {
		got := strings.Join(c.a.Idle(), "; ")
		if c.says == "" && got != "" || !strings.Contains(got, c.says) {
			t.Errorf("%+v: %q", c.a, got)
		}
	}
}

// TestRelayPasswordErrors say whose password is missing.
func TestRelayPasswordErrors(t *testing.T) {
	v := Vault{Getenv: func(string) string { return "" }}
	_, _, err := v.TURNPasswordOf(Account{Name: "work", TURNPasswordEnv: "V"})
	if err == nil || err.Error() != `no password for the relays of account "work": the environment variable V is not set` {
		t.Error(err)
	}
	_, _, err = v.PasswordFor(Account{Name: "work"}, Credential{Realm: "r", User: "u", PasswordFile: filepath.Join(t.TempDir(), "none")})
	if err == nil || !strings.Contains(err.Error(), `the realm "r" of account "work"`) {
		t.Error(err)
	}
}
