package device

import (
	"debug/elf"
	"errors"
	"os"
	"os/exec"
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

// TestWithoutALSAConfiguration runs itself: ALSA reads its configuration once a
// process. PortAudio alone would end the process here.
func TestWithoutALSAConfiguration(t *testing.T) {
	const child = "OFFHOOK_TEST_ALSA_CHILD"
	if os.Getenv(child) != "" {
		if _, err := List(); !errors.Is(err, ErrNoDevice) {
			t.Errorf("got %v", err)
		}
		return
	}
	for _, path := range []string{"/nonexistent", os.DevNull} {
		cmd := exec.Command(os.Args[0], "-test.run=^TestWithoutALSAConfiguration$")
		cmd.Env = append(os.Environ(), child+"=1", "ALSA_CONFIG_PATH="+path)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", path, err, out)
		}
	}
}
