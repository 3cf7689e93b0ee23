package lab

import (
	"fmt"
	"os"
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
	raw    string // the file of what was written to it
}

// StartTerminal runs a command in a new terminal.
func StartTerminal(t testing.TB, width, height int, env []string, argv ...string) *Terminal {
	t.Helper()
	Need(t, "tmux")
	dir := t.TempDir()
	term := &Terminal{t: t, socket: filepath.Join(dir, "tmux"), raw: filepath.Join(dir, "written")}
	args := []string{"-f", "/dev/null", "new-session", "-d", "-x", strconv.Itoa(width), "-y", strconv.Itoa(height)}
	for _, kv := range env {
		args = append(args, "-e", kv)
	}
	// The pane stays after the command's end, so that its last words can be read.
	quoted := make([]string, len(argv))
	for i, a := range argv {
		quoted[i] = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
	}
	args = append(args, "sh", "-c", "was=$(stty -g); "+strings.Join(quoted, " ")+
		`; echo "exit code $?"; [ "$(stty -g)" = "$was" ] && echo "same modes"; read -r _`)
	// One client runs both, so that nothing is written before it is kept.
	term.tmux(append(args, ";", "pipe-pane", "cat >'"+term.raw+"'")...)
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
	cmd := exec.Command("tmux", append([]string{"-S", t.socket}, args...)...)
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "TERM=xterm-256color", "TMUX=")
	out, err := cmd.CombinedOutput()
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

// Resize makes the terminal another size.
func (t *Terminal) Resize(width, height int) {
	t.t.Helper()
	t.tmux("resize-window", "-x", strconv.Itoa(width), "-y", strconv.Itoa(height))
}

// Written is everything that was written to the terminal up to now, with its
// escape sequences: also what was drawn over at once.
func (t *Terminal) Written() string {
	t.t.Helper()
	b, err := os.ReadFile(t.raw)
	if err != nil {
		t.t.Fatal(err)
	}
	return string(b)
}

// Ended waits for the command's exit code, and fails the test unless the terminal
// is as it was: its first screen, the cursor there, no mouse, the same modes.
func (t *Terminal) Ended(code int) {
	t.t.Helper()
	t.Await(fmt.Sprintf(`(?m)^exit code %d\n`, code))
	t.Await(`(?m)^same modes$`)
	const want = "0 1 0"
	if got := strings.TrimSpace(t.tmux("display-message", "-p", "#{alternate_on} #{cursor_flag} #{mouse_any_flag}")); got != want {
		t.t.Errorf("alternate screen, cursor, mouse are %q, want %q", got, want)
	}
}

// Fits fails the test when a line is wider than the terminal.
func (t *Terminal) Fits(width int) {
	t.t.Helper()
	// -J joins what the terminal had to wrap.
	for i, line := range strings.Split(t.tmux("capture-pane", "-p", "-J"), "\n") {
		if n := len([]rune(line)); n > width {
			t.t.Errorf("line %d has %d columns of %d: %q", i+1, n, width, line)
		}
	}
}

// Size is "80x24".
func Size(width, height int) string { return fmt.Sprintf("%dx%d", width, height) }
