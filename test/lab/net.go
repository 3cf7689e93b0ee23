package lab

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// nextPort counts up: the namespace is the lab's own, ephemeral ports are kept
// above ephemeral, and so a port that was given out once is never met again. Those in
// between are for the media of phones that run with their usual ports.
//
//	3000 ... mediaFirst   media of offhook   mediaLast ... ephemeral
//	      then these                          these first
var nextPort atomic.Int32

const (
	lowest     = 3000
	mediaFirst = 16384
	mediaLast  = 32768
	ephemeral  = 50000
)

// Ports reserves n ports in a row, the first one even.
func Ports(t testing.TB, n int) int {
	t.Helper()
	n += n & 1
	for {
		port := mediaLast + int(nextPort.Add(int32(n))) - n
		if port+n <= ephemeral {
			return port
		}
		if port < ephemeral {
			continue // it would reach over the end
		}
		if port += lowest - ephemeral; port+n > mediaFirst {
			t.Fatal("the lab has no more ports")
		}
		return port
	}
}

// FreePort reserves one port.
func FreePort(t testing.TB) int {
	t.Helper()
	return Ports(t, 1)
}

// AwaitPort waits until a socket of the namespace is bound to the port: the
// kernel's own tables say so, without a packet that could disturb the peer.
func AwaitPort(t testing.TB, transport string, port int) {
	t.Helper()
	awaitPort(t, "self", transport, port)
}

// awaitSocket is AwaitPort for one of the lab's addresses, of IPv4.
func awaitSocket(t testing.TB, transport, ip string, port int) {
	t.Helper()
	a := netip.MustParseAddr(ip).As4()
	await(t, fmt.Sprintf("%s %s:%d", transport, ip, port), func() bool {
		return listens("self", transport, fmt.Sprintf("%08X:%04X", binary.NativeEndian.Uint32(a[:]), port))
	})
}

// awaitPort is AwaitPort in the network of a process.
func awaitPort(t testing.TB, pid, transport string, port int) {
	t.Helper()
	await(t, fmt.Sprintf("%s port %d", transport, port), func() bool { return listens(pid, transport, fmt.Sprintf(":%04X", port)) })
}

func await(t testing.TB, where string, listening func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-tick.C {
		if listening() {
			return
		}
	}
	t.Fatalf("nothing listens on %s", where)
}

// listens says whether the kernel's tables have a socket whose address ends so.
func listens(pid, transport, suffix string) bool {
	for _, v := range []string{"", "6"} {
		f, err := os.Open("/proc/" + pid + "/net/" + transport + v)
		if err != nil {
			continue
		}
		defer f.Close()
		for s := bufio.NewScanner(f); s.Scan(); {
			// sl local_address rem_address st …; a TCP listener is in state 0A.
			if p := strings.Fields(s.Text()); len(p) > 3 && strings.HasSuffix(p[1], suffix) && (transport == "udp" || p[3] == "0A") {
				return true
			}
		}
	}
	return false
}
