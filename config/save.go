package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// Edit changes a file in place: it reads it (an absent one is empty), hands it
// to change, checks that the result can be loaded, and saves it. A lock beside
// the file keeps two offhooks from losing each other's edit.
func Edit(path string, change func(*Document) error) error {
	path = throughLink(path)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("config: %w", err)
	}
	unlock, err := lock(path)
	if err != nil {
		return err
	}
	defer unlock()
	text, _, err := read(path)
	if err != nil && !Missing(err) {
		return err
	}
	doc, err := NewDocument(path, text)
	if err != nil {
		return err
	}
	if err := change(doc); err != nil {
		return err
	}
	return save(path, doc.Text())
}

// throughLink gives the file a symbolic link leads to, so that a save doesn't
// replace the link of somebody who keeps the file elsewhere.
func throughLink(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return path
}

// save replaces a file whole or not at all, whenever the process dies: a
// temporary file in the same directory, fsync, rename, fsync of the directory.
// The mode is 0600 always: the file may hold secrets later.
func save(path, text string) (err error) {
	dir := filepath.Dir(path)
	tmp, err := os.CreateTemp(dir, ".config-*.tmp") // 0600
	if err != nil {
		return fmt.Errorf("config: cannot save: %w", err)
	}
	defer func() {
		if err != nil {
			_ = tmp.Close()
			_ = os.Remove(tmp.Name())
			err = fmt.Errorf("config: cannot save %s: %w", path, err)
		}
	}()
	if _, err = tmp.WriteString(text); err != nil {
		return err
	}
	if err = tmp.Sync(); err != nil {
		return err
	}
	if err = tmp.Close(); err != nil {
		return err
	}
	if err = os.Rename(tmp.Name(), path); err != nil {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// lock takes an advisory lock; the kernel drops it when the process dies.
func lock(path string) (unlock func(), err error) {
	f, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("config: cannot lock: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("config: cannot lock %s: %w", path, err)
	}
	return func() { _ = f.Close() }, nil
}

// WriteSecret stores a password as the first line of a file of mode 0600,
// replacing it whole.
func WriteSecret(path string, s Secret) error { return save(path, string(s)+"\n") }
