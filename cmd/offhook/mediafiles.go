package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"offhook/audio/soundfile"
)

// The files that a call plays and records, looked at before it is made.

// checkSound says why a file can't be played.
func checkSound(path string) error {
	r, err := soundfile.Open(path)
	if err != nil {
		return err
	}
	return r.Close()
}

// checkMedia finds mistakes in file names before a call is made.
func checkMedia(m mediaFlags) error {
	if m.play != "" {
		if err := checkSound(m.play); err != nil {
			return failf(exitUsage, "--play: %w", err)
		}
	}
	if m.holdMusic != "" {
		if err := checkSound(m.holdMusic); err != nil {
			return failf(exitUsage, "--hold-music: %w", err)
		}
	}
	if m.ptime != "" {
		if _, err := ptime(m.ptime); err != nil {
			return err
		}
	}
	if m.playLoop && m.play == "" {
		return failf(exitUsage, "--play-loop needs --play")
	}
	if m.recordConference != "" && !m.set.Changed("conference") {
		return failf(exitUsage, "--record-conference needs --conference")
	}
	if m.record == "" && m.recordConference == "" {
		for _, name := range []string{"record-notice", "record-layout"} {
			if m.set.Changed(name) {
				return failf(exitUsage, "--%s needs --record", name)
			}
		}
	}
	if err := checkRecording("--record", m.record); err != nil {
		return err
	}
	return checkRecording("--record-conference", m.recordConference)
}

// checkRecording says why nothing can be recorded to the file of a flag, before a call is made.
func checkRecording(flag, path string) error {
	if path == "" {
		return nil
	}
	if err := errors.Join(soundfile.CheckName(path), checkNewFile(path)); err != nil {
		return failf(exitUsage, "%s: %w", flag, err)
	}
	return nil
}

// checkNewFile says why there can't be a file at path.
func checkNewFile(path string) error {
	dir := filepath.Dir(path)
	if info, err := os.Stat(dir); err != nil {
		return err
	} else if !info.IsDir() {
		return fmt.Errorf("%s is no directory", dir)
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return fmt.Errorf("%s is a directory; name a file in it, such as %s", path, filepath.Join(path, "call.wav"))
	}
	return writable(path)
}

// writable says why a file can't be written, without leaving a trace of the question.
func writable(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|syscall.O_NONBLOCK, 0) // a pipe that nobody reads would block
	if err == nil {
		return f.Close()
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err = os.CreateTemp(filepath.Dir(path), ".offhook-*")
	if err != nil {
		var why *fs.PathError // of a name that nobody has typed
		if errors.As(err, &why) {
			err = why.Err
		}
		return fmt.Errorf("nothing can be written to %s: %w", filepath.Dir(path), err)
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// checkEarFile says why the file that stands in for an ear can't be written.
func checkEarFile(spec string) error {
	if path, ok := strings.CutPrefix(spec, "file:"); ok {
		return checkNewFile(path)
	}
	return nil
}

// recording names the file of the n-th call: {n} in the pattern is the number;
// without one the second call and later ones get it before the extension, so
// that no call overwrites another.
func recording(pattern string, n int) string {
	if strings.Contains(pattern, "{n}") {
		return strings.ReplaceAll(pattern, "{n}", fmt.Sprint(n))
	}
	if n == 1 {
		return pattern
	}
	ext := filepath.Ext(pattern)
	return fmt.Sprintf("%s-%d%s", strings.TrimSuffix(pattern, ext), n, ext)
}
