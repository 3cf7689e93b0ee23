package lab

import (
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// inside calls f on a thread that is in the network of a process meanwhile. The thread comes
// back: it must not end, because the processes that it has started would end with it (Pdeathsig).
func inside(pid string, f func() error) (err error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	home, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		return err
	}
	defer home.Close()
	there, err := os.Open("/proc/" + pid + "/ns/net")
	if err != nil {
		return err
	}
	defer there.Close()
	if err := unix.Setns(int(there.Fd()), unix.CLONE_NEWNET); err != nil {
		return err
	}
	defer func() {
		if back := unix.Setns(int(home.Fd()), unix.CLONE_NEWNET); back != nil {
			panic(fmt.Sprint("a thread of the test is lost in another network: ", errors.Join(back, err)))
		}
	}()
	return f()
}

// ListenUDP opens a socket of the host's for the test itself.
func (r *LAN) ListenUDP(t testing.TB) *net.UDPConn {
	t.Helper()
	var c *net.UDPConn
	err := inside(r.pid, func() (err error) {
		c, err = net.ListenUDP("udp4", &net.UDPAddr{IP: net.ParseIP(r.ip)})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}
