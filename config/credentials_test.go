package config

import (
	"strings"
	"testing"
)

const withCredentials = `version = 1

[[account]]
name = "work"
aor = "sip:alice@example.org"
expires = "10m"

[[account.credentials]]
realm = "gateway"
user = "4711"
password_env = "GW"

[[account.credentials]]
realm = "other, realm"
user = "al"
password_file = "~/x"

# the second
[[account]]
name = "lab"
aor = "sip:bob@10.0.0.5"
`

func TestCredentials(t *testing.T) {
	c, err := Parse("f", withCredentials, false)
	if err != nil {
		t.Fatal(err)
	}
	work, _ := c.Account("work")
	if len(work.Credentials) != 2 || work.Credentials[0] != (Credential{Realm: "gateway", User: "4711", PasswordEnv: "GW"}) {
		t.Errorf("%+v", work.Credentials)
	}
	again, err := Parse("f", "version = 1\n"+ShowAccount(work), false)
	if err != nil || !again.Accounts[0].equal(work) {
		t.Errorf("what is shown loads as %+v, %v", again, err)
	}
	v := Vault{Getenv: func(name string) string { return map[string]string{"GW": "sesame"}[name] }}
	if p, _, err := v.PasswordFor(work, work.Credentials[0]); string(p) != "sesame" || err != nil {
		t.Errorf("%q, %v", string(p), err)
	}
	for _, bad := range []struct{ text, want string }{
		{`credentials = 3`, "must be tables"},
		{`credentials = ["x"]`, "must be tables"},
		{`credentials = [{ user = "u", password_env = "E" }]`, "need a realm and a user"},
		{`credentials = [{ realm = "r", user = "u" }]`, "one place for the password"},
		{`credentials = [{ realm = "r", user = "u", password_env = "E", password_file = "F" }]`, "one place for the password"},
		{`credentials = [{ realm = "r", user = "u", password_env = "E" }, { realm = "r", user = "v", password_env = "E" }]`, "twice"},
		{`credentials = [{ realm = "r", user = "u", pasword_env = "E" }]`, "no key \"pasword_env\""},
		{`credentials = [{ realm = "r", user = 4, password_env = "E" }]`, "user must be text"},
		{`credentials = [{ realm = "r", user = "u", password = "P" }]`, "chmod 600"},
		{`privacy = "secret"`, "there are none, id"}, {`privacy = "none;id"`, "contradicts"},
	} {
		_, err := Parse("f", "[[account]]\nname = \"a\"\naor = \"sip:a@b\"\n"+bad.text, false)
		if err == nil || !strings.Contains(err.Error(), bad.want) {
			t.Errorf("%s: %v, want %q", bad.text, err, bad.want)
		}
	}
}

// An edit leaves the tables of the account alone, and takes them out with it.
func TestEditBesideCredentials(t *testing.T) {
	doc, err := NewDocument("f", withCredentials)
	if err != nil {
		t.Fatal(err)
	}
	c, _ := doc.Config()
	work, _ := c.Account("work")
	work.STUN = "stun.example.org"
	if err := doc.SetAccount(work); err != nil {
		t.Fatal(err)
	}
	if want := "expires = \"10m\"\nstun = \"stun.example.org\"\n\n[[account.credentials]]"; !strings.Contains(doc.Text(), want) {
		t.Errorf("edited:\n%s", doc.Text())
	}
	if err := doc.RemoveAccount("work"); err != nil {
		t.Fatal(err)
	}
	if s := doc.Text(); strings.Contains(s, "credentials") || !strings.Contains(s, "# the second\n[[account]]\nname = \"lab\"") {
		t.Errorf("removed:\n%s", s)
	}
}
