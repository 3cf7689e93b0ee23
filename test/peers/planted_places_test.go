package peers

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/md5"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"

	"offhook/test/lab"
)

// startWith runs a command with more of an environment, and a standard input.
func (p *plants) startWith(env []string, stdin string, args ...string) *lab.Offhook {
	p.Helper()
	return lab.StartOffhookWith(p.T, []func(*exec.Cmd){lab.Env(p.env()...), lab.Env(env...), func(c *exec.Cmd) { c.Stdin = strings.NewReader(stdin) }}, args...)
}

// ends waits for a command in the background, whose words are an output.
func (p *plants) ends(o *lab.Offhook, name string, code int) {
	p.Helper()
	if got := o.Wait(); got != code {
		p.Errorf("%s: exit code %d, want %d:\n%s", name, got, code, o.Output())
	}
	p.keep(name, o.Output())
}

// places has passwords typed, in a keyring, and moved from one place to another, and registers with
// each. It gives the names of the files that are to hold one.
func (p *plants) places(k *lab.Kamailio) (own []string) {
	p.Helper()
	bus := lab.StartKeyring(p.T)
	config := filepath.Join(p.home, "places", "places.toml")
	run := func(stdin string, args ...string) {
		p.Helper()
		p.ends(p.startWith(bus, stdin, append(args, "--config", config)...), args[0]+"-"+args[1], 0)
	}
	at := []string{"--listen", lab.IP + ":0"}
	run("not the password\n", append([]string{"account", "add", "kept", "--aor", k.AOR("dave"), "--password-keyring"}, at...)...)
	run("pw-dave\n", "account", "password", "kept")
	run("pw-carol\n", append([]string{"account", "add", "filed", "--aor", k.AOR("carol"), "--password-stdin"}, at...)...)
	run("", append([]string{"account", "add", "asked", "--aor", k.AOR("erin"), "--password-prompt"}, at...)...)
	for _, name := range []string{"kept", "filed"} {
		run("", append([]string{"register", "--once", "--json", "--account", name}, p.traced("place-"+name)...)...)
		run("", "account", "show", name)
	}
	run("", "config", "show")
	run("", "config", "check")

	term := lab.StartTerminal(p.T, 100, 40, append(p.env(), bus...), append([]string{lab.Binary(), "register", "--once", "--account", "asked", "--config", config}, p.traced("place-asked")...)...)
	term.Await(`(?i)password for`)
	term.Type("pw-erin")
	term.Key("Enter")
	term.Await(`(?m)^exit code 0`)
	p.keep("prompt", term.Written()+term.Screen())
	run("", "account", "remove", "kept")
	return []string{"filed.password"}
}

// people are the address book, and what somebody tells of himself.
func (p *plants) people(k *lab.Kamailio) {
	p.Helper()
	p.run(0, "contacts", "add", "Bob Bell", k.AOR("bob"))
	p.run(0, "contacts")
	p.run(0, "contacts", "show", "Bob Bell")
	p.run(0, "contacts", "export")
	p.run(4, append([]string{"subscribe", k.URI("code489"), "--event", "presence", "--once", "--json", "--account", "work"}, p.traced("subscribe")...)...)
	p.run(4, append([]string{"message", k.URI("code486"), "refused", "--json", "--account", "work"}, p.traced("message-refused")...)...)
}

// crashes has a command and the screen die by a signal, with the runtime telling of each goroutine.
func (p *plants) crashes(quiet []string) {
	p.Helper()
	crash := p.start(append([]string{"answer", "--json", "--account", "work"}, quiet...)...)
	crash.AwaitName(0, "registered")
	crash.Signal(syscall.SIGQUIT)
	if crash.Wait(); !strings.Contains(crash.Output(), "goroutine ") {
		p.Error("no trace of the crash")
	}
	p.keep("crash", crash.Output())

	env := append(p.env(), "ALSA_CONFIG_PATH=/dev/null", "PULSE_SERVER=", "LC_ALL=C.UTF-8")
	screen := lab.StartTerminal(p.T, 120, 40, env, append([]string{lab.Binary(), "-v", "--account", "work"}, quiet...)...)
	screen.Await(`alice@\S+:\d+\s+registered`)
	screen.Signal(syscall.SIGQUIT)
	// The runtime leaves the terminal as it was in the screen: lines begin and break anywhere.
	screen.Await(strings.Join(strings.Split("exit code 2", ""), `\s*`))
	written := screen.Written()
	if !strings.Contains(written, "goroutine ") {
		p.Error("no trace of the screen's crash")
	}
	p.keep("crash-screen", written+screen.Screen())
}

