package lab

import (
	"cmp"
	_ "embed"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

//go:embed kamailio.cfg.in
var kamailioCfg string

// Kamailio is a registrar and proxy with digest, record-routing and forking,
// over UDP and TCP. Users alice to erin have the password "pw-NAME". Callees
// code3xx to code6xx, moved, blackhole and ringforever answer as their names say.
type Kamailio struct {
	*Process
	Port int
	ip   string // "" for IP
}

// Users of every Kamailio.
var Users = []string{"alice", "bob", "carol", "dave", "erin"}

// StartKamailio starts one on a free port; algorithm is "MD5" or "SHA-256".
func StartKamailio(t testing.TB, algorithm string) *Kamailio {
	t.Helper()
	return startKamailio(t, kamailioCfg, algorithm)
}

func startKamailio(t testing.TB, template, algorithm string) *Kamailio {
	t.Helper()
	return startKamailioAt(t, IP, template, algorithm, Users)
}

func startKamailioAt(t testing.TB, ip, template, algorithm string, names []string) *Kamailio {
	t.Helper()
	Need(t, "kamailio")
	dir := t.TempDir()
	port := FreePort(t)
	var users strings.Builder
	for _, u := range names {
		fmt.Fprintf(&users, "$sht(pw=>%s) = \"pw-%s\";\n", u, u)
	}
	cfg := strings.NewReplacer("@IP@", ip, "@PORT@", fmt.Sprint(port), "@ALGORITHM@", algorithm, "@USERS@", users.String()).Replace(template)
	file := filepath.Join(dir, "kamailio.cfg")
	if err := os.WriteFile(file, []byte(cfg), 0o600); err != nil {
		t.Fatal(err)
	}
	k := &Kamailio{Process: Run(t, "kamailio", []string{"-f", file, "-Y", dir, "-w", dir, "-DD", "-E", "-m", "32", "-M", "4"}), Port: port, ip: ip}
	k.awaitOptions(t)
	return k
}

// lastModule is where further modules come in.
const lastModule = "loadmodule \"tmx.so\"\n"

// kamailioWith is the configuration with some of its lines replaced, given in pairs.
func kamailioWith(t testing.TB, pairs ...string) string {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if strings.Count(kamailioCfg, pairs[i]) != 1 {
			t.Fatalf("kamailio.cfg.in has no single %q any more", pairs[i])
		}
	}
	return strings.NewReplacer(pairs...).Replace(kamailioCfg)
}

// URI is sip:user@host:port.
func (k *Kamailio) URI(user string) string {
	return fmt.Sprintf("sip:%s@%s:%d", user, k.host(), k.Port)
}

func (k *Kamailio) host() string { return cmp.Or(k.ip, IP) }

// AOR is the address of record of a user: the registrar's domain with its port.
func (k *Kamailio) AOR(user string) string { return k.URI(user) }

// awaitOptions sends OPTIONS, as often as a lost one would be sent again, until it is answered.
func (k *Kamailio) awaitOptions(t testing.TB) {
	t.Helper()
	c, err := net.Dial("udp", net.JoinHostPort(k.host(), strconv.Itoa(k.Port)))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	local := c.LocalAddr()
	msg := fmt.Sprintf("OPTIONS sip:%s:%d SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bKlab\r\nFrom: <sip:lab@%s>;tag=lab\r\nTo: <sip:%s>\r\nCall-ID: lab\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n", k.host(), k.Port, local, local, k.host())
	buf := make([]byte, 2048)
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		_, _ = c.Write([]byte(msg)) // refused until it listens
		_ = c.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
		if n, err := c.Read(buf); err == nil && strings.HasPrefix(string(buf[:n]), "SIP/2.0 200") {
			return
		}
		select {
		case <-k.done:
			t.Fatalf("kamailio ended; it said:\n%s", k.Output())
		default:
		}
	}
	t.Fatalf("kamailio doesn't answer OPTIONS; it said:\n%s", k.Output())
}

// StartMeddler starts one that changes the fingerprints of certificates in what it passes on,
// as somebody would who wants to hear the calls.
func StartMeddler(t testing.TB) *Kamailio {
	t.Helper()
	const relay = "route[RELAY] {\n"
	return startKamailio(t, kamailioWith(t, relay, relay+`  subst_body('/^a=fingerprint:sha-256 .{23}/a=fingerprint:sha-256 00:11:22:33:44:55:66:77/');`+"\n"), "MD5")
}
