package overlay

import (
	"strings"
	"testing"
	"time"
)

func TestGrace(t *testing.T) {
	start := time.Unix(1000, 0)
	at := func(ms int) time.Time { return start.Add(time.Duration(ms) * time.Millisecond) }
	for _, tt := range []struct {
		name string
		keys []int  // ms after opening
		want string // t: taken, f: in flight
	}{
		{"first key after a pause", []int{500}, "t"},
		{"in flight", []int{100}, "f"},
		{"just quiet enough", []int{399}, "f"},
		{"a pause counts from the last key", []int{300, 600, 999, 1399}, "ffft"},
		{"never pausing", []int{300, 600, 900, 1200, 1500, 1800, 2000}, "fffffft"},
		{"once taken, all are", []int{500, 510, 520}, "ttt"},
	} {
		var g Grace
		g.Open(start)
		got := ""
		for _, ms := range tt.keys {
			if g.Takes(at(ms)) {
				got += "t"
			} else {
				got += "f"
			}
		}
		if got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
	var g Grace
	g.Open(start)
	if d := g.Remaining(at(150)); d != 250*time.Millisecond {
		t.Errorf("remaining %v", d)
	}
	if !g.Settled(at(150).Add(g.Remaining(at(150)))) {
		t.Error("not settled when nothing remains")
	}
}

func TestValidation(t *testing.T) {
	for _, tt := range []struct {
		valid func(string) error
		in    string
		want  string // part of the error; empty for none
	}{
		{validateAOR, "alice@example.com", ""},
		{validateAOR, " sip:alice@example.com ", ""},
		{validateAOR, "SIPS:alice@example.com:5061", ""},
		{validateAOR, "+15550100@192.0.2.1:5060", ""},
		{validateAOR, "alice@[2001:db8::1]:5060", ""},
		{validateAOR, "alice@[2001:db8::1]", ""},
		{validateAOR, "", "type your address"},
		{validateAOR, "alice", "user@host"},
		{validateAOR, "@example.com", "user@host"},
		{validateAOR, "alice@", "host is missing"},
		{validateAOR, "ali ce@example.com", "spaces"},
		{validateAOR, "alice@exa mple", "can’t hold"},
		{validateAOR, "alice@example.com:0", "no port"},
		{validateAOR, "alice@example.com:70000", "no port"},
		{validateAOR, "alice@example.com:", "no port"},
		{validateAOR, "alice@[::1", "ends with ]"},
		{validateAOR, "alice@[example]", "no IPv6"},
		{validateAOR, "alice@[::1]x", "after ]"},
		{validateRegistrar, "", ""},
		{validateRegistrar, "sip:registrar.example.com;transport=tcp", ""},
		{validateRegistrar, "registrar.example.com:5070", ""},
		{validateRegistrar, "alice@example.com", "without user@"},
		{validateName, "", ""},
		{validateName, "work_2-b", ""},
		{validateName, "my work", "letters, digits"},
		{validateName, "work.home", "letters, digits"},
	} {
		err := tt.valid(tt.in)
		switch {
		case tt.want == "" && err != nil:
			t.Errorf("%q: %v", tt.in, err)
		case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
			t.Errorf("%q: %v, want %q", tt.in, err, tt.want)
		}
	}
}

func FuzzAccountForm(f *testing.F) {
	f.Add("alice@example.com", "", "")
	f.Add("sip:a@[::1]:5060", "work", "sip:x;transport=tcp")
	f.Fuzz(func(t *testing.T, aor, name, registrar string) {
		if validateAOR(aor) != nil || validateName(name) != nil || validateRegistrar(registrar) != nil {
			return
		}
		v := AccountForm{Name: name, AOR: aor, Registrar: registrar}.normal()
		if !hasScheme(v.AOR) || validateAOR(v.AOR) != nil {
			t.Fatalf("%q became %q", aor, v.AOR)
		}
		if v.Name == "" || validateName(v.Name) != nil {
			t.Fatalf("name %q of %q", v.Name, aor)
		}
		if v.normal() != v {
			t.Fatalf("not stable: %+v", v)
		}
	})
}
