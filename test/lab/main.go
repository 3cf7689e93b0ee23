package lab

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
)

// IP is the address of the lab's only host.
const IP = "10.20.30.1"

const (
	peersEnv  = "OFFHOOK_PEERS" // peers must be there
	insideEnv = "OFFHOOK_LAB"   // this process runs inside the namespace
	binEnv    = "OFFHOOK_BIN"   // the binary under test, built when unset
)

// Main is the TestMain of a package that uses the lab: it re-runs the test
// binary inside a fresh network namespace and returns its exit status.
func Main(m *testing.M) int {
	if os.Getenv(insideEnv) != "" {
		return m.Run()
	}
	if os.Getenv(peersEnv) == "" {
		fmt.Println("no " + peersEnv + "=1: tests against real peers are skipped")
		return m.Run()
	}
	code, err := runInside()
	if err != nil {
		fmt.Fprintln(os.Stderr, "lab:", err)
		return 1
	}
	return code
}

const setUp = `set -e
ip link set lo up
ip link add phone0 type veth peer name phone1
ip addr add ` + IP + `/24 dev phone0
ip link set phone0 up
ip link set phone1 up
ip route add default via 10.20.30.2
echo "50000 60999" > /proc/sys/net/ipv4/ip_local_port_range
exec "$@"`

func runInside() (int, error) {
	dir, err := os.MkdirTemp("", "offhook-lab-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	bin := os.Getenv(binEnv)
	if bin == "" {
		bin = filepath.Join(dir, "offhook")
		build := exec.Command("go", "build", "-tags", "nolibopusfile", "-o", bin, "offhook/cmd/offhook")
		if out, err := build.CombinedOutput(); err != nil {
			return 0, fmt.Errorf("build the binary under test: %w\n%s", err, out)
		}
	} else if bin, err = filepath.Abs(bin); err != nil {
		return 0, err
	}
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	cmd := exec.Command("sh", append([]string{"-c", setUp, "lab", self}, os.Args[1:]...)...)
	cmd.Env = append(os.Environ(), insideEnv+"=1", binEnv+"="+bin)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	attr := &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGTERM}
	if os.Geteuid() != 0 {
		attr.Cloneflags |= syscall.CLONE_NEWUSER
		attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	cmd.SysProcAttr = attr
	// The child gets an interrupt of the terminal too; this process waits for it.
	signal.Ignore(os.Interrupt)
	err = cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode(), nil
	}
	return 0, err
}

// Need skips the test, or fails it under OFFHOOK_PEERS=1, when a program isn't installed.
func Need(t testing.TB, programs ...string) {
	t.Helper()
	if os.Getenv(insideEnv) == "" {
		t.Skip("needs real peers: run `make test`, which sets " + peersEnv + "=1")
	}
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			t.Fatalf("%s isn't installed: `make test` installs it (%v)", p, err)
		}
	}
}
