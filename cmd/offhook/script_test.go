package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"

	"offhook/config"
	"offhook/internal/pbx"
)

func TestMain(m *testing.M) {
	testscript.Main(leakless{m}, map[string]func(){"offhook": main})
}

// leakless fails a run that leaves a goroutine behind.
type leakless struct{ m *testing.M }

func (l leakless) Run() int {
	code := l.m.Run()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// patience bounds what a script waits for; nothing takes nearly as long.
const patience = 30 * time.Second

// TestScripts runs the real main, as testdata/script tells.
func TestScripts(t *testing.T) {
	certs := newTestCerts(t)
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			env.Setenv("HOME", env.WorkDir)
			env.Setenv("XDG_CONFIG_HOME", env.WorkDir+"/config")
			env.Setenv("XDG_STATE_HOME", env.WorkDir+"/state")
			env.Setenv("OFFHOOK_CONFIG", "")
			// No session bus and no sound server of the machine that tests.
			env.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent")
			env.Setenv("SILENT", "--audio-in=silence")
			env.Setenv("DEAF", "--audio-out=null")
			certs.tell(env)
			env.Values[processesKey] = processes{}
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits":     cmdExits,
			"pbx":       cmdPBX,
			"freeport":  cmdFreePort,
			"start":     cmdStart,
			"interrupt": cmdInterrupt,
			"finish":    cmdFinish,
			"mode":      cmdMode,
		},
	})
}

// cmdExits runs a command and checks its exit code: exits CODE COMMAND ARGS...
func cmdExits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND ARGS...")
	}
	err := ts.Exec(args[1], args[2:]...)
	if got := exitStatus(err); strconv.Itoa(got) != args[0] {
		ts.Fatalf("exit code %d (%v), want %s", got, err, args[0])
	}
}

func exitStatus(err error) int {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.ExitCode()
	}
	return -1
}

// cmdPBX starts an exchange, whose address is then $PBX: pbx [USER:PASSWORD ...]
func cmdPBX(ts *testscript.TestScript, _ bool, args []string) {
	users := map[string]string{}
	for _, a := range args {
		name, password, _ := strings.Cut(a, ":")
		users[name] = password
	}
	codecs, err := codecSet([]string{"opus", "g722", "pcmu", "pcma"}, config.Media{})
	ts.Check(err)
	p, err := pbx.New(pbx.Config{Listen: netip.MustParseAddrPort("127.0.0.1:0"), Users: users, Codecs: codecs})
	ts.Check(err)
	ts.Check(p.Start(context.Background()))
	ts.Defer(func() { _ = p.Close() })
	ts.Setenv("PBX", p.Addr().String())
}

// cmdFreePort finds a port that nothing listens on: freeport NAME
func cmdFreePort(ts *testscript.TestScript, _ bool, args []string) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	ts.Check(err)
	ts.Setenv(args[0], strconv.Itoa(l.Addr().(*net.TCPAddr).Port))
	ts.Check(l.Close())
}

// cmdMode checks a file's permissions: mode 0600 FILE
func cmdMode(ts *testscript.TestScript, _ bool, args []string) {
	info, err := os.Stat(ts.MkAbs(args[1]))
	ts.Check(err)
	if got := fmt.Sprintf("%04o", info.Mode().Perm()); got != args[0] {
		ts.Fatalf("%s has mode %s, want %s", args[1], got, args[0])
	}
}

type processesKeyType struct{}

var processesKey processesKeyType

// processes are the background commands of a script, by name.
type processes map[string]*process

type process struct {
	cmd    *exec.Cmd
	ended  chan struct{}
	code   int // after ended
	mu     sync.Mutex
	output strings.Builder // guarded by mu
	seen   chan struct{}   // closed when the awaited text came
}

// cmdStart runs a command in the background and waits for a text in its output:
// start NAME TEXT COMMAND ARGS...
func cmdStart(ts *testscript.TestScript, _ bool, args []string) {
	name, text := args[0], args[1]
	path := strings.Split(ts.Getenv("PATH"), string(os.PathListSeparator))[0] + "/" + args[2]
	p := &process{cmd: exec.Command(path, args[3:]...), ended: make(chan struct{}), seen: make(chan struct{})}
	p.cmd.Dir = ts.Getenv("WORK")
	for _, key := range []string{"PATH", "HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "DBUS_SESSION_BUS_ADDRESS", "PW"} {
		p.cmd.Env = append(p.cmd.Env, key+"="+ts.Getenv(key))
	}
	out, err := p.cmd.StdoutPipe()
	ts.Check(err)
	p.cmd.Stderr = p.cmd.Stdout
	ts.Check(p.cmd.Start())
	go p.read(out, text)
	ts.Defer(func() {
		_ = p.cmd.Process.Kill()
		<-p.ended
	})
	ts.Value(processesKey).(processes)[name] = p
	select {
	case <-p.seen:
	case <-p.ended:
		ts.Fatalf("%s ended with %d before it said %q:\n%s", name, p.code, text, p.said())
	case <-time.After(patience):
		ts.Fatalf("%s didn't say %q:\n%s", name, text, p.said())
	}
}

func (p *process) read(out io.Reader, text string) {
	defer close(p.ended)
	seen := false
	for lines := bufio.NewScanner(out); lines.Scan(); {
		p.mu.Lock()
		p.output.WriteString(lines.Text() + "\n")
		p.mu.Unlock()
		if !seen && strings.Contains(lines.Text(), text) {
			seen = true
			close(p.seen)
		}
	}
	p.code = exitStatus(p.cmd.Wait())
}

func (p *process) said() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.output.String()
}

// cmdInterrupt sends SIGINT and checks what follows: interrupt NAME CODE
func cmdInterrupt(ts *testscript.TestScript, neg bool, args []string) {
	p := ts.Value(processesKey).(processes)[args[0]]
	ts.Check(p.cmd.Process.Signal(syscall.SIGINT))
	cmdFinish(ts, neg, args)
}

// cmdFinish waits for the end of a background command and checks its exit code;
// with more arguments also that each is in its output: finish NAME CODE [TEXT ...]
func cmdFinish(ts *testscript.TestScript, _ bool, args []string) {
	p := ts.Value(processesKey).(processes)[args[0]]
	select {
	case <-p.ended:
	case <-time.After(patience):
		ts.Fatalf("%s doesn't end; it said:\n%s", args[0], p.said())
	}
	if strconv.Itoa(p.code) != args[1] {
		ts.Fatalf("%s ended with %d, want %s; it said:\n%s", args[0], p.code, args[1], p.said())
	}
	for _, text := range args[2:] {
		if !strings.Contains(p.said(), text) {
			ts.Fatalf("%s didn't say %q; it said:\n%s", args[0], text, p.said())
		}
	}
}
