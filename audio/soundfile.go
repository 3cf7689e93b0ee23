package audio

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// ErrSound is wrapped by the error for a file that can't be played.
var ErrSound = errors.New("can't be played")

// Sound is a file that is being played: a Source that can start over. It belongs to one
// goroutine.
//
//	file ──first bytes──> "RIFF", "RF64"  WAV        ─┐
//	                      "OggS"          Ogg-Opus   ─┼─> mono PCM
//	     ──extension────> .raw .ul .al …  no header  ─┘
type Sound interface {
	Source
	// Rewind goes back to the first sample.
	Rewind() error
	Close() error
}

// OpenSound opens the file at path: WAV, Ogg-Opus, or samples without a header, which its
// extension tells (see rawFormatOf). Errors say what was wrong with it and what to do.
func OpenSound(path string) (Sound, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	s, err := openSound(f, path)
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

func openSound(f *os.File, path string) (Sound, error) {
	if st, err := f.Stat(); err == nil && st.IsDir() {
		return nil, fmt.Errorf("is a folder: %w", ErrWAV)
	}
	var magic [12]byte
	n, err := io.ReadFull(f, magic[:])
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return openPipe(f, magic[:n])
	}
	switch id := string(magic[:min(n, 4)]); {
	case id == "OggS":
		return openOpus(f)
	case id == "RIFF" || id == "RF64" || id == "RIFX":
		return openWAV(f)
	}
	if format, ok := rawFormatOf(path); ok {
		return openRaw(f, format)
	}
	if ext := strings.ToLower(filepath.Ext(path)); ext == ".wav" || ext == "" {
		return openWAV(f) // which says what is wrong with it
	}
	return nil, fmt.Errorf("%w: it is neither WAV nor Ogg-Opus; sox or ffmpeg makes one of it: ffmpeg -i %s out.wav", ErrSound, filepath.Base(path))
}

// openPipe plays what can be read but once: a WAV.
func openPipe(f *os.File, begun []byte) (Sound, error) {
	w, err := NewWAVReader(io.MultiReader(bytes.NewReader(begun), f))
	if err != nil {
		return nil, err
	}
	w.closer = f
	return w, nil
}

func openWAV(f *os.File) (Sound, error) {
	w, err := NewWAVReader(f)
	if err != nil {
		return nil, err
	}
	w.src, w.closer = f, f
	return w, nil
}
