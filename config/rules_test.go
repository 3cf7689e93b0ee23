package config

import (
	"errors"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

const ruled = `# calls
[[rule.incoming]] # first
name = "night"
time = "22:00-07:00" # one
caller = ["10??", "*@example.org"]
action = "forward"
target = "voicemail"

[[rule.incoming]]
action = "answer"
after = "2s"
continue = false

[[rule.outgoing]]
callee = "0*"
strip = 1
country_code = "49"
use_account = "work"
headers = ["X-A: b"]

[[ring]]
alert = "Bellcore-dr2"
ring = "urgent"

[[account]]
name = "work"
aor = "sip:alice@example.org"
accept = "any"
`

func TestRules(t *testing.T) {
	c, err := Parse("f", ruled, true)
	if err != nil {
		t.Fatal(err)
	}
	want := Rules{
		Incoming: []Rule{
			{Name: "night", Time: []string{"22:00-07:00"}, Caller: []string{"10??", "*@example.org"}, Action: "forward", Target: "voicemail"},
			{Action: "answer", After: 2 * time.Second},
		},
		Outgoing: []Rule{{Callee: []string{"0*"}, Strip: 1, CountryCode: "49", UseAccount: "work", Headers: []string{"X-A: b"}}},
	}
	if !reflect.DeepEqual(c.Rules, want) {
		t.Errorf("got  %+v\nwant %+v", c.Rules, want)
	}
	if !reflect.DeepEqual(c.Rings, []Ring{{[]string{"Bellcore-dr2"}, "urgent"}}) || c.Accounts[0].Accept != "any" {
		t.Errorf("rings %+v, account %+v", c.Rings, c.Accounts[0])
	}
	// What is shown loads again, with nothing lost.
	again, err := Parse("f", Show(c), true)
	if err != nil || !reflect.DeepEqual(again, c) {
		t.Errorf("%v\n%s\ngives %+v", err, Show(c), again)
	}
}

// An edit of an account leaves the rules as they were written, comments and all.
func TestEditKeepsRules(t *testing.T) {
	d, err := NewDocument("f", ruled)
	if err != nil {
		t.Fatal(err)
	}
	c, _ := d.Config()
	a := c.Accounts[0]
	a.Accept = "known"
	if err := d.SetAccount(a); err != nil {
		t.Fatal(err)
	}
	if want := strings.Replace(ruled, `accept = "any"`, `accept = "known"`, 1); d.Text() != want {
		t.Errorf("got\n%s", d.Text())
	}
}

func TestRuleMistakes(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"no direction", "rule = 1\n", "f:1: rules are of a direction"},
		{"wrong direction", "[[rule.sideways]]\nname = \"x\"\n", "rules are for incoming or outgoing calls, not \"sideways\""},
		{"one bracket", "[rule.incoming]\nname = \"x\"\n", "f:1: each rule.incoming is a table of its own: write [[rule.incoming]]"},
		{"unknown key", "[[rule.incoming]]\ncaler = \"x\"\n", `f:2: unknown key "rule.incoming.caler"; did you mean "rule.incoming.caller"?`},
		{"another direction's key", "[[rule.incoming]]\nname = \"\"\n[[rule.incoming]]\nuse_account = \"x\"\n", `f:4: unknown key "rule.incoming.use_account"`},
		{"type", "[[rule.incoming]]\ncaller = 7\n", "f:2: rule.incoming.caller must be a list"},
		{"action", "[[rule.outgoing]]\naction = \"ring\"\n", "f:2: rule.outgoing.action must be one of call, reject"},
		{"ring without alert", "[[ring]]\nring = \"urgent\"\n", "f:1: this ring needs alert and ring"},
	} {
		_, err := Parse("f", test.text, true)
		var p *Problems
		if !errors.As(err, &p) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v\nwant %s", test.name, err, test.want)
		}
	}
}

func TestLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.toml")
	write(t, path, ruled, 0o600)
	for key, want := range map[string]int{
		"rule.incoming[0].time": 4, "rule.incoming[1].after": 11, "rule.incoming[1].caller": 9, "ring[0].ring": 23, "nonsense": 0,
	} {
		if got := Line(path, key); got != want {
			t.Errorf("%s is on line %d, want %d", key, got, want)
		}
	}
	if got := Line(filepath.Join(t.TempDir(), "none"), "version"); got != 0 {
		t.Errorf("line %d of no file", got)
	}
}
