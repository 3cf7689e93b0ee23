package peers

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"offhook/test/lab"
	"offhook/ua/uatest"
)

// Secrets that no output may hold. Those of users are theirs at kamailio, "pw-" and the name.
const (
	plantedGateway = "Gw4-swordfish-7731"  // the password for another realm, in the configuration
	plantedSecond  = "Env-melon-cobra-19"  // in the environment
	plantedUser    = "Pbx-apricot-vole-42" // of a user of our exchange
	plantedRelay   = "Turn-hazel-otter-86" // for the relay
	plantedTURN    = "Cfg-relay-finch-305" // for one in the configuration
	// What a peer's messages hold.
	theirDigest = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
	theirBasic  = "cGVlcjpvcGVuLXNlc2FtZS05OQ=="
	theirKey    = "UExBTlRFRC1tYXN0ZXIta2V5LWFuZC1zYWx0LW9m"
	theirICE    = "PlantedIcePwdOfThePeer22chars"
	theirClear  = "k-clear-key-in-sdp"
	theirMIKEY  = "AQAFgM0XflABAAAAAAAAAAAAAAsAyONQ"
	theirURI    = "uri-password-5150"
)

// plants are the outputs of a run, and what must not be in them.
type plants struct {
	*testing.T
	home, out string // written by offhook; what it printed
	outputs   int
}

