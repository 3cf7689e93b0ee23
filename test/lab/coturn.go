package lab

import (
	"net"
	"path/filepath"
	"strconv"
	"testing"
)

// StartStun starts coturn as a STUN server and returns its address too.
func StartStun(t testing.TB) (*Process, string) {
	t.Helper()
	Need(t, "turnserver")
	port, dir := FreePort(t), t.TempDir()
	p := Run(t, "turnserver", []string{"-n", "--stun-only", "--no-auth", "-L", IP, "-p", strconv.Itoa(port), "--no-tls", "--no-dtls", "--no-cli",
		"--log-file", "stdout", "--simple-log", "--verbose", "--userdb", filepath.Join(dir, "db"), "--pidfile", filepath.Join(dir, "pid")})
	AwaitPort(t, "udp", port)
	return p, net.JoinHostPort(IP, strconv.Itoa(port))
}
