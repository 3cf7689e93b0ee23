// Package house holds the rules of the layout as a test: who may import whom.
package house

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

const module = "offhook"

// room is a rule: packages at or below of may import, of this module, only what
// is at or below one of may (besides what is below themselves).
type room struct {
	of  string
	may []string
	why string
}

// The most specific room of a package rules. Imports run one way:
//
//	cmd -> ui -> ua -> audio -> codec
//	 \---> config   \--> nat
var rooms = []room{
	{"cmd", []string{""}, "the composition root sees everything"},
	{"test", []string{""}, "tests against real peers see everything"},
	{"ui", []string{"ua", "audio", "codec"}, "the front drives the signalling plane and reads its events"},
	{"ua", []string{"audio", "codec", "nat"}, "the signalling plane calls the media plane and the trades"},
	{"ua/call", []string{"ua/sdp", "ua/dialog", "ua/sip", "audio", "codec"}, "the call machine is pure: it knows messages, not the Agent"},
	{"ua/codes", nil, "words for codes are a leaf"},
	{"ua/dialog", []string{"ua/sip", "ua/sdp", "audio", "codec"}, "dialogs are pure: messages in, messages out"},
	{"ua/event", []string{"ua/sip", "ua/dialog"}, "event packages are pure: state and time in, messages out"},
	{"ua/netwatch", nil, "the watch on addresses and routes is a leaf"},
	{"ua/registration", []string{"ua/sip"}, "the registration machine is pure: messages in, messages out"},
	{"ua/rules", nil, "rules are pure: they know calls by their facts"},
	{"ua/sdp", []string{"audio", "codec", "nat/ice"}, "offer/answer is pure: descriptions in, media parameters out"},
	{"ua/header", []string{"ua/sip"}, "headers for people are pure: texts in, texts out"},
	{"ua/sip", []string{"ua/trace"}, "the SIP layer knows no calls"},
	{"ua/sip/resolve", nil, "the DNS knows no SIP"},
	{"ua/trace", nil, "the record is a leaf, so that every layer can write to it"},
	{"audio", []string{"codec"}, "the media plane knows no signalling"},
	{"audio/impair", nil, "a bad network is pure: datagrams and time in, datagrams out"},
	{"audio/rtp", nil, "packets and statistics are pure"},
	{"audio/srtp", nil, "SRTP is pure: packets and keys in, packets out"},
	{"audio/jitter", []string{"codec", "audio/dsp", "audio/rtp"}, "adaptive playout is pure: packets and time in, samples out"},
	{"audio/dtls", []string{"audio/srtp"}, "handshakes are datagrams in and keys out: they know no session"},
	{"audio/ogg", nil, "the container is pure: packets in, pages out"},
	{"audio/soundfile", []string{"audio/ogg", "codec"}, "files are samples in and out: they know no call"},
	{"audio/dtmf", []string{"audio/dsp"}, "tones and events are pure"},
	{"audio/dsp", nil, "signal processing is pure"},
	{"audio/dsp/voice", nil, "the libraries for voices have one home, and it knows frames only"},
	{"codec", nil, "codecs are a leaf"},
	{"nat", nil, "NAT discovery is a leaf"},
	{"nat/ice", nil, "ICE is a leaf: candidates and datagrams in, pairs out"},
	{"config", nil, "config is plain data, read at the door by cmd"},
	{"internal/nsim", nil, "the measure of speech is a leaf, so that any test can use it"},
	{"internal/pbx", []string{"ua", "audio", "codec"}, "the embedded PBX is a user of the stack"},
	{"internal", nil, "internal packages are leaves unless a rule says otherwise"},
}

// sole lists modules that only some packages may import.
var sole = []struct {
	module string
	by     []string
	why    string
}{
	{"github.com/emiago/sipgo", []string{"ua/sip"}, "one package knows sipgo and its traps"},
	{"github.com/icholy/digest", []string{"ua/sip"}, "digest is computed where challenges are read"},
	{"github.com/gobwas/ws", []string{"ua/sip"}, "WebSocket frames are a transport's affair"},
	{"github.com/gordonklaus/portaudio", []string{"audio/device"}, "one package knows PortAudio and its traps"},
	{"github.com/charmbracelet/", []string{"ui", "cmd"}, "only the front knows the terminal"},
	{"github.com/miekg/dns", []string{"ua/sip/resolve", "test/lab"}, "questions to the DNS have one home; the lab serves a zone"},
	{"github.com/pion/sdp", []string{"ua/sdp"}, "offer/answer has one home"},
	{"github.com/pion/rtp", []string{"audio/rtp", "audio/srtp"}, "packets have one home, and one that protects them"},
	{"github.com/pion/rtcp", []string{"audio/rtp"}, "reports have one home"},
	{"github.com/pion/srtp", []string{"audio/srtp"}, "SRTP has one home"},
	{"github.com/pion/transport", []string{"nat/ice", "audio/srtp"}, "ICE needs a net to stand on, and SRTP replay windows"},
	{"github.com/pion/transport/v5/replaydetector", []string{"audio/srtp"}, "the replay windows are those of SRTP"},
	{"github.com/pion/logging", []string{"nat/ice", "audio/dtls"}, "what pion logs is translated where it is called"},
	{"github.com/gopacket/", []string{"ua/trace", "test/lab"}, "captures are written by the record, and read by the lab"},
	{"github.com/pion/stun", []string{"nat"}, "STUN has one guarded home"},
	{"github.com/pion/stun/v4", []string{"nat/ice"}, "pion's ICE and TURN speak it; our own STUN is guarded for v2"},
	{"github.com/pion/ice", []string{"nat/ice"}, "ICE has one home"},
	{"github.com/pion/turn", []string{"nat/ice"}, "relays belong to ICE; the lab has a server of its own"},
	{"github.com/pion/dtls", []string{"audio/dtls"}, "DTLS has one home"},
	{"github.com/hraban/opus", []string{"codec/opus"}, "each codec has one home"},
	{"github.com/zaf/g711", []string{"codec/g711", "audio"}, "G.711 stands in RTP and in WAV files, nowhere else"},
	{"github.com/spf13/", []string{"cmd"}, "flags end at the door"},
	{"github.com/zalando/go-keyring", []string{"cmd"}, "passwords come in at the door"},
	{"modernc.org/sqlite", []string{"internal/history"}, "the history is the one database"},
	{"github.com/emersion/go-vcard", []string{"internal/contacts"}, "cards have one home"},
	{"github.com/BurntSushi/toml", []string{"config"}, "the file format is config's own affair"},
}

