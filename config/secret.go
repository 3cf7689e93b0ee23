package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Vault gives access to the places where passwords are. A nil function means
// that the place can't be reached here, and why is Reason's to say.
type Vault struct {
	Getenv func(string) string
	// Keyring asks the desktop's keyring for the password of an account.
	Keyring func(account string) (string, error)
	// Prompt asks the person at the terminal.
	Prompt func(question string) (string, error)
}

// ErrNoPassword is wrapped when the place that an account names holds no password.
var ErrNoPassword = errors.New("no password")

// PasswordOf gets an account's password from where the account says. An account
// that names no place has none, and that is no error: a registrar may not ask.
// The warning is about a file that others can read.
func (v Vault) PasswordOf(a Account) (password Secret, warning string, err error) {
	return v.passwordOf(a, fmt.Sprintf("account %q", a.Name))
}

// passwordOf says in errors whose password it is.
func (v Vault) passwordOf(a Account, whose string) (password Secret, warning string, err error) {
	switch {
	case a.Password != "":
		return a.Password, "", nil
	case a.PasswordEnv != "":
		p := v.Getenv(a.PasswordEnv)
		if p == "" {
			return "", "", fmt.Errorf("%w for %s: the environment variable %s is not set", ErrNoPassword, whose, a.PasswordEnv)
		}
		return Secret(p), "", nil
	case a.PasswordFile != "":
		return passwordFile(whose, v.home(a.PasswordFile))
	case a.PasswordKeyring:
		if v.Keyring == nil {
			return "", "", fmt.Errorf("%w for %s: no keyring here; use password_file or password_env", ErrNoPassword, whose)
		}
		p, err := v.Keyring(a.Name)
		if err != nil {
			return "", "", fmt.Errorf("%w for %s: the keyring says: %w; use password_file or password_env where there is no desktop session", ErrNoPassword, whose, err)
		}
		return Secret(p), "", nil
	case a.PasswordPrompt:
		if v.Prompt == nil {
			return "", "", fmt.Errorf("%w for %s: nobody to ask, standard input is no terminal", ErrNoPassword, whose)
		}
		p, err := v.Prompt(fmt.Sprintf("Password for %s: ", a.AOR))
		if err != nil {
			return "", "", fmt.Errorf("%w for %s: %w", ErrNoPassword, whose, err)
		}
		return Secret(p), "", nil
	}
	return "", "", nil
}

func (v Vault) home(path string) string {
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		return filepath.Join(v.Getenv("HOME"), rest)
	}
	return path
}

// maxPassword bounds the first line of a password file.
const maxPassword = 4096

func passwordFile(whose, path string) (Secret, string, error) {
	fail := func(err error) (Secret, string, error) {
		return "", "", fmt.Errorf("%w for %s: %w", ErrNoPassword, whose, err)
	}
	f, err := os.Open(path)
	if err != nil {
		return fail(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return fail(err)
	}
	buf := make([]byte, maxPassword)
	n, err := f.Read(buf)
	line, _, _ := strings.Cut(string(buf[:n]), "\n")
	line = strings.TrimSuffix(line, "\r")
	if line == "" {
		if err == nil || errors.Is(err, io.EOF) {
			err = fmt.Errorf("the first line of %s is empty", path)
		}
		return fail(err)
	}
	warning := ""
	if info.Mode().IsRegular() && info.Mode().Perm()&0o077 != 0 {
		warning = fmt.Sprintf("%s holds a password and others can read it: chmod 600 %s", path, path)
	}
	return Secret(line), warning, nil
}
