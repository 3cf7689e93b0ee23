package dialog

import (
	"strings"
	"testing"
)

// RFC 3891, sections 3 and 6.1; interop 34.
func TestInterop34ParseReplaces(t *testing.T) {
	for value, want := range map[string]Replaces{
		"98732@sip.example.com;from-tag=r33th4x0r;to-tag=ff87ff":           {"98732@sip.example.com", "ff87ff", "r33th4x0r", false},
		"12adf2f34456gs5;to-tag=12345;from-tag=54321":                      {"12adf2f34456gs5", "12345", "54321", false},
		"87134@171.161.34.23;to-tag=24796;from-tag=0;early-only":           {"87134@171.161.34.23", "24796", "0", true},
		" a ; To-Tag = 1 ; FROM-TAG = 2 ; Early-Only ; x=\"a;b\\\"\" ; y ": {"a", "1", "2", true},
	} {
		got, err := ParseReplaces(value)
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v", value, got, err)
		}
	}
	for _, bad := range []string{
		"", ";to-tag=1;from-tag=2", "a", "a;to-tag=1", "a;from-tag=1", "a;to-tag=;from-tag=2", "a;to-tag=1;to-tag=1;from-tag=2",
		"a;to-tag=1;from-tag=2;early-only=yes", "a;to-tag=1;from-tag=2;", "a b;to-tag=1;from-tag=2", "a;to-tag=1 2;from-tag=2",
		"a;to-tag=1;from-tag=2, b;to-tag=1;from-tag=2",
	} {
		if got, err := ParseReplaces(bad); err == nil {
			t.Errorf("%q is read as %+v", bad, got)
		}
	}
	id := ID{CallID: "Call", Local: "aa", Remote: "bb"}
	for _, c := range []struct {
		r    Replaces
		want bool
	}{
		{Replaces{"Call", "AA", "bb", false}, true},
		{Replaces{"call", "aa", "bb", false}, false},
		{Replaces{"Call", "bb", "aa", false}, false},
		{Replaces{"Call", "aa", "0", false}, false},
	} {
		if c.r.Names(id) != c.want {
			t.Errorf("%v names %v: %t", c.r, id, !c.want)
		}
	}
	if !(Replaces{"Call", "aa", "0", false}).Names(ID{CallID: "Call", Local: "aa"}) {
		t.Error("RFC 3891, section 3: a from-tag of 0 is a peer without a tag")
	}
}

func FuzzReplaces(f *testing.F) {
	for _, s := range []string{"a@b;to-tag=1;from-tag=2", "a;from-tag=0;to-tag=x;early-only;z=\"q;\"", ";", "a;to-tag=\"1\";from-tag=2"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := ParseReplaces(s)
		if err != nil {
			if r != (Replaces{}) {
				t.Fatalf("%q: %+v beside %v", s, r, err)
			}
			return
		}
		again, err := ParseReplaces(r.String())
		if err != nil || again != r || strings.ContainsAny(r.String(), "\r\n") {
			t.Fatalf("%q: %+v came back as %+v, %v", s, r, again, err)
		}
	})
}
