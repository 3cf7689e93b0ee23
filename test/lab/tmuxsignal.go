package lab

import (
	"os"
	"strconv"
	"strings"
	"syscall"
)

// Signal sends a signal to the command that runs in the terminal.
func (t *Terminal) Signal(s syscall.Signal) {
	t.t.Helper()
	shell := strings.TrimSpace(t.tmux("display-message", "-p", "#{pane_pid}"))
	children, err := os.ReadFile("/proc/" + shell + "/task/" + shell + "/children")
	if err != nil {
		t.t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(children)))
	if err != nil {
		t.t.Fatalf("the terminal's shell runs %q: %v", children, err)
	}
	if err := syscall.Kill(pid, s); err != nil {
		t.t.Fatal(err)
	}
}
