package audio

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"offhook/audio/soundfile"
)

// RecordLayout is who is on which channel of a recording.
type RecordLayout uint8

const (
	// RecordSplit is stereo: left what we send, right what we hear.
	RecordSplit RecordLayout = iota
	// RecordMixed is mono: both.
	RecordMixed
)

func (l RecordLayout) channels() int {
	if l == RecordMixed {
		return 1
	}
	return 2
}

// RecordOptions say how to record. The zero value is stereo without notice.
type RecordOptions struct {
	Layout RecordLayout
	// Notice plays a short beep to both sides each 15 s, so that all know of the recording.
	Notice bool
}

// recordings hands out names: within one run no recording overwrites another.
type recordings struct {
	mu   sync.Mutex
	used map[string]struct{} // by whole path
}

// create makes the file for a recording at path, or beside it, "call-2.wav" for
// "call.wav", when the run has recorded to path before. The extension tells the format
// (see soundfile.NewWriter).
func (r *recordings) create(path string, rate, channels int) (string, soundfile.Writer, error) {
	if err := soundfile.CheckName(path); err != nil {
		return "", nil, err
	}
	path, f, err := r.open(path)
	if err != nil {
		return "", nil, err
	}
	w, err := soundfile.NewWriter(f, path, rate, channels)
	if err != nil {
		f.Close()
		return "", nil, fmt.Errorf("%s: %w", path, err)
	}
	return path, w, nil
}

func (r *recordings) open(path string) (string, *os.File, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	whole, err := wholePath(path)
	if err != nil {
		return "", nil, err
	}
	flags := os.O_TRUNC
	if _, again := r.used[whole]; again {
		flags = os.O_EXCL
	}
	ext := filepath.Ext(path)
	stem, asked := strings.TrimSuffix(path, ext), path
	for n := 2; ; n++ {
		if flags == os.O_TRUNC || path != asked {
			// A new one is private: what was said in a call is nobody else's.
			f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|flags, 0o600)
			if err == nil {
				if whole, err = wholePath(path); err == nil {
					r.remember(whole)
				}
				return path, f, err
			}
			if !errors.Is(err, fs.ErrExist) || n > maxNumbered {
				return "", nil, err
			}
		}
		path = fmt.Sprintf("%s-%d%s", stem, n, ext)
	}
}

// maxNumbered bounds the search for a free name.
const maxNumbered = 10000

func (r *recordings) remember(whole string) {
	if r.used == nil {
		r.used = map[string]struct{}{}
	}
	r.used[whole] = struct{}{}
}

// wholePath is the one name of a file, however it was written.
func wholePath(path string) (string, error) {
	whole, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if dir, err := filepath.EvalSymlinks(filepath.Dir(whole)); err == nil {
		whole = filepath.Join(dir, filepath.Base(whole))
	}
	return whole, nil
}
