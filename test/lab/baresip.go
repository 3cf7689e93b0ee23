package lab

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// BaresipConfig says what a Baresip is.
type BaresipConfig struct {
	User string
	// Via is the registrar; nil makes a peer that can be called at its address.
	Via *Kamailio
	// Exchange is an offhook exchange to register with, instead of Via.
	Exchange *PBX
	// Codecs is baresip's list: "PCMU/8000/1,opus/48000/2". Empty: PCMU, PCMA, opus.
	Codecs string
	// Source is an audio source: "aufile,/x.wav" or "ausine,440". Empty is a silent tone source.
	Source string
	// Rate is the source's sample rate in Hz. Zero means 8000.
	Rate int
	// Manual leaves calls ringing until the command accept.
	Manual bool
	// DTMF is baresip's dtmfmode: "rtpevent" (the default), "info", "auto".
	DTMF      string
	Transport string // "udp" (default) or "tcp"
	// Contacts are the lines of its contacts, the first one current; Modules are further ones.
	Contacts, Modules []string
	// Account are further parameters of its account: "mediaenc=dtls_srtp;medianat=ice".
	Account string
	// Mux has it take rtcp-mux.
	Mux bool
	// Lean leaves out what only tests need: the control port and the recordings.
	Lean bool
}

// Baresip is a running baresip, driven over its TCP control port.
type Baresip struct {
	*Process
	Port int
	// RTP is the first of the RTPPorts ports of its media.
	RTP  int
	dir  string
	user string
	ctl  net.Conn

	mu     sync.Mutex
	events []BaresipEvent // guarded by mu
	more   chan struct{}  // guarded by mu
}

// RTPPorts is how many ports a Baresip has for media.
const RTPPorts = 100

// Owns says that an address is one of the media's.
func (b *Baresip) Owns(a netip.AddrPort) bool {
	return int(a.Port()) >= b.RTP && int(a.Port()) < b.RTP+RTPPorts
}

// registrar is the port of the registrar, 0 for none.
func (c BaresipConfig) registrar() int {
	switch {
	case c.Via != nil:
		return c.Via.Port
	case c.Exchange != nil:
		return c.Exchange.Port
	}
	return 0
}

// PrepareBaresip writes the folder of one and returns what starts it, for a
// measurement that begins with the start.
func PrepareBaresip(t testing.TB, c BaresipConfig, args ...string) func() *Process {
	t.Helper()
	b, _ := prepare(t, c)
	return func() *Process { return b.start(t, args...) }
}

// StartBaresip starts one and waits until it is ready, and registered when it has a registrar.
func StartBaresip(t testing.TB, c BaresipConfig) *Baresip {
	t.Helper()
	b, ctl := prepare(t, c)
	b.Process = b.start(t)
	b.Await("baresip is ready", 0)
	conn, err := net.Dial("tcp", net.JoinHostPort(IP, strconv.Itoa(ctl)))
	if err != nil {
		t.Fatalf("baresip's control port: %v\n%s", err, b.Output())
	}
	b.ctl = conn
	t.Cleanup(func() { conn.Close() })
	go b.readControl()
	if c.registrar() != 0 {
		b.Await(`(?i)200 OK.*\[\d+ binding`, 0)
	}
	return b
}

func (b *Baresip) start(t testing.TB, args ...string) *Process {
	return Run(t, "baresip", append([]string{"-f", b.dir, "-v"}, args...), Env("HOME="+b.dir))
}

// prepare writes configuration and account, and returns the control port too.
func prepare(t testing.TB, c BaresipConfig) (*Baresip, int) {
	t.Helper()
	Need(t, "baresip")
	b := &Baresip{dir: t.TempDir(), Port: FreePort(t), user: c.User, more: make(chan struct{})}
	b.RTP = Ports(t, RTPPorts)
	ctl, rtp := FreePort(t), b.RTP
	if c.Source == "" {
		c.Source = "aufile," + WriteWAV(t, filepath.Join(b.dir, "silence.wav"), 8000, make([]int16, 8000*60))
	}
	if c.Codecs == "" {
		c.Codecs = "PCMU/8000/1,PCMA/8000/1,opus/48000/2"
	}
	if c.Transport == "" {
		c.Transport = "udp"
	}
	// aufile plays a file at its own rate only; baresip resamples to the codec's.
	source := "ausrc_srate 8000\nausrc_channels 1\n"
	if c.Rate != 0 {
		source = fmt.Sprintf("ausrc_srate %d\nausrc_channels 1\n", c.Rate)
	}
	// The account is read when its module is loaded, and names some of the others.
	names := append([]string{"g711", "opus", "aufile", "ausine"}, c.Modules...)
	names = append(names, "account", "menu", "contact")
	if !c.Lean {
		names = append(names, "sndfile", "ctrl_tcp")
	}
	modules := ""
	for _, m := range names {
		modules += "module " + m + ".so\n"
	}
	mux := "no"
	if c.Mux {
		mux = "yes"
	}
	cfg := fmt.Sprintf(`poll_method epoll
sip_listen %[1]s:%[2]d
call_max_calls 16
audio_source %[3]s
audio_player ausine
audio_alert ausine
audio_buffer 20-160
rtp_ports %[6]d-%[7]d
rtcp_mux %[11]s
jitter_buffer_delay 2-10
rtp_stats no
module_path %[8]s
%[4]sctrl_tcp_listen %[1]s:%[5]d
snd_path %[9]s
opus_bitrate 28000
%[10]s`, IP, b.Port, c.Source, modules, ctl, rtp, rtp+RTPPorts-2, baresipModules(t), b.dir, source, mux)
	account := fmt.Sprintf("<sip:%s@%s:%d;transport=%s>;regint=0", c.User, IP, b.Port, c.Transport)
	if port := c.registrar(); port != 0 {
		account = fmt.Sprintf("<sip:%s@%s:%d;transport=%s>;auth_user=%s;auth_pass=pw-%s;regint=60", c.User, IP, port, c.Transport, c.User, c.User)
	}
	if !c.Manual {
		account += ";answermode=auto"
	}
	if c.DTMF != "" {
		account += ";dtmfmode=" + c.DTMF
	}
	account += ";audio_codecs=" + c.Codecs
	if c.Account != "" {
		account += ";" + c.Account
	}
	for name, text := range map[string]string{"config": cfg, "accounts": account + "\n", "contacts": strings.Join(c.Contacts, "\n") + "\n", "uuid": ""} {
		if err := os.WriteFile(filepath.Join(b.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return b, ctl
}

func baresipModules(t testing.TB) string {
	t.Helper()
	for _, pattern := range []string{"/usr/lib/baresip/modules", "/usr/lib/*/baresip/modules", "/usr/local/lib/baresip/modules"} {
		if m, _ := filepath.Glob(pattern); len(m) > 0 {
			return m[0]
		}
	}
	t.Fatal("baresip has no modules: install baresip-core")
	return ""
}

// URI is where it can be called directly.
func (b *Baresip) URI() string { return fmt.Sprintf("sip:%s@%s:%d", b.user, IP, b.Port) }
