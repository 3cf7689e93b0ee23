package lab

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TURN is coturn with two addresses and two ports of each, so that it can tell a NAT's
// behaviour (RFC 5780), and with relays over UDP, TCP and TLS.
type TURN struct {
	*Process
	i    *Internet
	conf string
	// Cert is the authority that vouches for its TLS.
	Certs *Certs
}

// User and Password of the long-term credential.
const (
	TURNUser     = "turn"
	TURNPassword = "turnpw"
)

const (
	turnPort    = 3478
	turnTLSPort = 5349
)

// StartTURN starts one; extra lines go to its configuration.
func (i *Internet) StartTURN(t testing.TB, extra ...string) *TURN {
	t.Helper()
	Need(t, "turnserver")
	dir := t.TempDir()
	s := &TURN{i: i, conf: filepath.Join(dir, "turn.conf"), Certs: NewCerts(t)}
	cert := s.Certs.Server("turn", i.net+turnAt, i.net+turnAlsoAt, "turn.lab.test")
	lines := []string{
		"listening-ip=" + i.net + turnAt,
		"listening-ip=" + i.net + turnAlsoAt,
		fmt.Sprintf("listening-port=%d", turnPort),
		fmt.Sprintf("alt-listening-port=%d", turnPort+1),
		fmt.Sprintf("tls-listening-port=%d", turnTLSPort),
		fmt.Sprintf("alt-tls-listening-port=%d", turnTLSPort+1),
		"relay-ip=" + i.net + turnAt,
		"min-port=40000", "max-port=49999",
		"realm=lab.test", "lt-cred-mech", "user=" + TURNUser + ":" + TURNPassword,
		"fingerprint", "no-cli", "no-dtls", "no-multicast-peers",
		"cert=" + cert.File, "pkey=" + cert.Key,
		"userdb=" + filepath.Join(dir, "db"), "pidfile=" + filepath.Join(dir, "pid"),
		"log-file=stdout", "simple-log", "verbose", "no-software-attribute",
	}
	lines = append(lines, extra...)
	if err := os.WriteFile(s.conf, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.start(t)
	return s
}

func (s *TURN) start(t testing.TB) {
	t.Helper()
	s.Process = Run(t, "turnserver", []string{"-c", s.conf})
	for _, port := range []int{turnPort, turnPort + 1} {
		AwaitPort(t, "udp", port)
	}
	AwaitPort(t, "tcp", turnPort)
	AwaitPort(t, "tcp", turnTLSPort)
}

// Restart starts it again after Kill, without memory.
func (s *TURN) Restart(t testing.TB) {
	t.Helper()
	s.start(t)
}

// STUN is its first address and port.
func (s *TURN) STUN() string { return fmt.Sprintf("%s%s:%d", s.i.net, turnAt, turnPort) }

// URI is that of its relay over udp, tcp or tls (RFC 7065).
func (s *TURN) URI(transport string) string {
	host := s.i.net + turnAt
	if transport == "tls" {
		return fmt.Sprintf("turns:%s:%d?transport=tcp", host, turnTLSPort)
	}
	return fmt.Sprintf("turn:%s:%d?transport=%s", host, turnPort, transport)
}
