package soundfile

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// ErrFormat is wrapped by the error for a file that can't be played.
var ErrFormat = errors.New("can't be played")

// Reader is a file that is being played: a source that can start over.
type Reader interface {
	// Rate is the sample rate in Hz; it never changes.
	Rate() int
	// Read fills dst with mono PCM and returns how many samples it wrote. Fewer than
	// len(dst) comes with io.EOF at the end of the file.
	Read(dst []int16) (int, error)
	// Rewind goes back to the first sample.
	Rewind() error
	Close() error
}

// Open opens the file at path: WAV, Ogg-Opus, or samples without a header, which its
// extension tells (see rawFormatOf). Errors say what was wrong with it and what to do.
func Open(path string) (Reader, error) {
	// Before it is opened: a pipe would wait for who writes to it, and keep the call waiting
	// at each read.
	if st, err := os.Stat(path); err == nil && !st.Mode().IsRegular() && !st.IsDir() {
		return nil, fmt.Errorf("%s: %w: it is a pipe or a device; write what comes from it to a file first", path, ErrFormat)
	}
	f, err := openFile(path)
	if err != nil {
		return nil, err
	}
	r, err := read(f, path)
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

func read(f *os.File, path string) (Reader, error) {
	var magic [12]byte
	n, err := io.ReadFull(f, magic[:])
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	switch id := string(magic[:min(n, 4)]); {
	case id == "OggS":
		return readOpus(f)
	case id == "RIFF" || id == "RF64" || id == "RIFX":
		return readWAV(f)
	}
	if format, ok := rawFormatOf(path); ok {
		return readRaw(f, format)
	}
	if ext := strings.ToLower(filepath.Ext(path)); ext == ".wav" || ext == "" {
		return readWAV(f) // which says what is wrong with it
	}
	return nil, fmt.Errorf("%w: it is neither WAV nor Ogg-Opus; sox or ffmpeg makes one of it: ffmpeg -i %s out.wav", ErrFormat, filepath.Base(path))
}

// openFile refuses a folder, which the system opens as well.
func openFile(path string) (*os.File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	if st, err := f.Stat(); err == nil && st.IsDir() {
		f.Close()
		return nil, fmt.Errorf("%s: is a folder: %w", path, ErrWAV)
	}
	return f, nil
}
