package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

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
	dir := filepath.Dir(path)
	if info, err := os.Stat(dir); err != nil {
		return failf(exitUsage, "%s: %w", flag, err)
	} else if !info.IsDir() {
		return failf(exitUsage, "%s: %s is no directory", flag, dir)
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return failf(exitUsage, "%s: %s is a directory; name a file in it, such as %s", flag, path, filepath.Join(path, "call.wav"))
	}
	if err := writable(path); err != nil {
		return failf(exitUsage, "%s: %w", flag, err)
	}
	return nil
}

// writable says why a file can't be written, without leaving a trace of the question.
func writable(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err == nil {
		return f.Close()
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err = os.CreateTemp(filepath.Dir(path), ".offhook-*")
	if err != nil {
		return fmt.Errorf("nothing can be written to %s: %w", filepath.Dir(path), err)
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// checkFolder says why the file that stands in for an ear has no place to be.
func checkFolder(spec string) error {
	path, ok := strings.CutPrefix(spec, "file:")
	if !ok {
		return nil
	}
	if info, err := os.Stat(filepath.Dir(path)); err != nil {
		return err
	} else if !info.IsDir() {
		return fmt.Errorf("%s is no directory", filepath.Dir(path))
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
