package lab

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Terminal is a tmux session of a given size in which the TUI runs.
type Terminal struct {
	t      testing.TB
	socket string
}

// StartTerminal runs a command in a new terminal.
func StartTerminal(t testing.TB, width, height int, env []string, argv ...string) *Terminal {
	t.Helper()
	Need(t, "tmux")
	term := &Terminal{t: t, socket: filepath.Join(t.TempDir(), "tmux")}
	args := []string{"-f", "/dev/null", "new-session", "-d", "-x", strconv.Itoa(width), "-y", strconv.Itoa(height)}
	for _, kv := range env {
		args = append(args, "-e", kv)
	}
	// The pane stays after the command's end, so that its last words can be read.
	quoted := make([]string, len(argv))
	for i, a := range argv {
		quoted[i] = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
	}
	args = append(args, "sh", "-c", strings.Join(quoted, " ")+`; echo "exit code $?"; read -r _`)
	term.tmux(args...)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the screen at the end:\n%s", term.Screen())
		}
		term.tmux("kill-server")
	})
	return term
}

func (t *Terminal) tmux(args ...string) string {
	t.t.Helper()
	out, err := exec.Command("tmux", append([]string{"-S", t.socket}, args...)...).CombinedOutput()
	if err != nil {
		t.t.Fatalf("tmux %v: %v\n%s", args, err, out)
	}
	return string(out)
}

// Type sends text as typed.
func (t *Terminal) Type(text string) { t.t.Helper(); t.tmux("send-keys", "-l", text) }

// Key sends keys by tmux's names: "Enter", "Escape", "C-c".
func (t *Terminal) Key(names ...string) {
	t.t.Helper()
	t.tmux(append([]string{"send-keys"}, names...)...)
}

// Screen is what a person sees now.
func (t *Terminal) Screen() string { t.t.Helper(); return t.tmux("capture-pane", "-p") }

// Await waits until the screen matches and returns it.
func (t *Terminal) Await(pattern string) string {
	t.t.Helper()
	re := regexp.MustCompile(pattern)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-tick.C {
		if s := t.Screen(); re.MatchString(s) {
			return s
		}
	}
	t.t.Fatalf("the screen never matched %q:\n%s", pattern, t.Screen())
	return ""
}

// AwaitGone waits until the screen doesn't match any more.
func (t *Terminal) AwaitGone(pattern string) {
	t.t.Helper()
	re := regexp.MustCompile(pattern)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-tick.C {
		if !re.MatchString(t.Screen()) {
			return
		}
	}
	t.t.Fatalf("the screen still matches %q:\n%s", pattern, t.Screen())
}

// Fits fails the test when a line is wider than the terminal.
func (t *Terminal) Fits(width int) {
	t.t.Helper()
	for i, line := range strings.Split(t.Screen(), "\n") {
		if n := len([]rune(line)); n > width {
			t.t.Errorf("line %d has %d columns of %d: %q", i+1, n, width, line)
		}
	}
}

// Size is "80x24".
func Size(width, height int) string { return fmt.Sprintf("%dx%d", width, height) }
