package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestParseProblems(t *testing.T) {
	const account = "[[account]]\nname = \"w\"\naor = \"sip:a@h\"\n"
	for _, test := range []struct{ name, text, want string }{
		{"syntax", "version = \n", "f:1: expected value"},
		{"newer", "version = 99\n", "f:1: version 99 is newer"},
		{"unknown root", "defualt_account = \"x\"\n", `f:1: unknown key "defualt_account"; did you mean "default_account"?`},
		{"unknown table", "[audoi]\ninput=\"x\"\n", `f:1: unknown key "audoi"; did you mean "audio"?`},
		{"unknown far", "[audio]\nfrobnicate = 1\n", "f:2: unknown key \"audio.frobnicate\"; `offhook config keys` lists them all"},
		{"wrong table", "[audio]\nregistrar = \"sip:h\"\n", `f:2: unknown key "audio.registrar"; it belongs into [account]`},
		{"second account", account + "[[account]]\nname = \"v\"\naor = \"sip:b@h\"\nauth-usr = \"x\"\n",
			`f:7: unknown key "account.auth-usr"; did you mean "account.auth_user"?`},
		{"case", account + "Registrar = \"sip:h\"\n", `f:4: unknown key "account.Registrar"; did you mean "account.registrar"?`},
		{"type", account + "register = \"yes\"\n", "f:4: account.register must be true or false, not text"},
		{"bare duration", account + "expires = 300\n", `f:4: account.expires needs a unit: write "300s" or "300ms"`},
		{"packet time", account + "ptime = \"25ms\"\n", "f:4: account.ptime must be one of 10ms, 20ms, 30ms, 40ms and 60ms, not 25ms"},
		{"range", account + "ptime = \"5ms\"\n", "f:4: account.ptime must be from 10ms to 60ms, not 5ms"},
		{"uri", "[[account]]\nname = \"w\"\naor = \"alice\"\n", `f:3: account.aor "alice" is no SIP URI`},
		{"no user", "[[account]]\nname = \"w\"\naor = \"sip:h\"\n", `f:3: account.aor "sip:h" has no user`},
		{"no name", "# c\n[[account]]\naor = \"sip:a@h\"\n", "f:2: this account needs a name"},
		{"no aor", "[[account]]\nname = \"w\"\n", `f:1: account "w" needs an address`},
		{"twice", account + account, `f:5: there is an account named "w" already`},
		{"single brackets", "[account]\nname = \"w\"\n", "f:1: each account is a table of its own"},
		{"default account", "default_account = \"wok\"\n[[account]]\nname = \"work\"\naor = \"sip:a@h\"\n",
			`f:1: default_account: there is no account named "wok"; did you mean "work"?`},
		{"two passwords", account + "password_env = \"A\"\npassword_file = \"b\"\n", "f:1: account \"w\" names 2 places for its password"},
		{"inline password", account + "password = \"x\"\n", "f:4: a password may stand in this file only when"},
		{"codec", "[media]\ncodecs = [\"opus\", \"g729\"]\n", `f:2: media.codecs names the codec "g729"`},
		{"transport", account + "transport = \"sctp\"\n", `f:4: account.transport must be one of auto, udp, tcp, tls, ws, wss, not "sctp"`},
		{"header", account + "headers = [\"no colon\"]\n", `f:4: account.headers "no colon" isn't of the form`},
		{"header injection", account + "headers = [\"A: b\\r\\nEvil: 1\"]\n", "f:4: account.headers"},
		{"ports", "[media]\nport_min = 20000\nport_max = 20001\n", "f:3: media.port_max must be at least 3 above"},
		{"multi-line before", "[media]\ncodecs = [\n  \"opus\", # ]\n  'pcmu'\n]\nptme = \"20ms\"\n", `f:6: unknown key "media.ptme"; did you mean "media.ptime"?`},
		{"string before", "default_account = \"\"\"\nw\n[x]\"\"\"\n\n[calls]\nmx = 1\n", `f:6: unknown key "calls.mx"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Parse("f", test.text, false)
			var p *Problems
			if !errors.As(err, &p) {
				t.Fatalf("got %v, want Problems", err)
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("got  %s\nwant %s", err, test.want)
			}
		})
	}
}

func TestParseReportsEverythingInOrder(t *testing.T) {
	_, err := Parse("f", "a = 1\n[audio]\nb = 2\n[media]\nptime = 3\n", true)
	var got []int
	var p *Problems
	if errors.As(err, &p) {
		for _, problem := range p.List {
			got = append(got, problem.Line)
		}
	}
	if fmt.Sprint(got) != "[1 3 5]" {
		t.Errorf("lines %v of %v, want 1 3 5", got, err)
	}
}

func TestParseValues(t *testing.T) {
	c, err := Parse("f", `
default_account = "home"
[[account]]
name = "work"
aor = "sip:alice@example.org"
register = false
expires = "1m"
codecs = ["PCMA"]
headers = ["X-Team: blue"]
[[account]]
name = "home"
aor = "sips:al@[2001:db8::1]:5061;transport=tcp"
password_env = "PW"
[audio]
input = "file:/tmp/a.wav"
[media]
ptime = "40ms"
[calls]
max = 4
`, false)
	if err != nil {
		t.Fatal(err)
	}
	work := NewAccount()
	work.Name, work.AOR, work.Register, work.Expires = "work", "sip:alice@example.org", false, time.Minute
	work.Codecs, work.Headers = []string{"PCMA"}, []string{"X-Team: blue"}
	if !reflect.DeepEqual(c.Accounts[0], work) {
		t.Errorf("account\n got %+v\nwant %+v", c.Accounts[0], work)
	}
	if o := c.Ordered(); len(o) != 2 || o[0].Name != "home" || o[1].Name != "work" {
		t.Errorf("order %v, want home first", o)
	}
	if c.Audio.Input != "file:/tmp/a.wav" || c.Media.Ptime != 40*time.Millisecond || c.Media.DTMF != "auto" || c.Calls.Max != 4 {
		t.Errorf("got %+v", c)
	}
}

func TestShowAndTemplateLoad(t *testing.T) {
	c := Default()
	a := NewAccount()
	a.Name, a.AOR, a.PasswordFile, a.DisplayName = "w", "sip:a@h", "~/pw", `Al "the" \ Ice`
	c.Accounts = []Account{a}
	got, err := Parse("f", Show(c), false)
	if err != nil {
		t.Fatalf("%v in\n%s", err, Show(c))
	}
	if !reflect.DeepEqual(got, c) {
		t.Errorf("got  %+v\nwant %+v", got, c)
	}
	if got, err = Parse("f", Template(), false); err != nil || !reflect.DeepEqual(got, Default()) {
		t.Errorf("template gives %+v, %v", got, err)
	}
	// Every line of the template is true to the file once its # is taken away.
	var live []string
	for _, line := range strings.Split(Template(), "\n") {
		if rest, ok := strings.CutPrefix(line, "#"); ok && !strings.HasPrefix(rest, " ") {
			line = rest
		}
		live = append(live, line)
	}
	_, err = Parse("f", strings.Join(live, "\n"), true)
	if err == nil || !strings.Contains(err.Error(), "needs a name") || strings.Contains(err.Error(), "unknown") {
		t.Errorf("uncommented template: %v", err)
	}
}

func TestSecretsDoNotPrint(t *testing.T) {
	a := NewAccount()
	a.Name, a.AOR, a.Password = "w", "sip:a@h", "hunter2"
	c := Default()
	c.Accounts = []Account{a}
	for _, s := range []string{Show(c), ShowAccount(a), fmt.Sprintf("%v %+v %#v %s", c, c, c, a.Password)} {
		if strings.Contains(s, "hunter2") {
			t.Errorf("the password shows in %s", s)
		}
	}
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "config.toml")
	if _, _, err := Load(path); !Missing(err) {
		t.Errorf("absent file: %v", err)
	}
	text := "[[account]]\nname = \"w\"\naor = \"sip:a@h\"\npassword = \"x\"\n"
	write(t, path, text, 0o600)
	if _, warnings, err := Load(path); err != nil || len(warnings) != 1 {
		t.Errorf("0600: %v, %v; want a warning", warnings, err)
	}
	write(t, path, text, 0o644)
	if _, _, err := Load(path); err == nil || !strings.Contains(err.Error(), ":4:") {
		t.Errorf("0644: %v; want line 4 refused", err)
	}
	if _, _, err := Load(dir); err == nil || Missing(err) {
		t.Errorf("directory: %v", err)
	}
	write(t, path, strings.Repeat("#", maxSize+1), 0o600)
	if _, _, err := Load(path); err == nil {
		t.Error("a huge file loads")
	}
}

func TestPath(t *testing.T) {
	env := map[string]string{"HOME": "/h"}
	get := func(k string) string { return env[k] }
	for _, step := range []struct{ key, value, want string }{
		{"HOME", "/h", "/h/.config/offhook/config.toml"},
		{"XDG_CONFIG_HOME", "relative", "/h/.config/offhook/config.toml"},
		{"XDG_CONFIG_HOME", "/x", "/x/offhook/config.toml"},
		{"OFFHOOK_CONFIG", "/o.toml", "/o.toml"},
	} {
		env[step.key] = step.value
		if got := Path(get); got != step.want {
			t.Errorf("%s=%s: %s, want %s", step.key, step.value, got, step.want)
		}
	}
}

func write(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}
