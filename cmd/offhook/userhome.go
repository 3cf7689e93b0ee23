package main

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"

	"github.com/spf13/cobra"
)

// environment is getenv with a HOME that the password database knows when the variable
// doesn't say, as under cron and in services. Without one, files would be written to and,
// worse, read from the current directory: the error says so, unless each kind of file has
// a place by its own variable.
func environment(getenv func(string) string, passwd func() (string, error)) (func(string) string, error) {
	home := getenv("HOME")
	if filepath.IsAbs(home) {
		return getenv, nil
	}
	home, err := passwd()
	if err == nil && !filepath.IsAbs(home) {
		err = errors.New("the password database names none")
	}
	with := func(name string) string {
		if name == "HOME" {
			return home
		}
		return getenv(name)
	}
	if err == nil {
		return with, nil
	}
	home = ""
	for _, name := range []string{"XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME"} {
		if !filepath.IsAbs(getenv(name)) {
			return with, fmt.Errorf("there is no home directory to keep files in: HOME isn't set, and %w; set HOME, or XDG_CONFIG_HOME, XDG_STATE_HOME and XDG_DATA_HOME", err)
		}
	}
	return with, nil
}

func passwdHome() (string, error) {
	u, err := user.LookupId(fmt.Sprint(os.Getuid()))
	if err != nil {
		return "", fmt.Errorf("the password database doesn't help: %w", err)
	}
	return u.HomeDir, nil
}

// keepsFiles is false of commands that only tell about the program.
func keepsFiles(cmd *cobra.Command) bool {
	for c := cmd; c != nil; c = c.Parent() {
		switch c.Name() {
		case "help", "version", "completion", "gen", cobra.ShellCompRequestCmd, cobra.ShellCompNoDescRequestCmd:
			return false
		}
	}
	return true
}
