package lab

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience bounds every wait: long enough for a busy machine, and never waited
// out by a test that passes.
const patience = 30 * time.Second

// Process is a program under the test's control. Its lines are kept and can be
// waited for; the test's end ends it.
type Process struct {
	t    testing.TB
	name string
	cmd  *exec.Cmd

	mu    sync.Mutex
	lines []string      // guarded by mu
	more  chan struct{} // guarded by mu; closed and replaced at each line and at the end
	ended bool          // guarded by mu

	done chan struct{} // closed when the process was reaped
	err  error         // of Wait; read after done
}

// Run starts a program in its own process group.
func Run(t testing.TB, name string, args []string, opts ...func(*exec.Cmd)) *Process {
	t.Helper()
	p := &Process{t: t, name: name, cmd: exec.Command(name, args...), more: make(chan struct{}), done: make(chan struct{})}
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	for _, o := range opts {
		o(p.cmd)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	if p.cmd.Stdout == nil {
		p.cmd.Stdout = w
	}
	if p.cmd.Stderr == nil {
		p.cmd.Stderr = w
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", name, err)
	}
	w.Close()
	read := make(chan struct{})
	go func() {
		defer close(read)
		p.read(r)
	}()
	go func() {
		<-read
		p.err = p.cmd.Wait()
		r.Close()
		p.mu.Lock()
		p.ended = true
		close(p.more)
		p.more = make(chan struct{})
		p.mu.Unlock()
		close(p.done)
	}()
	t.Cleanup(func() {
		p.Stop()
		if t.Failed() {
			t.Logf("--- %s said:\n%s", p.cmd.String(), p.Output())
		}
	})
	return p
}

// Pid is the process's number.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// Dir and Env are options of Run.
func Dir(dir string) func(*exec.Cmd) { return func(c *exec.Cmd) { c.Dir = dir } }

// Env adds to the environment.
func Env(kv ...string) func(*exec.Cmd) {
	return func(c *exec.Cmd) {
		if c.Env == nil {
			c.Env = os.Environ()
		}
		c.Env = append(c.Env, kv...)
	}
}

func (p *Process) read(r io.Reader) {
	s := bufio.NewScanner(r)
	s.Buffer(nil, 1<<20)
	s.Split(splitLines)
	for s.Scan() {
		p.mu.Lock()
		p.lines = append(p.lines, s.Text())
		close(p.more)
		p.more = make(chan struct{})
		p.mu.Unlock()
	}
}

// splitLines ends lines at LF and at the CR of a status line redrawn in place.
func splitLines(data []byte, atEOF bool) (int, []byte, error) {
	if i := bytes.IndexAny(data, "\r\n"); i >= 0 {
		if data[i] == '\r' && i+1 < len(data) && data[i+1] == '\n' {
			return i + 2, data[:i], nil
		}
		return i + 1, data[:i], nil
	}
	if atEOF && len(data) > 0 {
		return len(data), data, nil
	}
	return 0, nil, nil
}

// Output is everything the process printed so far.
func (p *Process) Output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.lines, "\n")
}

// Await waits for a line that matches, among all lines from the given index on
// (0: from the start), and returns its submatches and the index after it.
func (p *Process) Await(pattern string, from int) ([]string, int) {
	p.t.Helper()
	re := regexp.MustCompile(pattern)
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		p.mu.Lock()
		lines, more, ended := p.lines, p.more, p.ended
		p.mu.Unlock()
		for ; from < len(lines); from++ {
			if m := re.FindStringSubmatch(lines[from]); m != nil {
				return m, from + 1
			}
		}
		if ended {
			p.t.Fatalf("%s ended without a line that matches %q; it said:\n%s", p.name, pattern, p.Output())
		}
		select {
		case <-more:
		case <-timer.C:
			p.t.Fatalf("%s: no line matches %q within %v; it said:\n%s", p.name, pattern, patience, p.Output())
		}
	}
}

// Mark is the index for Await that skips what was printed up to now.
func (p *Process) Mark() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.lines)
}

// Signal sends a signal to the process alone.
func (p *Process) Signal(s os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.t.Errorf("signal %s: %v", p.name, err)
	}
}

// Wait waits for the end and returns the exit code (-1: killed by a signal).
func (p *Process) Wait() int {
	p.t.Helper()
	const limit = 3 * time.Minute
	select {
	case <-p.done:
	case <-time.After(limit):
		p.t.Fatalf("%s hasn't ended after %v; it said:\n%s", p.name, limit, p.Output())
	}
	var exit *exec.ExitError
	if p.err != nil && !errors.As(p.err, &exit) {
		p.t.Fatalf("%s: %v", p.name, p.err)
	}
	return p.cmd.ProcessState.ExitCode()
}

// Stop ends the process and its children: SIGTERM, then SIGKILL.
func (p *Process) Stop() {
	group := -p.cmd.Process.Pid
	select {
	case <-p.done:
		return
	default:
	}
	_ = syscall.Kill(group, syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(5 * time.Second):
		_ = syscall.Kill(group, syscall.SIGKILL)
		<-p.done
	}
}

// Kill ends the process and its children as a crash would: no handler of theirs runs.
func (p *Process) Kill() {
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	<-p.done
}
