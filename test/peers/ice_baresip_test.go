package peers

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"offhook/test/lab"
)

// baresipICE is a baresip that speaks ICE. It has RTCP beside RTP: without that this baresip wants
// two components of its peer, and otherwise sends nothing at all.
func baresipICE(t *testing.T, source string) *lab.Baresip {
	return lab.StartBaresip(t, lab.BaresipConfig{
		User: "bob", Codecs: "PCMU/8000/1", Source: "aufile," + source, Mux: true,
		Modules: []string{"stun", "turn", "ice"}, Account: "medianat=ice",
	})
}

// wantICE looks at what offhook told of the way: both sides agreed on a pair, in that role.
func wantICE(t *testing.T, o *lab.Offhook, role string) {
	t.Helper()
	e, _ := o.AwaitEvent(0, "ice connected", func(e lab.Event) bool { return e.Str("event") == "ice" && e.Str("state") == "connected" })
	if e.Str("role") != role {
		t.Errorf("role %q, want %q", e.Str("role"), role)
	}
	for _, side := range []string{"local", "remote"} {
		if c, _ := e[side].(map[string]any); c == nil || c["type"] != "host" || !strings.HasPrefix(fmt.Sprint(c["addr"]), lab.IP+":") {
			t.Errorf("%s is %v", side, e[side])
		}
	}
}

// TestICECallsBaresip: we offer, and control.
func TestICECallsBaresip(t *testing.T) {
	t.Parallel()
	lab.Need(t, "baresip", "espeak-ng", "sox")
	ours, theirs := lab.Speech(t, 0), lab.LongSpeech(t, 1, 8000)
	rec := filepath.Join(t.TempDir(), "call.wav")
	b := baresipICE(t, theirs)
	o := lab.StartOffhook(t, append([]string{"call", b.URI(), "--json", "--ice", "required", "--codecs", "pcmu", "--play", ours, "--record", rec,
		"--audio-in", "silence", "--audio-out", "null", "--duration", "6s"}, lab.Direct("alice", "0")...)...)
	wantICE(t, o, "controlling")
	awaitOK(t, "offhook", o)
	wantSpeech(t, b, ours, rec)
}

// TestICEBaresipCalls: baresip offers, and controls.
func TestICEBaresipCalls(t *testing.T) {
	t.Parallel()
	lab.Need(t, "baresip", "espeak-ng", "sox")
	ours, theirs := lab.Speech(t, 0), lab.LongSpeech(t, 1, 8000)
	rec := filepath.Join(t.TempDir(), "call.wav")
	port := lab.FreePort(t)
	o := lab.StartOffhook(t, append([]string{"answer", "--json", "--ice", "required", "--max-calls", "1", "--codecs", "pcmu", "--play", ours, "--record", rec,
		"--audio-in", "silence", "--audio-out", "null"}, lab.Direct("alice", itoa(port))...)...)
	o.AwaitName(0, "listening")
	b := baresipICE(t, theirs)
	b.Command("dial", "sip:alice@"+lab.IP+":"+itoa(port))
	wantICE(t, o, "controlled")
	o.AwaitEvent(0, "played", func(e lab.Event) bool { return e.Str("event") == "media" && e.Str("change") == "played" })
	b.Command("hangup", "")
	awaitOK(t, "offhook", o)
	wantSpeech(t, b, ours, rec)
}

// wantSpeech looks at what both sides recorded.
func wantSpeech(t *testing.T, b *lab.Baresip, ours, rec string) {
	t.Helper()
	there := lab.Match(lab.ReadWAV(t, ours, 0), lab.ReadWAV(t, b.Recording("dec"), 0))
	back := lab.RMS(lab.ReadWAV(t, rec, 1))
	t.Logf("match: ours at baresip %.2f; baresip's here at %.0f dB", there, back)
	if there < same || back < -40 {
		t.Errorf("speech lost:\n%s", b.Output())
	}
}

// TestInterop53BaresipWithoutICE: a peer without ICE is reached by c= and m= (RFC 8839, section
// 4.2.5), at once; an account that requires ICE ends the call, and says why.
func TestInterop53BaresipWithoutICE(t *testing.T) {
	t.Parallel()
	lab.Need(t, "baresip", "espeak-ng", "sox")
	theirs := lab.LongSpeech(t, 1, 8000)
	b := lab.StartBaresip(t, lab.BaresipConfig{User: "bob", Codecs: "PCMU/8000/1", Source: "aufile," + theirs})
	call := func(mode string) *lab.Offhook {
		return lab.StartOffhook(t, append([]string{"call", b.URI(), "--json", "--ice", mode, "--codecs", "pcmu",
			"--audio-in", "tone:440", "--audio-out", "null", "--duration", "2s"}, lab.Direct("alice", "0")...)...)
	}
	o := call("on")
	awaitOK(t, "offhook", o)
	o.AwaitEvent(0, "ice unsupported", func(e lab.Event) bool { return e.Str("event") == "ice" && e.Str("state") == "unsupported" })
	if e, _ := o.AwaitName(0, "call_ended"); e.Num("stats.packets_received") < 50 || e.Num("stats.packets_sent") < 50 {
		t.Errorf("no audio: %v", e)
	}
	o = call("required")
	if code := o.Wait(); code == 0 {
		t.Error("a call without ICE was held, where it is required")
	}
	if e, _ := o.AwaitName(0, "call_ended"); !strings.Contains(e.Str("error"), "ICE") {
		t.Errorf("the end says %q", e.Str("error"))
	}
}
