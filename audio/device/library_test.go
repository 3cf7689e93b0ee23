package device

import (
	"debug/elf"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestPortAudioIsNotLoadedAtStart reads what the dynamic loader must load for this
// test program, which calls PortAudio.
func TestPortAudioIsNotLoadedAtStart(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	f, err := elf.Open(self)
	if err != nil {
		t.Skipf("no ELF program: %v", err)
	}
	defer f.Close()
	needed, err := f.ImportedLibraries()
	if err != nil {
		t.Fatal(err)
	}
	if slices.ContainsFunc(needed, func(l string) bool { return strings.Contains(l, "portaudio") || strings.Contains(l, "asound") }) {
		t.Errorf("the program loads %v at its start", needed)
	}
}