func newPlants(t *testing.T) *plants {
	p := &plants{T: t, home: t.TempDir(), out: t.TempDir()}
	for _, dir := range []string{"config", "state", "data"} {
		if err := os.MkdirAll(filepath.Join(p.home, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

func (p *plants) env() []string {
	return []string{"HOME=" + p.home, "XDG_CONFIG_HOME=" + filepath.Join(p.home, "config"), "XDG_STATE_HOME=" + filepath.Join(p.home, "state"),
		"XDG_DATA_HOME=" + filepath.Join(p.home, "data"), "SECOND=" + plantedSecond, "RELAY=" + plantedRelay}
}

// file is a path for something that offhook writes.
func (p *plants) file(name string) string { return filepath.Join(p.out, name) }

// start runs a command in the background; its traces and what it prints are outputs.
func (p *plants) start(args ...string) *lab.Offhook {
	p.Helper()
	return lab.StartOffhookWith(p.T, []func(*exec.Cmd){lab.Env(p.env()...)}, args...)
}

// keep makes what a command has printed an output.
func (p *plants) keep(name, text string) {
	p.Helper()
	p.outputs++
	if err := os.WriteFile(p.file(fmt.Sprintf("%02d-%s.printed", p.outputs, name)), []byte(text), 0o600); err != nil {
		p.Fatal(err)
	}
}

// run runs a command to its end.
func (p *plants) run(code int, args ...string) string {
	p.Helper()
	o := p.start(args...)
	if got := o.Wait(); got != code {
		p.Fatalf("%v: exit code %d, want %d:\n%s", args, got, code, o.Output())
	}
	p.keep(args[0], o.Output())
	return o.Output()
}

// traced are the flags for traces of their own.
func (p *plants) traced(name string) []string {
	return []string{"-v", "-v", "--sip-log", p.file(name + ".log"), "--pcap", p.file(name + ".pcap")}
}

// look searches everything that was written, but for what the person wrote.
func (p *plants) look(secrets map[string]string, own ...string) {
	p.Helper()
	written := p.written()
	for what, secret := range secrets {
		for how, text := range map[string]string{"": secret, " in base64": base64.StdEncoding.EncodeToString([]byte(secret)), " in hexadecimal": hex.EncodeToString([]byte(secret))} {
			for path, raw := range written {
				if bytes.Contains(raw, []byte(text)) && !slices.Contains(own, filepath.Base(path)) {
					p.Errorf("%s%s is in %s", what, how, path)
				}
			}
		}
	}
}

// onTheWire are the secrets that went over it: answers to challenges, keys. The number of
// each kind is the map's to tell.
var onTheWire = map[string]*regexp.Regexp{
	"a digest":           regexp.MustCompile(`response="([0-9a-f]{32,})"`),
	"a key of SDES":      regexp.MustCompile(`inline:([A-Za-z0-9+/=]{40,})`),
	"a password of ICE":  regexp.MustCompile(`a=ice-pwd:([A-Za-z0-9+/]{22,})`),
	"other credentials":  regexp.MustCompile(`Authorization: (?:Basic|Bearer) (\S+)`),
	"a hash of a server": regexp.MustCompile(`rspauth="([0-9a-f]{32,})"`),
}

// harvest reads them from a capture of the wire.
func harvest(wire *lab.Capture) map[string]string {
	out := map[string]string{}
	for _, d := range wire.Datagrams() {
		if m := integrity(d.Payload); m != "" {
			out[fmt.Sprintf("a hash for a relay, %x", m)] = m
		}
		for what, re := range onTheWire {
			for _, m := range re.FindAllSubmatch(d.Payload, -1) {
				out[fmt.Sprintf("%s, %s", what, m[1])] = string(m[1])
			}
		}
	}
	return out
}

// integrity is the hash over a STUN message that a long-term password went into, as TURN's do:
// one with a REALM (RFC 8489, section 9.2).
func integrity(raw []byte) (hash string) {
	if len(raw) < 20 || raw[0] > 3 || binary.BigEndian.Uint32(raw[4:]) != 0x2112A442 {
		return ""
	}
	long := false
	for at := 20; at+4 <= len(raw); {
		kind, size := binary.BigEndian.Uint16(raw[at:]), int(binary.BigEndian.Uint16(raw[at+2:]))
		if at += 4; at+size > len(raw) {
			break
		}
		long = long || kind == 0x0014
		if kind == 0x0008 {
			hash = string(raw[at : at+size])
		}
		at += (size + 3) &^ 3
	}
	if !long {
		return ""
	}
	return hash
}

func kinds(secrets map[string]string, kind string) (n int) {
	for what := range secrets {
		if strings.HasPrefix(what, kind+",") {
			n++
		}
	}
	return n
}

// TestPlantedSecrets runs every command that prints or writes, with passwords from each place
// where one can be, and finds none of them, nor a hash or a key that was on the wire, in
// anything that was written: what is printed, -v -v, --json, --sip-log, --pcap, the history, the
// log, the configuration as it is shown, recordings, reports of quality, the address book, the
// screen, and the report of a crash. What was written is its owner's alone. A panic's value is
// looked at by tests of packages ui and trace: nothing here can cause one.
func TestPlantedSecrets(t *testing.T) {
	lab.Need(t, "kamailio", "tcpdump", "tmux")
	p := newPlants(t)
	k := lab.StartKamailio(t, "SHA-256")
	wire := lab.StartCapture(t)
	write := func(path, text string) string {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	password := write(filepath.Join(p.home, "password"), "pw-alice\n")
	users := write(filepath.Join(p.home, "users"), "carol:"+plantedUser+"\n")
	certs := lab.NewCerts(t)
	cert := certs.Server("ours")
	if err := os.MkdirAll(filepath.Join(p.home, "config", "offhook"), 0o700); err != nil {
		t.Fatal(err)
	}
	config := write(filepath.Join(p.home, "config", "offhook", "config.toml"), fmt.Sprintf(`version = 1
default_account = "work"
[[account]]
name = "work"
aor = %q
password_file = %q
listen = "%s:0"
tls_cert = %q
tls_key = %q
[[account.credentials]]
realm = "gateway"
user = "gw"
password = %q
[[account]]
name = "plain"
aor = %q
password = "pw-bob"
[[account]]
name = "second"
aor = "sip:second@192.0.2.1"
password_env = "SECOND"
turn = "turn:192.0.2.1"
turn_user = "u"
turn_password = "`+plantedTURN+`"
register = false
`, k.AOR("alice"), password, lab.IP, cert.File, cert.Key, plantedGateway, k.AOR("bob")))
	key, err := os.ReadFile(cert.Key)
	if err != nil {
		t.Fatal(err)
	}
	secrets := map[string]string{
		"alice's password": "pw-alice", "bob's password": "pw-bob", "the gateway's": plantedGateway, "the environment's": plantedSecond,
		"carol's password": plantedUser, "the relay's": plantedRelay, "the relay's in the file": plantedTURN, "the private key": strings.Split(string(key), "\n")[1],
		"their digest": theirDigest, "their Basic": theirBasic, "their key": theirKey, "their ICE": theirICE, "their clear key": theirClear,
		"their MIKEY": theirMIKEY, "their URI's password": theirURI,
		"the password from the keyring": "pw-dave", "the one from a file of ours": "pw-carol", "the one that was typed": "pw-erin",
	}
	quiet := []string{"--audio-in", "tone:440", "--audio-out", "null"}

	// These take their time, beside the others.
	_, relay := lab.StartRelay(t, "phone", plantedRelay)
	host, _, _ := strings.Cut(strings.TrimPrefix(relay, "turn:"), "?")
	survey := p.start("nat", "-v", "-v", "--json", "--stun", host, "--turn", relay, "--turn-user", "phone", "--turn-password-env", "RELAY", "--timeout", "1s")
	demo := p.start(append([]string{"demo", "--json"}, p.traced("demo")...)...)

	// What only prints.
	for _, args := range [][]string{
		{"config", "show"}, {"config", "check"}, {"config", "path"}, {"config", "keys", "--json"}, {"config", "explain-call", "sip:x@192.0.2.1"},
		{"account", "list"}, {"account", "list", "--json"}, {"account", "show", "work"}, {"account", "show", "plain"}, {"account", "show", "second"},
		{"devices"}, {"version", "--json"},
	} {
		p.run(0, args...)
	}
	// Registrations, requests and a call, with all that there is to say of them.
	p.run(0, append([]string{"register", "--once", "--json", "--account", "work"}, p.traced("register")...)...)
	p.run(4, append([]string{"options", k.URI("code486"), "--account", "work"}, p.traced("options")...)...)
	bob := p.start(append(append([]string{"answer", "--json", "--max-calls", "2", "--ice", "on", "--srtp", "optional", "--record", p.file("bob-{n}.wav"), "--account", "plain", "--listen", lab.IP + ":0"}, p.traced("bob")...), quiet...)...)
	p.finishCalls(k, bob, relay, quiet)
	p.run(0, "history")
	p.run(0, "history", "--json")

	// Our own exchange, with a user that registers over TLS.
	port := lab.FreePort(t)
	exchange := p.start(append([]string{"pbx", "--json", "--listen", fmt.Sprintf("%s:%d", lab.IP, port), "--users", users, "--tls-cert", cert.File, "--tls-key", cert.Key}, p.traced("pbx")...)...)
	exchange.AwaitName(0, "listening")
	carol := write(filepath.Join(p.home, "carol"), plantedUser+"\n")
	ad := []string{"--aor", fmt.Sprintf("sip:carol@%s:%d", lab.IP, port), "--password-file", carol, "--listen", lab.IP + ":0"}
	p.run(0, append(append(append([]string{"call", "echo", "--json", "--duration", "500ms"}, quiet...), p.traced("carol")...), ad...)...)
	p.run(0, append(append([]string{"register", "--once"}, p.traced("carol-tls")...), append(ad[:1:1], fmt.Sprintf("sip:carol@%s:%d", lab.IP, port+1), "--password-file", carol, "--listen", lab.IP+":0", "--transport", "tls", "--insecure")...)...)
	exchange.Signal(syscall.SIGINT)
	exchange.Wait()
	p.keep("pbx", exchange.Output())

	// A peer whose messages are full of them, some of them malformed.
	p.hostile()

	p.people(k)
	p.crashes(quiet)

	// The screen, with its log and a message in full.
	p.screen(k, quiet)

	placed := p.places(k)
	p.ends(demo, "demo", 0)
	p.ends(survey, "nat", 0)
	if !strings.Contains(survey.Output(), `"type":"relay"`) {
		t.Errorf("the survey had no relay:\n%s", survey.Output())
	}

	own := append(placed, filepath.Base(password), filepath.Base(users), filepath.Base(config), filepath.Base(carol))
	met := harvest(wire)
	for kind, least := range map[string]int{"a digest": 4, "a key of SDES": 3, "a password of ICE": 3, "a hash for a relay": 1} {
		if n := kinds(met, kind); n < least {
			t.Errorf("%s: %d on the wire, want %d at least", kind, n, least)
		}
	}
	p.look(secrets, own...)
	p.look(met)
	keys := derived(wire)
	if len(keys) < 4*len(lab.Users) {
		t.Errorf("no realm was on the wire: %d keys", len(keys))
	}
	p.look(keys)
	p.keys()
	p.modes()

	// The same looking finds what is kept on request.
	p.run(0, append([]string{"register", "--once", "--account", "work", "--trace-secrets"}, p.traced("secrets")...)...)
	wire.AwaitDatagrams("another digest", func([]lab.Datagram) bool { return kinds(harvest(wire), "a digest") > kinds(met, "a digest") })
	found := map[string]bool{}
	for _, secret := range harvest(wire) {
		for _, file := range grep(t, p.out, secret) {
			found[filepath.Base(file)] = true
		}
	}
	if !found["secrets.log"] || !found["secrets.pcap"] || len(found) != 2 {
		t.Errorf("with --trace-secrets hashes are in %v", found)
	}
	if out := p.run(0, append([]string{"register", "--once", "--account", "work", "--trace-secrets"}, p.traced("secrets")...)...); !strings.Contains(out, "warning: --trace-secrets") {
		t.Errorf("no warning:\n%s", out)
	}
}

// finishCalls has alice call bob, and send him a message.
func (p *plants) finishCalls(k *lab.Kamailio, bob *lab.Offhook, relay string, quiet []string) {
	p.Helper()
	bob.AwaitName(0, "registered")
	p.run(0, append([]string{"message", "bob", "what people say stays", "--json", "--account", "work"}, p.traced("message")...)...)
	p.run(0, append(append([]string{"call", "bob", "--json", "--account", "work", "--duration", "1s", "--srtp", "required", "--dtmf", "42", "--record", p.file("alice.wav"), "--media-interval", "200ms"}, quiet...), p.traced("alice")...)...)
	// Another by a relay, whose password is in the environment, by ICE and with keys by DTLS; a
	// collector is told of its quality.
	out := p.run(0, append(append([]string{"call", "bob", "--json", "--account", "work", "--duration", "1s", "--srtp", "dtls", "--ice", "relay", "--turn", relay, "--turn-user", "phone", "--turn-password-env", "RELAY",
		"--quality-report", k.URI("code486"), "--record", p.file("alice.opus"), "--media-interval", "200ms"}, quiet...), p.traced("relayed")...)...)
	for _, part := range []string{`"exchange":"dtls"`, `"media":"encrypted"`, `"type":"relay"`, `"event":"quality_report"`} {
		if !strings.Contains(out, part) {
			p.Errorf("the call by the relay doesn't say %s:\n%s", part, out)
		}
	}
	if code := bob.Wait(); code != 0 {
		p.Fatalf("bob's exit code is %d:\n%s", code, bob.Output())
	}
	p.keep("answer", bob.Output())
	if raw, err := os.ReadFile(p.file("message.log")); err != nil || !bytes.Contains(raw, []byte("what people say stays")) {
		p.Errorf("the message isn't in its trace (%v)", err)
	}
}

// hostile sends what holds secrets, and is wrong, to a phone that says all it can.
func (p *plants) hostile() {
	p.Helper()
	peer := uatest.UDPAt(p.T, lab.IP)
	port := lab.FreePort(p.T)
	phone := p.start(append(append([]string{"answer", "--json", "--max-calls", "1", "--audio-in", "silence", "--audio-out", "null"}, p.traced("hostile")...), lab.Direct("phone", fmt.Sprint(port))...)...)
	_, at := phone.AwaitName(0, "listening")
	sdp := strings.Join([]string{"v=0", "o=- 1 1 IN IP4 " + lab.IP, "s=-", "c=IN IP4 " + lab.IP, "k=clear:" + theirClear, "t=0 0", "a=key-mgmt:mikey " + theirMIKEY,
		"m=audio 4000 RTP/AVP 0", "a=rtpmap:0 PCMU/8000", "a=ice-ufrag:them", "a=ice-pwd:" + theirICE,
		"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + theirKey + "|2^20|1:4", ""}, "\r\n")
	credentials := []string{
		`Authorization: Digest username="peer", realm="r", nonce="n", uri="sip:x", response="` + theirDigest + `"`,
		"Proxy-Authorization: Basic " + theirBasic,
	}
	to := fmt.Sprintf("%s:%d", lab.IP, port)
	leg := peer.Call("phone", netip.MustParseAddrPort(to))
	leg.Contact = "sip:peer:" + theirURI + "@" + peer.Addr().String()
	leg.Local = strings.Replace(leg.Local, "<sip:peer@", "<sip:peer:"+theirURI+"@", 1)
	for _, broken := range []string{
		// Each is wrong where a secret stands: what is told of it quotes the line.
		strings.Replace(leg.Request("OPTIONS", "", credentials...), "CSeq: ", "CSeq: x", 1),
		"OPTIONS sip:phone:" + theirURI + "@@x SIP/2.0\n" + strings.Join(credentials, "\n") + "\n\n",
		strings.Replace(leg.Request("OPTIONS", sdp), "Max-Forwards: 70", "Via: "+credentials[0]+"\nFrom: <sip:x:"+theirURI+"@>;response="+theirDigest, 1),
		leg.Request("INVITE", strings.Replace(sdp, "v=0", "v=response=\""+theirDigest+"\"", 1), credentials...),
	} {
		peer.Send(to, broken)
	}
	leg.Send(leg.Request("INVITE", sdp, credentials...))
	for {
		if m := peer.Next(); m.Matches("200 INVITE") {
			leg.Learn(m)
			break
		}
	}
	leg.Send(leg.Ack(leg.Seq, ""))
	phone.AwaitState(at, "confirmed")
	leg.Send(leg.Request("BYE", "", credentials...))
	if code := phone.Wait(); code != 0 {
		p.Errorf("exit code %d:\n%s", code, phone.Output())
	}
	p.keep("hostile", phone.Output())
	raw, err := os.ReadFile(p.file("hostile.log"))
	if err != nil {
		p.Fatal(err)
	}
	for _, part := range []string{"malformed", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:****", "a=ice-ufrag:them", `response="****`, "Basic ****"} {
		if !bytes.Contains(raw, []byte(part)) {
			p.Errorf("the trace lacks %q:\n%s", part, raw)
		}
	}
}

// screen has a person at the phone: register, look at the log, at a message in full, add an
// account with its password.
func (p *plants) screen(k *lab.Kamailio, quiet []string) {
	p.Helper()
	u := startTUIWith(p.T, append(p.env(), "ALSA_CONFIG_PATH=/dev/null", "PULSE_SERVER="), 120, 40, append(append([]string{"-v", "--account", "work"}, quiet...), p.traced("screen")[2:]...)...)
	u.sees(fmt.Sprintf(`alice@\S+:%d registered`, k.Port))
	u.sees(`─ Log ─`)
	u.Type(k.URI("code486"))
	u.Key("Enter")
	u.sees(`486`)
	u.quits()
	p.keep("screen", u.Written()+u.Screen())
}

// grep lists the files below a directory that hold a text.
func grep(t *testing.T, dir, text string) (found []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		raw, err := os.ReadFile(path)
		if bytes.Contains(raw, []byte(text)) {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
