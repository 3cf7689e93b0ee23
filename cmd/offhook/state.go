package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
)

// stateDir is where the program keeps what nobody edits: its log, what was dialled.
func (a *app) stateDir() string {
	base := a.getenv("XDG_STATE_HOME")
	if base == "" || !filepath.IsAbs(base) {
		base = filepath.Join(a.getenv("HOME"), ".local", "state")
	}
	return filepath.Join(base, "offhook")
}

// quietLog is the log of a run whose stderr belongs to a screen or a report:
// nothing, unless -v asks for it.
func (a *app) quietLog() *slog.Logger {
	if a.global.verbose == 0 {
		return slog.New(slog.DiscardHandler)
	}
	return a.log()
}

// maxLog is the size from which the log of the screen begins anew.
const maxLog = 4 << 20

// screenLog opens the log file of the screen, which can't have stderr. A log that
// can't be written is none: the phone works without one.
func (a *app) screenLog() (*slog.Logger, io.Closer) {
	dir := a.stateDir()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return slog.New(slog.DiscardHandler), io.NopCloser(nil)
	}
	path := filepath.Join(dir, "offhook.log")
	flags := os.O_CREATE | os.O_WRONLY | os.O_APPEND
	if info, err := os.Stat(path); err == nil && info.Size() > maxLog {
		flags |= os.O_TRUNC
	}
	f, err := os.OpenFile(path, flags, 0o600)
	if err != nil {
		return slog.New(slog.DiscardHandler), io.NopCloser(nil)
	}
	level := slog.LevelInfo
	if a.global.verbose > 0 {
		level = slog.LevelDebug
	}
	return newLog(f, level), f
}

// dialled is the file of what was dialled, a line each, oldest first, where no history is
// kept: the history has it too. Each line is
// appended with one write as soon as it is known, so that a killed process loses
// nothing.
type dialled struct{ f *os.File }

// keepDialled is how many lines the next start remembers.
const keepDialled = 200

// openDialled reads what was dialled before and opens the file for more. Errors
// leave it without memory; the text says why.
func (a *app) openDialled() (d *dialled, before []string, err error) {
	dir := a.stateDir()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return &dialled{}, nil, err
	}
	path := filepath.Join(dir, "dialled")
	before, err = lastLines(path, keepDialled)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return &dialled{}, nil, err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return &dialled{}, before, err
	}
	return &dialled{f}, before, nil
}

// add appends a target.
func (d *dialled) add(target string) error {
	if d.f == nil || target == "" || strings.ContainsAny(target, "\r\n") {
		return nil
	}
	_, err := fmt.Fprintf(d.f, "%s\n", target)
	return err
}

func (d *dialled) close() error {
	if d.f == nil {
		return nil
	}
	return d.f.Close()
}

// lastLines reads at most n lines from the end of a file.
func lastLines(path string, n int) ([]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	// 1 KiB a line is far more than an address has.
	if info, err := f.Stat(); err == nil && info.Size() > int64(n)<<10 {
		if _, err := f.Seek(-int64(n)<<10, io.SeekEnd); err != nil {
			return nil, err
		}
	}
	var lines []string
	s := bufio.NewScanner(f)
	for s.Scan() {
		if line := strings.TrimSpace(s.Text()); line != "" {
			lines = append(lines, line)
		}
	}
	return lines[max(0, len(lines)-n):], s.Err()
}
