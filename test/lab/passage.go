package lab

import (
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
)

// Passage is some ten seconds of speech at a rate, of two speakers in turn, with a
// pause after each; different n begin with different ones. What it holds is the
// telephone's band.
func Passage(t testing.TB, n, rate int) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "passage.wav")
	args := []string{Speech(t, n), Speech(t, n+1), "-r", strconv.Itoa(rate), out, "pad", "0.3", "0.5"}
	if msg, err := exec.Command("sox", args...).CombinedOutput(); err != nil {
		t.Fatalf("sox: %v\n%s", err, msg)
	}
	return out
}
