package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// openTerminal opens a pseudo-terminal that never answers.
func openTerminal(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("no pseudo-terminals here: %v", err)
	}
	t.Cleanup(func() { master.Close() })
	if err := unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { slave.Close() })
	return master, slave
}

// TestTerminalIsAskedNothing runs a plain command on a terminal: it must write
// its own words only, and not wait for an answer to a question of a library.
func TestTerminalIsAskedNothing(t *testing.T) {
	master, slave := openTerminal(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	// testscript runs main when the program is called by the command's name.
	cmd.Args = []string{"offhook", "version"}
	link := t.TempDir() + "/offhook"
	if err := os.Symlink(self, link); err != nil {
		t.Fatal(err)
	}
	cmd.Path = link
	cmd.Args[0] = link
	cmd.Env = append(os.Environ(), "TERM=xterm-256color", "CI=")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	began := time.Now()
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	took := time.Since(began)
	buf := make([]byte, 4096)
	n, err := master.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.IndexByte(buf[:n], 0x1b) >= 0 || !bytes.HasPrefix(buf[:n], []byte("offhook ")) {
		t.Errorf("the terminal was told %q", buf[:n])
	}
	if took > 4*time.Second {
		t.Errorf("it took %s: it waited for the terminal", took)
	}
}
