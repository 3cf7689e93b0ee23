package peers

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"offhook/test/lab"
)

// TestSecureCalls registers two phones over TLS, WS and WSS; one calls the other through
// kamailio, and each hears the other's speech.
func TestSecureCalls(t *testing.T) {
	lab.Need(t, "kamailio", "espeak-ng", "sox")
	certs := lab.NewCerts(t)
	k := lab.StartSecureKamailio(t, certs, certs.Server("server"), false)
	for _, c := range []struct{ caller, callee string }{{"tls", "tls"}, {"wss", "wss"}, {"ws", "tls"}} {
		t.Run(c.caller+" to "+c.callee, func(t *testing.T) {
			ours, theirs := lab.Speech(t, 0), lab.Speech(t, 1)
			recA, recB := filepath.Join(t.TempDir(), "a.wav"), filepath.Join(t.TempDir(), "b.wav")
			log := filepath.Join(t.TempDir(), "sip.log")
			media := []string{"--json", "--audio-in", "silence", "--audio-out", "null", "--codecs", "pcmu"}
			b := lab.StartOffhook(t, append(append([]string{"answer", "--max-calls", "1", "--play", theirs, "--record", recB}, media...), k.Over(t, c.callee, "bob", certs)...)...)
			b.AwaitName(0, "registered")
			a := lab.StartOffhook(t, append(append([]string{"call", "bob", "--play", ours, "--record", recA, "--duration", "6s", "--sip-log", log}, media...), k.Over(t, c.caller, "alice", certs)...)...)
			if code := a.Wait(); code != 0 {
				t.Fatalf("exit code %d:\n%s\n%s", code, a.Output(), k.Output())
			}
			if code := b.Wait(); code != 0 {
				t.Fatalf("the callee's exit code is %d:\n%s", code, b.Output())
			}
			there := lab.Match(lab.ReadWAV(t, ours, 0), lab.ReadWAV(t, recB, 1))
			back := lab.Match(lab.ReadWAV(t, theirs, 0), lab.ReadWAV(t, recA, 1))
			t.Logf("match: the caller's at the callee %.2f, back %.2f", there, back)
			if there < same || back < same {
				t.Errorf("speech lost: want at least %.2f each", same)
			}
			raw, err := os.ReadFile(log)
			if err != nil {
				t.Fatal(err)
			}
			text := string(raw)
			for _, part := range []string{"INVITE sip:bob@", "SIP/2.0/" + strings.ToUpper(c.caller), "BYE sip:"} {
				if !strings.Contains(text, part) {
					t.Errorf("the log of the plain text has no %q", part)
				}
			}
		})
	}
}

// TestCertificates shows which servers are believed, and that the others end the program
// with exit code 6 and words about the certificate.
func TestCertificates(t *testing.T) {
	lab.Need(t, "kamailio")
	certs, others := lab.NewCerts(t), lab.NewCerts(t)
	good := certs.Server("server")
	client := certs.Server("client", "client.lab.test")
	for _, c := range []struct {
		name    string
		cert    lab.Cert
		clients bool
		ca      *lab.Certs
		args    []string
		words   string // of the refusal; empty for none
	}{
		{name: "good", cert: good, ca: certs},
		{name: "another name", cert: certs.Server("other", "other.example"), ca: certs, words: "is for other.example"},
		{name: "another name, expected", cert: certs.Server("other2", "other.example"), ca: certs, args: []string{"--tls-server-name", "other.example"}},
		{name: "expired", cert: certs.Expired(), ca: certs, words: "expired on"},
		{name: "unknown authority", cert: good, ca: others, words: `made out by "lab CA", which isn't a known authority`},
		{name: "the system's authorities", cert: good, words: "isn't a known authority"},
		{name: "pinned", cert: good, args: []string{"--tls-pin", good.Pin}},
		{name: "pinned to another", cert: good, args: []string{"--tls-pin", client.Pin}, words: "isn't the pinned one"},
		{name: "asks for ours", cert: good, ca: certs, clients: true, args: []string{"--tls-cert", client.File, "--tls-key", client.Key}},
		{name: "asks for ours in vain", cert: good, ca: certs, clients: true, words: "tls_cert"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			k := lab.StartSecureKamailio(t, certs, c.cert, c.clients)
			for _, transport := range []string{"tls", "wss"} {
				account := k.Over(t, transport, "alice", c.ca)
				o := lab.StartOffhook(t, append(append([]string{"register", "--json", "--once"}, account...), c.args...)...)
				code := o.Wait()
				switch {
				case c.words == "" && code != 0:
					t.Errorf("%s: exit code %d, want 0:\n%s", transport, code, o.Output())
				case c.words != "" && code != 6:
					t.Errorf("%s: exit code %d, want 6:\n%s", transport, code, o.Output())
				case c.words != "" && !strings.Contains(o.Output(), c.words):
					t.Errorf("%s: nothing says %q:\n%s", transport, c.words, o.Output())
				}
				if c.words == "" {
					continue
				}
				o = lab.StartOffhook(t, append(append([]string{"call", "bob", "--no-register", "--json", "--audio-in", "silence", "--audio-out", "null"}, account...), c.args...)...)
				if code := o.Wait(); code != 6 {
					t.Errorf("%s: the call's exit code is %d, want 6:\n%s", transport, code, o.Output())
				}
			}
		})
	}
}

// TestSips calls a sips: address: TLS without a word about the transport.
func TestSips(t *testing.T) {
	lab.Need(t, "kamailio")
	certs := lab.NewCerts(t)
	k := lab.StartSecureKamailio(t, certs, certs.Server("server"), false)
	target := fmt.Sprintf("sips:code486@%s:%d", lab.IP, k.TLS)
	o := lab.StartOffhook(t, append([]string{"call", target, "--no-register", "--json", "--tls-ca", certs.CA, "--audio-in", "silence", "--audio-out", "null"}, lab.Account(t, k.Kamailio, "alice")...)...)
	if code := o.Wait(); code != 4 {
		t.Errorf("exit code %d, want 4:\n%s", code, o.Output())
	}
}

