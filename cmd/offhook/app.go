package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"offhook/audio/device"
)

// app is the process around a command.
type app struct {
	stdin          *os.File
	stdout, stderr io.Writer
	getenv         func(string) string
	now            func() time.Time
	global         globalFlags
}

func newApp() *app {
	a := &app{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv, now: time.Now}
	// Sound libraries write to descriptor 2 what nobody wants on a screen.
	if stderr, err := device.Hush(); err == nil {
		os.Stderr = stderr
		a.stderr = stderr
	}
	return a
}

// run executes the command line and gives the exit code.
func (a *app) run(args []string) int {
	root := a.rootCommand()
	root.SetArgs(args)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	cmd, err := root.ExecuteC()
	if err == nil {
		return int(exitOK)
	}
	code := codeOf(err)
	var known *exitError
	if !errors.As(err, &known) && isUsage(err) {
		code = exitUsage
	}
	if known == nil || known.err != nil {
		a.complain(err)
		if code == exitUsage {
			fmt.Fprintf(a.stderr, "Try: %s --help\n", cmd.CommandPath())
		}
	}
	return int(code)
}

// complain prints an error as "offhook: …", each line of it.
func (a *app) complain(err error) {
	for line := range strings.Lines(err.Error()) {
		fmt.Fprintf(a.stderr, "offhook: %s\n", strings.TrimRight(line, "\n"))
	}
}

func (a *app) warn(format string, args ...any) {
	fmt.Fprintf(a.stderr, "offhook: warning: "+format+"\n", args...)
}

// usageError marks what cobra itself says about a command line.
type usageError struct{ error }

func (u usageError) Unwrap() error { return u.error }

// isUsage tells cobra's errors, which have no type, from a command's own: those
// all pass through fail. What is left is an unknown command.
func isUsage(err error) bool {
	var u usageError
	return errors.As(err, &u) || strings.HasPrefix(err.Error(), "unknown command")
}

// args makes cobra's check of arguments a usage error.
func args(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return usageError{err}
		}
		return nil
	}
}

// interactive says whether a person sits at both ends.
func (a *app) interactive() bool {
	out, ok := a.stdout.(*os.File)
	return ok && a.stdin != nil && term.IsTerminal(a.stdin.Fd()) && term.IsTerminal(out.Fd()) && a.getenv("TERM") != "dumb"
}

// log is the program's log on stderr, as much as -v asks for.
func (a *app) log() *slog.Logger {
	level := slog.LevelWarn
	switch {
	case a.global.verbose >= 2:
		level = slog.LevelDebug
	case a.global.verbose == 1:
		level = slog.LevelInfo
	}
	return slog.New(slog.NewTextHandler(a.stderr, &slog.HandlerOptions{Level: level}))
}

func (a *app) printer() *printer { return newPrinter(a.stdout, a.global.json) }
