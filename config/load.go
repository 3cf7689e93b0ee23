package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// maxSize bounds a file: a larger one isn't a configuration.
const maxSize = 1 << 20

// Path is where the file is: $OFFHOOK_CONFIG, or offhook/config.toml below
// $XDG_CONFIG_HOME, or below ~/.config.
func Path(getenv func(string) string) string {
	if p := getenv("OFFHOOK_CONFIG"); p != "" {
		return p
	}
	return filepath.Join(Dir(getenv), "config.toml")
}

// Dir is the directory of the file when nothing names another.
func Dir(getenv func(string) string) string {
	base := getenv("XDG_CONFIG_HOME")
	if base == "" || !filepath.IsAbs(base) {
		base = filepath.Join(getenv("HOME"), ".config")
	}
	return filepath.Join(base, "offhook")
}

// Load reads a file. A missing one gives Default and an error that wraps
// fs.ErrNotExist. Warnings are sentences about things that work but shouldn't be so.
func Load(path string) (c Config, warnings []string, err error) {
	if c, warnings, err = Inspect(path); err != nil {
		return Default(), nil, err
	}
	return c, warnings, nil
}

// Inspect is Load for whoever looks for mistakes: with a *Problems it gives what is right
// in the file, so that the rest can be looked at as well. Nothing may run by that.
func Inspect(path string) (c Config, warnings []string, err error) {
	text, mode, err := read(path)
	if err != nil {
		return Default(), nil, err
	}
	private := mode.Perm()&0o077 == 0
	c, err = parse(path, text, private)
	if err != nil {
		return c, nil, err
	}
	for _, a := range c.Accounts {
		if a.plainPassword() {
			warnings = append(warnings, fmt.Sprintf("%s: a password of account %q stands in the file; %s is safer", path, a.Name, a.saferPlace()))
		}
	}
	return c, warnings, nil
}

func read(path string) (string, fs.FileMode, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", 0, missingError{path}
	}
	if err != nil {
		return "", 0, fmt.Errorf("config: %w", err)
	}
	if info.IsDir() {
		return "", 0, fmt.Errorf("config: %s is a directory, not a file", path)
	}
	if info.Size() > maxSize {
		return "", 0, fmt.Errorf("config: %s is larger than %d bytes: that is no configuration", path, maxSize)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return "", 0, fmt.Errorf("config: %w", err)
	}
	return string(b), info.Mode(), nil
}

// missingError is of a file that isn't there.
type missingError struct{ path string }

func (e missingError) Error() string {
	return fmt.Sprintf("there is no configuration %s; \"offhook config init\" writes one", e.path)
}

func (missingError) Is(target error) bool { return target == fs.ErrNotExist }

// Missing says whether err is that of a file that isn't there.
func Missing(err error) bool { return errors.Is(err, fs.ErrNotExist) }

// saferPlace names the keys that keep an account's plain password elsewhere.
func (a Account) saferPlace() string {
	if a.Password == "" && a.TURNPassword != "" {
		return "turn_password_keyring or turn_password_file"
	}
	return "password_keyring or password_file"
}
