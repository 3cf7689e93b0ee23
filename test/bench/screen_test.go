package bench

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"offhook/test/lab"
)

// firstScreen is the time from the start of the TUI to the moment its footer is
// on the terminal.
func firstScreen(t *testing.T) float64 {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer master.Close()
	fd := int(master.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 80}); err != nil {
		t.Fatal(err)
	}
	slave, err := os.OpenFile(filepath.Join("/dev/pts", itoa(n)), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	args := append([]string{"--audio-in", "silence", "--audio-out", "null"}, lab.Direct("alice", "0")...)
	start := time.Now()
	p := lab.Run(t, lab.Binary(), args, lab.Env("TERM=xterm-256color", "HOME="+home, "XDG_CONFIG_HOME="+home, "XDG_STATE_HOME="+home), func(c *exec.Cmd) {
		c.Stdin, c.Stdout, c.Stderr = slave, slave, slave
		c.SysProcAttr.Setpgid = false
		c.SysProcAttr.Setsid, c.SysProcAttr.Setctty = true, true
	})
	slave.Close()
	defer p.Stop()
	var screen []byte
	buf := make([]byte, 4096)
	for {
		k, err := master.Read(buf)
		if err != nil {
			t.Fatalf("the TUI ended: %v\n%s", err, screen)
		}
		screen = append(screen, buf[:k]...)
		// It asks the terminal for its colours; a terminal answers at once.
		if bytes.Contains(buf[:k], []byte("\x1b]11;?")) {
			_, _ = master.WriteString("\x1b]11;rgb:0000/0000/0000\x07")
		}
		if bytes.Contains(buf[:k], []byte("\x1b[6n")) {
			_, _ = master.WriteString("\x1b[1;1R")
		}
		if bytes.Contains(screen, []byte("help")) {
			return ms(time.Since(start))
		}
	}
}
