package lab

import (
	"fmt"
	"path/filepath"
	"strconv"
	"testing"
)

// StartRelay starts coturn as a relay over UDP in this namespace, for one user, and returns its
// URI. StartTURN's is one on the Internet of NATs.
func StartRelay(t testing.TB, user, password string) (*Process, string) {
	t.Helper()
	Need(t, "turnserver")
	port, dir := FreePort(t), t.TempDir()
	p := Run(t, "turnserver", []string{"-n", "-L", IP, "-E", IP, "-p", strconv.Itoa(port), "--lt-cred-mech", "--realm", "relay.lab", "--user", user + ":" + password,
		"--no-tls", "--no-dtls", "--no-cli", "--no-tcp", "--no-tcp-relay", "--min-port", "40000", "--max-port", "40999", "--allow-loopback-peers",
		"--log-file", "stdout", "--simple-log", "--userdb", filepath.Join(dir, "db"), "--pidfile", filepath.Join(dir, "pid")})
	AwaitPort(t, "udp", port)
	return p, fmt.Sprintf("turn:%s:%d?transport=udp", IP, port)
}
