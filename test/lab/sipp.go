package lab

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// StartSipp starts sipp with the given arguments, on a port and media port of
// its own, in a folder in which its built-in scenarios find their captures.
func StartSipp(t testing.TB, args ...string) (*Process, int) {
	t.Helper()
	Need(t, "sipp")
	dir := t.TempDir()
	if err := os.Symlink("/usr/share/sip-tester", filepath.Join(dir, "pcap")); err != nil {
		t.Fatal(err)
	}
	port := FreePort(t)
	media := Ports(t, 100) // sipp takes ports after the first too
	full := append([]string{"-i", IP, "-p", strconv.Itoa(port), "-mi", IP, "-mp", strconv.Itoa(media), "-nostdin",
		"-timeout", "180s", "-timeout_error", "-trace_err", "-error_file", filepath.Join(dir, "errors"), "-trace_stat", "-stf", filepath.Join(dir, "stat.csv")}, args...)
	p := Run(t, "sipp", full, Dir(dir), Env("TERM=dumb"))
	t.Cleanup(func() {
		if t.Failed() {
			errs, _ := os.ReadFile(filepath.Join(dir, "errors"))
			t.Logf("sipp's errors:\n%s", errs)
		}
	})
	return p, port
}

// Scenario is the path of a scenario file in test/sipp.
func Scenario(t testing.TB, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "sipp", name))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatal(err)
	}
	return path
}
