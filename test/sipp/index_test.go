package sipp

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// rfcs are those that have a scenario at the least.
var rfcs = strings.Fields(`3261 3262 3263 3264 3311 3323 3325 3326 3327 3420 3428 3515 3608 3680 3842 3856 3863
	3891 3903 3911 4028 4235 4488 5373 5626 5627 5806 6035 6086 6228 6665 7044`)

// row is a line of README.md's table: RFC, scenario, tests, what it shows.
var row = regexp.MustCompile("(?m)^\\| (\\d+) [^|]+ \\| `(rfc(\\d+)_[a-z0-9_]+\\.xml)` \\| ([^|]+) \\| ([^|]+) \\|$")

// bodies gives each test of a folder its text, from its name to the next function's.
func bodies(t *testing.T, dir string) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil || len(files) == 0 {
		t.Fatal("no tests in ", dir, err)
	}
	out := map[string]string{}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, fn := range strings.Split(string(b), "\nfunc ")[1:] {
			name, body, _ := strings.Cut(fn, "(")
			out[name] = body
		}
	}
	return out
}

// TestIndex compares the table with the scenarios and with the tests that run them.
func TestIndex(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	tests := bodies(t, filepath.Join("..", "peers"))
	var listed, covered []string
	for _, m := range row.FindAllStringSubmatch(string(readme), -1) {
		rfc, file, named := m[1], m[2], m[3]
		listed, covered = append(listed, file), append(covered, rfc)
		if rfc != named {
			t.Errorf("%s stands under RFC %s", file, rfc)
		}
		for name := range strings.SplitSeq(m[4], ", ") {
			name = strings.Trim(name, "`")
			if body, ok := tests[name]; !ok || !strings.Contains(body, `"`+file+`"`) {
				t.Errorf("%s doesn't run %s", name, file)
			}
		}
		for name, body := range tests {
			if strings.Contains(body, `"`+file+`"`) && !strings.Contains(m[4], "`"+name+"`") {
				t.Errorf("%s runs %s, and doesn't stand beside it", name, file)
			}
		}
	}
	there, err := filepath.Glob("*.xml")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range there {
		if !slices.Contains(listed, file) {
			t.Errorf("%s stands in no row", file)
		}
	}
	for _, file := range listed {
		if !slices.Contains(there, file) {
			t.Errorf("%s isn't there", file)
		}
	}
	for _, rfc := range rfcs {
		if !slices.Contains(covered, rfc) {
			t.Errorf("RFC %s has no scenario", rfc)
		}
	}
}

// TestWellFormed reads every scenario as sipp does: as XML.
func TestWellFormed(t *testing.T) {
	files, err := filepath.Glob("*.xml")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		dec := xml.NewDecoder(bytes.NewReader(b))
		dec.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
		for err == nil {
			_, err = dec.Token()
		}
		if !errors.Is(err, io.EOF) {
			t.Errorf("%s: %v", file, err)
		}
	}
}