// TestBaresipOverTLS has baresip, registered over TLS, call a phone that is registered
// over WSS.
func TestBaresipOverTLS(t *testing.T) {
	lab.Need(t, "kamailio", "baresip", "espeak-ng", "sox")
	certs := lab.NewCerts(t)
	k := lab.StartSecureKamailio(t, certs, certs.Server("server"), false)
	ours, theirs := lab.Speech(t, 0), lab.LongSpeech(t, 1, 8000)
	rec := filepath.Join(t.TempDir(), "call.wav")
	o := lab.StartOffhook(t, append([]string{"answer", "--json", "--max-calls", "1", "--play", ours, "--record", rec, "--codecs", "pcmu",
		"--audio-in", "silence", "--audio-out", "null"}, k.Over(t, "wss", "alice", certs)...)...)
	o.AwaitName(0, "registered")
	b := lab.StartBaresip(t, lab.BaresipConfig{User: "bob", Via: k.At(k.TLS), Transport: "tls", Source: "aufile," + theirs})
	b.Command("dial", fmt.Sprintf("sip:alice@%s:%d;transport=tls", lab.IP, k.TLS))
	b.AwaitType(0, "CALL_ESTABLISHED")
	o.AwaitState(0, "confirmed")
	o.AwaitEvent(0, "played", func(e lab.Event) bool { return e.Str("event") == "media" && e.Str("change") == "played" })
	b.Command("hangup", "")
	if code := o.Wait(); code != 0 {
		t.Fatalf("exit code %d:\n%s", code, o.Output())
	}
	if there := lab.Match(lab.ReadWAV(t, ours, 0), lab.ReadWAV(t, b.Recording("dec"), 0)); there < same {
		t.Errorf("match at baresip %.2f", there)
	}
}

// TestKeptAlive pings kamailio over TLS and notices when it is gone.
func TestKeptAlive(t *testing.T) {
	lab.Need(t, "kamailio")
	certs := lab.NewCerts(t)
	k := lab.StartSecureKamailio(t, certs, certs.Server("server"), false)
	o := lab.StartOffhook(t, append([]string{"register", "--json", "-v", "--keepalive", "crlf", "--keepalive-interval", "1s"}, k.Over(t, "tls", "alice", certs)...)...)
	_, at := o.AwaitName(0, "registered")
	k.Signal(syscall.SIGTERM)
	o.AwaitEvent(at, "the loss", func(e lab.Event) bool { return strings.HasPrefix(e.Str("event"), "registration_failed") })
	o.Signal(syscall.SIGINT)
	o.Wait()
}

// TestExchangeOverTLS registers a phone over WSS and another over TLS with our own
// exchange; one calls the other, and the exchange's echo.
func TestExchangeOverTLS(t *testing.T) {
	lab.Need(t, "espeak-ng", "sox")
	certs := lab.NewCerts(t)
	cert := certs.Server("exchange")
	users := filepath.Join(t.TempDir(), "users")
	if err := os.WriteFile(users, []byte("alice:pw-alice\nbob:pw-bob\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	x := lab.StartOffhook(t, "pbx", "--json", "--listen", lab.IP+":"+itoa(lab.FreePort(t)), "--users", users,
		"--tls-cert", cert.File, "--tls-key", cert.Key, "--wss-port", itoa(lab.FreePort(t)))
	up, _ := x.AwaitName(0, "listening")
	phone := func(user, uri string) []string {
		at, transport, _ := strings.Cut(strings.TrimPrefix(up.Str(uri), "sip:"), ";transport=")
		file := filepath.Join(t.TempDir(), user)
		if err := os.WriteFile(file, []byte("pw-"+user+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		return []string{"--aor", "sip:" + user + "@" + at, "--password-file", file, "--listen", lab.IP + ":0", "--transport", transport,
			"--tls-ca", certs.CA, "--json", "--codecs", "pcmu", "--audio-in", "silence", "--audio-out", "null"}
	}
	ours, theirs := lab.Speech(t, 0), lab.Speech(t, 1)
	recA, recB := filepath.Join(t.TempDir(), "a.wav"), filepath.Join(t.TempDir(), "b.wav")
	b := lab.StartOffhook(t, append([]string{"answer", "--max-calls", "1", "--play", theirs, "--record", recB}, phone("bob", "wss_uri")...)...)
	b.AwaitName(0, "registered")
	a := lab.StartOffhook(t, append([]string{"call", "bob", "--play", ours, "--record", recA, "--duration", "5s"}, phone("alice", "tls_uri")...)...)
	if code := a.Wait(); code != 0 {
		t.Fatalf("exit code %d:\n%s\n%s", code, a.Output(), x.Output())
	}
	if code := b.Wait(); code != 0 {
		t.Errorf("the callee's exit code is %d:\n%s", code, b.Output())
	}
	there := lab.Match(lab.ReadWAV(t, ours, 0), lab.ReadWAV(t, recB, 1))
	back := lab.Match(lab.ReadWAV(t, theirs, 0), lab.ReadWAV(t, recA, 1))
	if there < same || back < same {
		t.Errorf("match there %.2f, back %.2f: want at least %.2f", there, back, same)
	}
	echo := lab.StartOffhook(t, append([]string{"call", "echo", "--duration", "1s"}, phone("alice", "wss_uri")...)...)
	if code := echo.Wait(); code != 0 {
		t.Errorf("the echo's exit code is %d:\n%s", code, echo.Output())
	}
}