type pkg struct {
	ImportPath                         string
	Imports, TestImports, XTestImports []string
}

func load(t *testing.T) []pkg {
	t.Helper()
	out, err := exec.Command("go", "list", "-tags", "nolibopusfile", "-json=ImportPath,Imports,TestImports,XTestImports", module+"/...").Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("go list: %v\n%s", err, exit.Stderr)
		}
		t.Fatalf("go list: %v", err)
	}
	var all []pkg
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatalf("go list: %v", err)
		}
		all = append(all, p)
	}
}

func within(p, dir string) bool {
	return dir == "" || p == dir || strings.HasPrefix(p, dir+"/")
}

func ruleFor(rules []room, p string) (room, bool) {
	for dir := p; dir != "."; dir = path.Dir(dir) {
		if i := slices.IndexFunc(rules, func(r room) bool { return r.of == dir }); i >= 0 {
			return rules[i], true
		}
	}
	return room{}, false
}

// violation returns why from may not import imp, or "".
func violation(rules []room, from, imp string) string {
	if to, ours := strings.CutPrefix(imp, module+"/"); ours {
		r, ok := ruleFor(rules, from)
		if !ok {
			return "no rule gives it a place in the house"
		}
		if within(to, r.of) || slices.ContainsFunc(r.may, func(d string) bool { return within(to, d) }) {
			return ""
		}
		return r.why
	}
	for _, s := range sole {
		if strings.HasPrefix(imp, s.module) && !slices.ContainsFunc(s.by, func(d string) bool { return within(from, d) }) {
			return s.why
		}
	}
	return ""
}

func TestImports(t *testing.T) {
	pkgs := load(t)
	if len(pkgs) < 10 {
		t.Fatalf("go list gave %d packages: this isn't the whole house", len(pkgs))
	}
	for _, p := range pkgs {
		from := strings.TrimPrefix(p.ImportPath, module+"/")
		if _, ok := ruleFor(rooms, from); !ok {
			t.Errorf("%s has no rule: give it a place in rooms", from)
			continue
		}
		for _, imp := range p.Imports {
			if why := violation(rooms, from, imp); why != "" {
				t.Errorf("%s imports %s: %s", from, imp, why)
			}
		}
		// Tests may reach wider inside the module, not to the guarded modules.
		for _, imp := range slices.Concat(p.TestImports, p.XTestImports) {
			if strings.HasPrefix(imp, module+"/") {
				continue
			}
			if why := violation(rooms, from, imp); why != "" {
				t.Errorf("a test of %s imports %s: %s", from, imp, why)
			}
		}
	}
}

// TestRulesCatch proves that the test above can fail.
func TestRulesCatch(t *testing.T) {
	for _, c := range []struct {
		from, imp string
		ok        bool
	}{
		{"ua", "offhook/audio", true},
		{"ua", "offhook/audio/rtp", true},
		{"audio", "offhook/ua", false},
		{"audio/jitter", "offhook/audio", false},
		{"audio", "offhook/audio/jitter", true},
		{"ua/call", "offhook/ua", false},
		{"ua", "offhook/ua/call", true},
		{"ui/pane", "offhook/config", false},
		{"cmd/offhook", "offhook/config", true},
		{"config", "offhook/ua", false},
		{"internal/pbx", "offhook/ui", false},
		{"nowhere", "offhook/ua", false},
		{"ua", "github.com/emiago/sipgo/sip", false},
		{"ua/sip", "github.com/emiago/sipgo/sip", true},
		{"ua", "github.com/charmbracelet/bubbletea", false},
		{"ui/overlay", "github.com/charmbracelet/lipgloss", true},
		{"audio", "github.com/gordonklaus/portaudio", false},
		{"audio", "offhook/nat/ice", false},
		{"nat/ice", "offhook/audio", false},
		{"audio/srtp", "offhook/audio/dtls", false},
		{"audio/dtls", "offhook/audio/srtp", true},
		{"ua", "github.com/pion/ice/v4", false},
		{"nat", "github.com/pion/turn/v5", false},
		{"nat", "github.com/pion/stun/v4", false},
		{"nat/ice", "github.com/pion/stun/v4", true},
		{"nat/ice", "github.com/pion/transport/v5/replaydetector", false},
		{"audio", "github.com/pion/srtp/v3", false},
	} {
		if got := violation(rooms, c.from, c.imp); (got == "") != c.ok {
			t.Errorf("%s -> %s: violation %q, want allowed %t", c.from, c.imp, got, c.ok)
		}
	}
}
