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
	"offhook/ua/trace"
)

// app is the process around a command.
type app struct {
	stdin          *os.File
	stdout, stderr io.Writer
	getenv         func(string) string
	now            func() time.Time
	homeless       error // why there is nowhere to keep files; nil when there is
	global         globalFlags
	instances      []*os.File // held: see instance
}

func newApp() *app {
	a := &app{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, now: time.Now}
	a.getenv, a.homeless = environment(os.Getenv, passwdHome)
	// Sound libraries write to descriptor 2 what nobody wants on a screen.
	if stderr, err := device.Hush(); err == nil {
		os.Stderr = stderr
		a.stderr = stderr
	}
	return a
}

// run executes the command line and gives the exit code.
func (a *app) run(args []string) int {
	root := a.commandFor(args)
	root.SetArgs(args)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	return a.execute(root)
}

// execute runs a command and complains of what went wrong.
func (a *app) execute(root *cobra.Command) int {
	cmd, err := guarded(root)
	if err == nil {
		return int(exitOK)
	}
	code := exitUsage // an error without a code is cobra's
	var known *exitError
	if errors.As(err, &known) {
		code = known.code
	}
	if known == nil {
		err = usageError(cmd, err)
	}
	if known == nil || known.err != nil {
		a.complain(err)
		if code == exitUsage {
			fmt.Fprintf(a.stderr, "Try: %s --help\n", cmd.CommandPath())
		}
	}
	return int(code)
}

// guarded executes a command. A panic of its goroutine is an error like others: the exit code says
// so (the runtime's own is that of a wrong command line), and what is printed has no secrets.
func guarded(root *cobra.Command) (cmd *cobra.Command, err error) {
	defer func() {
		if r := recover(); r != nil {
			cmd, err = root, fail(exitInternal, trace.Panicked(r))
		}
	}()
	return root.ExecuteC()
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

// note tells a person what goes on, on stderr; a program needn't know.
func (a *app) note(format string, args ...any) {
	if !a.global.json {
		fmt.Fprintf(a.stderr, "offhook: "+format+"\n", args...)
	}
}

// typed gives every error of a command itself an exit code: what is left without
// one is cobra's opinion of the command line.
func typed(c *cobra.Command) {
	if run := c.RunE; run != nil {
		c.RunE = func(cmd *cobra.Command, args []string) error {
			err := run(cmd, args)
			var known *exitError
			if err == nil || errors.As(err, &known) {
				return err
			}
			return fail(codeOf(err), err)
		}
	}
	for _, sub := range c.Commands() {
		typed(sub)
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
	return newLog(a.stderr, level)
}

func (a *app) printer() *printer { return newPrinter(a.stdout, a.global.json) }
