package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/charmbracelet/x/term"
	"github.com/zalando/go-keyring"
)

// keyringService is how the desktop's keyring files our passwords.
const keyringService = "offhook"

func keyringGet(account string) (string, error) {
	p, err := keyring.Get(keyringService, account)
	if errors.Is(err, keyring.ErrNotFound) {
		return "", fmt.Errorf("it has no password for service %q, user %q", keyringService, account)
	}
	return p, err
}

func keyringSet(account, password string) error {
	return keyring.Set(keyringService, account, password)
}

// keyringForget removes a password; one that isn't there is gone already.
func keyringForget(account string) error {
	err := keyring.Delete(keyringService, account)
	if errors.Is(err, keyring.ErrNotFound) {
		return nil
	}
	return err
}

// removeIfThere removes a file; one that isn't there is gone already.
func removeIfThere(path string) error {
	err := os.Remove(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func (a *app) stdinIsTerminal() bool { return a.stdin != nil && term.IsTerminal(a.stdin.Fd()) }

// promptPassword asks without showing what is typed.
func (a *app) promptPassword(question string) (string, error) {
	fmt.Fprint(a.stderr, question)
	b, err := term.ReadPassword(a.stdin.Fd())
	fmt.Fprintln(a.stderr)
	if err == nil && len(b) == 0 {
		err = errors.New("nothing was typed")
	}
	return string(b), err
}

// readPassword gets a new password: asked for at a terminal, the first line of
// standard input elsewhere.
func (a *app) readPassword(question string) (string, error) {
	if a.stdinIsTerminal() {
		return a.promptPassword(question)
	}
	line, err := bufio.NewReader(io.LimitReader(a.stdin, 4096)).ReadString('\n')
	line = strings.TrimRight(line, "\r\n")
	if line == "" {
		if err == nil || errors.Is(err, io.EOF) {
			err = errors.New("the first line is empty")
		}
		return "", fmt.Errorf("no password came: run this in a terminal, which asks for it, or write the password to standard input (%w)", err)
	}
	return line, nil
}
