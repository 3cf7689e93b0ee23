package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What the flag library thinks of a command line is said in our words.
func TestUsageErrors(t *testing.T) {
	for args, want := range map[string]string{
		"call":                                     "something is missing; write: offhook call TARGET",
		"call a b":                                 "this takes 1 arguments, and there are 2",
		"call a --nonsense":                        "there is no flag --nonsense",
		"call a -x":                                "there is no flag -x",
		"call a --duration":                        "--duration needs a value",
		"call a --duration soon":                   `--duration: "soon" is no time`,
		"call a --ptime many":                      `--ptime: "many" is no packet time`,
		"call a --account x --aor sip:a@b":         "--account and --aor contradict each other",
		"nonsense":                                 `there is no command "nonsense"`,
		"register extra":                           `"extra" is too much`,
		"pbx --ws-port 99999":                      "ports end at 65535",
		"pbx --domain a\u00a0b":                    "is no name of a domain",
		"call sip:a@b --pcap -":                    "a capture needs a file",
		"call sip:a@b --pcap x --sip-log ./x":      "give each a file of its own",
		"call sip:a@b --session-expires 10s":       "--session-expires must be at least 90s",
		"call sip:a@b --subject A --header S:B":    "the header Subject is given twice",
		"config chekc":                             `there is no command "chekc"; did you mean check?`,
		"account ad":                               `there is no command "ad"; did you mean add?`,
		"help calll":                               `there is no command "calll"; did you mean call?`,
		"help config chekc":                        "did you mean check?",
		"cal":                                      "did you mean call",
		"call sip:a@b --header nonsense":           `the header "nonsense" isn't of the form`,
		"call sip:a@b --header Via:x":              "set by the phone itself",
		"call sip:a@b --privacy secret":            "there are none, id",
		"call sip:a@b --privacy none;id":           "none stands alone",
		"call sip:a@b --priority very\u00a0urgent": "isn't a word such as emergency",
		"call sip:a@b --identity nobody":           "isn't an address",
		"options sip:a@b --header nonsense":        `the header "nonsense" isn't of the form`,
		"call sip:a@b --record /":                  "is a directory; name a file in it",
	} {
		var out, errs bytes.Buffer
		a := &app{stdout: &out, stderr: &errs, getenv: func(string) string { return "" }}
		code := a.run(strings.Split(args, " "))
		if got := errs.String(); code != int(exitUsage) || !strings.Contains(got, want) || strings.Contains(got, "arg(s)") || strings.Contains(got, "strconv") {
			t.Errorf("%s: exit %d, %q, want %q", args, code, got, want)
		}
	}
}

// What a call would refuse, the check of the configuration tells before; a file that isn't
// there is no error.
func TestConfigCheckSeesWhatCallsRefuse(t *testing.T) {
	dir := t.TempDir()
	run := func(text string, args ...string) (int, string) {
		t.Helper()
		var out bytes.Buffer
		path := filepath.Join(dir, "config.toml")
		env := map[string]string{"OFFHOOK_CONFIG": path, "HOME": dir}
		_ = os.Remove(path)
		if text != "" {
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		a := &app{stdout: &out, stderr: &out, getenv: func(k string) string { return env[k] }}
		return a.run(args), out.String()
	}
	const relayed = "[[account]]\nname = \"a\"\naor = \"sip:a@192.0.2.1\"\nturn = \"turn:192.0.2.2\"\nturn_user = \"u\"\n"
	for _, tt := range []struct {
		text string
		args []string
		code exitCode
		want string
	}{
		{"", []string{"config", "check"}, exitOK, "none is needed"},
		{"", []string{"config", "show"}, exitOK, "port_min"},
		{"", []string{"config", "check", "--config", filepath.Join(dir, "other")}, exitConfig, "there is no configuration"},
		{"", []string{"config", "show", "--config", filepath.Join(dir, "other")}, exitConfig, "there is no configuration"},
		{"[audio]\ninput = \"file:/nowhere.wav\"\n", []string{"config", "check"}, exitConfig, "audio.input"},
		{"[audio]\noutput = \"file:/nowhere/x.wav\"\n", []string{"config", "check"}, exitConfig, "audio.output"},
		{relayed + "turn_password_file = \"/nowhere\"\n", []string{"config", "check"}, exitConfig, `:6: account.turn_password_file: no password for the relays of account "a"`},
		{relayed, []string{"config", "check"}, exitOK, "turn_user without a password"},
		{relayed + "turn_password = \"x\"\n", []string{"config", "check"}, exitOK, "turn_password_keyring or turn_password_file is safer"},
		{relayed, []string{"account", "password", "a", "--relay"}, exitUsage, "--keyring or --file keeps it"},
		{"", []string{"nat", "--stun", "127.0.0.1:9", "--lifetime", "4s"}, exitUsage, "too short"},
		{"", []string{"nat", "--turn", "turn:127.0.0.1:9", "--turn-password-env", "NOWHERE"}, exitUsage, "--turn-password-env: no password for the relays"},
		{"[audio]\ninput = \"tone:440\"\noutput = \"null\"\n", []string{"config", "check"}, exitOK, "good"},
	} {
		code, said := run(tt.text, tt.args...)
		if code != int(tt.code) || !strings.Contains(said, tt.want) || strings.Contains(said, "stat /") && tt.want != "audio.output" {
			t.Errorf("%v with %q: exit %d, %q", tt.args, tt.text, code, said)
		}
	}
}
