package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"offhook/config"
)

func TestDialledIsRemembered(t *testing.T) {
	a := &app{getenv: mapEnv(map[string]string{"XDG_STATE_HOME": t.TempDir()})}
	for i := range 3 {
		d, before, err := a.openDialled()
		if err != nil {
			t.Fatal(err)
		}
		if len(before) != i*100 {
			t.Fatalf("start %d remembers %d", i, len(before))
		}
		for n := range 100 {
			if err := d.add(fmt.Sprintf("sip:%d-%d@h", i, n)); err != nil {
				t.Fatal(err)
			}
		}
		if err := d.add("two\nlines"); err != nil {
			t.Fatal(err)
		}
		if err := d.close(); err != nil {
			t.Fatal(err)
		}
	}
	_, before, err := a.openDialled()
	if err != nil || len(before) != keepDialled || before[0] != "sip:1-0@h" || before[keepDialled-1] != "sip:2-99@h" {
		t.Errorf("%v; %d lines from %q", err, len(before), before[0])
	}
	info, err := os.Stat(filepath.Join(a.stateDir(), "dialled"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
}

func mapEnv(m map[string]string) func(string) string { return func(k string) string { return m[k] } }

func TestNoStateDirectoryIsNoFailure(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	a := &app{getenv: mapEnv(map[string]string{"XDG_STATE_HOME": file})}
	d, before, err := a.openDialled()
	if err == nil || before != nil {
		t.Errorf("%v, %v", before, err)
	}
	if err := d.add("x"); err != nil {
		t.Error(err)
	}
	log, closer := a.screenLog()
	log.Info("nobody hears")
	if err := closer.Close(); err != nil {
		t.Error(err)
	}
}

// TestKilledWhileSaving kills the program at any moment of an edit: the file must
// be the one before or the one after, never less.
func TestKilledWhileSaving(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	bin, path := filepath.Join(dir, "offhook"), filepath.Join(dir, "config.toml")
	if err := os.Symlink(self, bin); err != nil {
		t.Fatal(err)
	}
	add := func(name string) *exec.Cmd {
		cmd := exec.Command(bin, "account", "add", name, "--aor", "sip:"+name+"@h", "--config", path)
		cmd.Env = append(os.Environ(), "HOME="+dir)
		return cmd
	}
	if out, err := add("first").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	began := time.Now()
	if out, err := add("second").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	whole := time.Since(began)
	done := []string{"first", "second"}
	for i := range 25 {
		name := fmt.Sprintf("n%d", i)
		cmd := add(name)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(time.Duration(rand.Int64N(int64(whole)*5/4)), func() { _ = cmd.Process.Kill() })
		finished := cmd.Wait() == nil
		c, _, err := config.Load(path)
		if err != nil {
			t.Fatalf("after a kill: %v", err)
		}
		var names []string
		for _, a := range c.Accounts {
			names = append(names, a.Name)
		}
		if slices.Contains(names, name) {
			done = append(done, name)
		} else if finished {
			t.Fatalf("%s said it was added and isn't there", name)
		}
		if !slices.Equal(names, done) {
			t.Fatalf("accounts %v, want %v", names, done)
		}
	}
	t.Logf("%d of 25 edits were whole", len(done)-2)
}

func TestRecordingNames(t *testing.T) {
	for _, test := range []struct {
		pattern string
		n       int
		want    string
	}{
		{"a.wav", 1, "a.wav"}, {"a.wav", 2, "a-2.wav"}, {"a-{n}.wav", 1, "a-1.wav"}, {"d.x/{n}/{n}", 3, "d.x/3/3"}, {"d.x/a", 2, "d.x/a-2"},
	} {
		if got := recording(test.pattern, test.n); filepath.ToSlash(got) != test.want {
			t.Errorf("%s, call %d: %s, want %s", test.pattern, test.n, got, test.want)
		}
	}
}

func TestReadUsers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "users")
	for text, want := range map[string]string{
		"# people\nalice:a:b\n\nbob:x\n": "",
		"alice\n":                        ":1: write",
		"a:1\na:2\n":                     ":2: user \"a\" is there already",
		":x\n":                           ":1: write",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		users, err := readUsers(path)
		if want == "" && (err != nil || users["alice"] != "a:b" || len(users) != 2) || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v, %v", text, users, err)
		}
	}
}
