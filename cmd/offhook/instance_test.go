package main

import (
	"os"
	"path/filepath"
	"testing"
)

// An account is the same phone after a restart, two runs side by side are two phones, and
// a file that was spoilt is replaced.
func TestInstanceStays(t *testing.T) {
	home := t.TempDir()
	start := func() *app {
		return &app{getenv: func(k string) string { return map[string]string{"HOME": home}[k] }}
	}
	end := func(a *app) {
		for _, f := range a.instances {
			f.Close()
		}
	}
	first := start()
	work := first.instance("work")
	if !isInstance(work) {
		t.Fatalf("%q is no URN of a UUID", work)
	}
	if other := first.instance("home/../x"); other == work || !isInstance(other) {
		t.Errorf("another account is %q", other)
	}
	second := start()
	beside := second.instance("work")
	if beside == work {
		t.Error("two runs side by side are one phone")
	}
	end(first)
	end(second)
	again := start()
	if got := again.instance("work"); got != work {
		t.Errorf("after a restart %q, before %q", got, work)
	}
	if got := again.instance("work"); got != beside {
		t.Errorf("the second after a restart %q, before %q", got, beside)
	}
	end(again)
	files, err := filepath.Glob(filepath.Join(home, ".local/state/offhook/instances/*"))
	if err != nil || len(files) != 3 {
		t.Fatalf("%v: %v", files, err)
	}
	for _, name := range files {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v", name, info.Mode())
		}
		if err := os.WriteFile(name, []byte("spoilt"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	spoilt := start()
	fresh := spoilt.instance("work")
	end(spoilt)
	last := start()
	if got := last.instance("work"); fresh == work || got != fresh {
		t.Errorf("after the file was spoilt %q, then %q", fresh, got)
	}
	end(last)
}

// Without a place to keep it an instance is of one run.
func TestInstanceWithoutAHome(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	a := &app{getenv: func(string) string { return file }}
	if got := a.instance("work"); !isInstance(got) {
		t.Errorf("%q", got)
	}
}
