package lab

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TURN is coturn with two addresses and two ports of each, so that it can tell a NAT's
// behaviour (RFC 5780), and with relays over UDP, TCP and TLS.
type TURN struct {
	*Process
	host string // the first of its addresses
	conf string
	// Certs is the authority that vouches for its TLS.
	Certs *Certs
}

// TURNUser and TURNPassword are the long-term credential.
const (
	TURNUser     = "turn"
	TURNPassword = "turnpw"
)

// turnSecret makes credentials that end; see ShortLived.
const turnSecret = "lab-secret"

const (
	turnPort    = 3478
	turnTLSPort = 5349
)

// StartTURN starts one; extra lines go to its configuration.
func (i *Internet) StartTURN(t testing.TB, extra ...string) *TURN {
	t.Helper()
	Need(t, "turnserver")
	dir := t.TempDir()
	host, also := i.nextServer(), i.nextServer()
	s := &TURN{host: host, conf: filepath.Join(dir, "turn.conf"), Certs: NewCerts(t)}
	cert := s.Certs.Server("turn", host, also, "turn.lab.test")
	lines := []string{
		"listening-ip=" + host,
		"listening-ip=" + also,
		fmt.Sprintf("listening-port=%d", turnPort),
		fmt.Sprintf("alt-listening-port=%d", turnPort+1),
		fmt.Sprintf("tls-listening-port=%d", turnTLSPort),
		fmt.Sprintf("alt-tls-listening-port=%d", turnTLSPort+1),
		"relay-ip=" + host,
		"min-port=40000", "max-port=49999",
		"realm=lab.test", "lt-cred-mech",
		"fingerprint", "no-cli", "no-dtls", "no-multicast-peers",
		"cert=" + cert.File, "pkey=" + cert.Key,
		"userdb=" + filepath.Join(dir, "db"), "pidfile=" + filepath.Join(dir, "pid"),
		"log-file=stdout", "simple-log", "verbose", "no-software-attribute",
	}
	if shortLived := slices.Contains(extra, ShortLived); !shortLived {
		lines = append(lines, "user="+TURNUser+":"+TURNPassword)
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
	// Other servers have the same ports.
	awaitSocket(t, "udp", s.host, turnPort+1)
	awaitSocket(t, "tcp", s.host, turnTLSPort)
}

// ShortLived is a line of configuration: users are made up by a shared secret, and end when their
// name says (draft-uberti-behave-turn-rest-00).
const ShortLived = "use-auth-secret\nstatic-auth-secret=" + turnSecret

// UserUntil is a user of a ShortLived server, and the password.
func UserUntil(end time.Time) (user, password string) {
	user = strconv.FormatInt(end.Unix(), 10) + ":lab"
	mac := hmac.New(sha1.New, []byte(turnSecret))
	mac.Write([]byte(user))
	return user, base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// Restart starts it again after Kill, without memory.
func (s *TURN) Restart(t testing.TB) {
	t.Helper()
	s.start(t)
}

// STUN is its first address and port.
func (s *TURN) STUN() string { return fmt.Sprintf("%s:%d", s.host, turnPort) }

// Host is the address of its relay.
func (s *TURN) Host() string { return s.host }

// URI is that of its relay over udp, tcp or tls (RFC 7065).
func (s *TURN) URI(transport string) string {
	if transport == "tls" {
		return fmt.Sprintf("turns:%s:%d?transport=tcp", s.host, turnTLSPort)
	}
	return fmt.Sprintf("turn:%s:%d?transport=%s", s.host, turnPort, transport)
}