// modes checks that what offhook has written is its owner's alone.
func (p *plants) modes() {
	p.Helper()
	files := 0
	for _, root := range []string{p.home, p.out} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || path == root || d.Type() == fs.ModeSymlink { // one of PulseAudio's own
				return err
			}
			info, err := d.Info()
			if err != nil {
				return err
			}
			files++
			if mode := info.Mode().Perm(); mode&0o077 != 0 {
				p.Errorf("%s has the mode %o", strings.TrimPrefix(path, root), mode)
			}
			return nil
		})
		if err != nil {
			p.Fatal(err)
		}
	}
	for _, name := range []string{"state/offhook/calls.db", "state/offhook/offhook.log", "state/offhook/instances", "config/offhook/config.toml"} {
		if _, err := os.Stat(filepath.Join(p.home, name)); err != nil {
			p.Errorf("what was to be looked at isn't there: %v", err)
		}
	}
	p.Logf("%d files and directories are their owner's alone", files)
}

// privateKey is one in the shapes that it would have been written in: PEM, DER (RFC 5915, section 3:
// of P-256, as DTLS has them), and the Go values of both.
var privateKey = regexp.MustCompile(`PRIVATE KEY|\x30[\x6b\x77]\x02\x01\x01\x04\x20|\bD:\+?(?:0x[0-9a-f]{50,}|[0-9]{60,})`)

// keys looks for private keys of DTLS, which nobody but offhook knows.
func (p *plants) keys() {
	p.Helper()
	// It would find one.
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		p.Fatal(err)
	}
	sec1, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		p.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		p.Fatal(err)
	}
	for _, shape := range [][]byte{sec1, pkcs8, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}), fmt.Appendf(nil, "%+v", *key), fmt.Appendf(nil, "%#v", *key)} {
		if !privateKey.Match(shape) {
			p.Errorf("a private key isn't recognised in %q", shape)
		}
	}
	for path, raw := range p.written() {
		if m := privateKey.Find(raw); m != nil {
			p.Errorf("a private key, %q, is in %s", m, path)
		}
	}
}

// written is all that was, by its path below home or among the outputs.
func (p *plants) written() map[string][]byte {
	p.Helper()
	all := map[string][]byte{}
	for _, root := range []string{p.home, p.out} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			all[strings.TrimPrefix(path, root)], err = os.ReadFile(path)
			return err
		})
		if err != nil {
			p.Fatal(err)
		}
	}
	return all
}

var realmOf = regexp.MustCompile(`realm="([^"]+)"`)

// derived is what is made of passwords once and for all, and as good as they are: a digest's H(A1)
// (RFC 7616, section 3.4.2) and the key of TURN's long-term credentials (RFC 8489, section 9.2.2).
func derived(wire *lab.Capture) map[string]string {
	out := map[string]string{}
	add := func(what, user, realm, password string) {
		a1 := []byte(user + ":" + realm + ":" + password)
		short, long := md5.Sum(a1), sha256.Sum256(a1)
		for name, key := range map[string][]byte{"MD5": short[:], "SHA-256": long[:]} {
			out[fmt.Sprintf("%s's %s of %s at %s", user, name, what, realm)] = string(key)
			out[fmt.Sprintf("%s's %s of %s at %s in hexadecimal", user, name, what, realm)] = hex.EncodeToString(key)
		}
	}
	for _, d := range wire.Datagrams() {
		for _, m := range realmOf.FindAllSubmatch(d.Payload, -1) {
			for _, user := range lab.Users {
				add("A1", user, string(m[1]), "pw-"+user)
			}
			add("A1", "carol", string(m[1]), plantedUser)
		}
	}
	add("the relay's key", "phone", "relay.lab", plantedRelay)
	return out
}
