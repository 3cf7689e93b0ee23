package soundfile

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// A pipe would keep the call waiting for who writes to it, and can't be played again: it is
// refused, and at once.
func TestPipeIsNotPlayed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe.wav")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0) // so that opening it to read doesn't wait
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w, err := newWAVWriter(f, 8000, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(make([]int16, 100)); err != nil {
		t.Fatal(err)
	}
	w.spill()
	if s, err := Open(path); !errors.Is(err, ErrFormat) {
		if err == nil {
			s.Close()
		}
		t.Errorf("%v, want ErrFormat", err)
	}
}
