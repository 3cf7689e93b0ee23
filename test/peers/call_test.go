package peers

import (
	"path/filepath"
	"testing"

	"offhook/test/lab"
)

// same is the least match of speech with itself after a codec and a call; other
// speech stays below 0.65 (lab's own test).
const same = 0.8

// TestSpeechThroughKamailio places a call with digest through the proxy to
// baresip: each side's speech is in the other's recording, for each codec.
func TestSpeechThroughKamailio(t *testing.T) {
	lab.Need(t, "kamailio", "baresip", "espeak-ng", "sox")
	for _, c := range []struct{ name, ours, theirs, transport, algorithm, sdp string }{
		{"PCMU over UDP", "pcmu", "PCMU/8000/1", "udp", "MD5", "PCMU/8000"},
		{"PCMA over UDP with SHA-256", "pcma", "PCMA/8000/1", "udp", "SHA-256", "PCMA/8000"},
		{"Opus over UDP", "opus", "opus/48000/2", "udp", "MD5", "opus/48000/2"},
		{"PCMA over TCP", "pcma", "PCMA/8000/1", "tcp", "MD5", "PCMA/8000"},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := lab.StartKamailio(t, c.algorithm)
			ours, theirs := lab.Speech(t, 0), lab.Speech(t, 1)
			registrar := k
			user := "bob"
			if c.algorithm != "MD5" {
				registrar = nil // Debian's baresip knows MD5 only
			}
			b := lab.StartBaresip(t, lab.BaresipConfig{User: user, Via: registrar, Codecs: c.theirs, Source: "aufile," + theirs})
			target := k.URI(user)
			if registrar == nil {
				target = b.URI()
			}
			rec := filepath.Join(t.TempDir(), "call.wav")
			args := append([]string{"call", target, "--json", "--codecs", c.ours, "--play", ours, "--record", rec,
				"--audio-in", "silence", "--audio-out", "null", "--duration", "6s", "--transport", c.transport}, lab.Account(t, k, "alice")...)
			o := lab.StartOffhook(t, args...)
			if code := o.Wait(); code != 0 {
				t.Fatalf("exit code %d:\n%s", code, o.Output())
			}
			ended, _ := o.AwaitName(0, "call_ended")
			b.AwaitType(0, "CALL_CLOSED")
			if got := ended.Str("codec"); got != c.sdp {
				t.Errorf("codec %q, want %q", got, c.sdp)
			}
			there := lab.Match(lab.ReadWAV(t, ours, 0), lab.ReadWAV(t, b.Recording("dec"), 0))
			sent := lab.Match(lab.ReadWAV(t, ours, 0), lab.ReadWAV(t, rec, 0))
			back := lab.Match(lab.ReadWAV(t, theirs, 0), lab.ReadWAV(t, rec, 1))
			cross := lab.Match(lab.ReadWAV(t, theirs, 0), lab.ReadWAV(t, rec, 0))
			t.Logf("match: ours at baresip %.2f, ours in our left channel %.2f, baresip's in our right channel %.2f (crossed %.2f)", there, sent, back, cross)
			if there < same || sent < same || back < same {
				t.Errorf("speech lost: want at least %.2f each", same)
			}
			if cross >= same {
				t.Errorf("the channels of the recording are mixed up")
			}
		})
	}
}

// TestBaresipCalls has baresip call `offhook answer` through the proxy.
func TestBaresipCalls(t *testing.T) {
	lab.Need(t, "kamailio", "baresip", "espeak-ng", "sox")
	k := lab.StartKamailio(t, "MD5")
	ours, theirs := lab.Speech(t, 0), lab.Speech(t, 1)
	rec := filepath.Join(t.TempDir(), "call.wav")
	o := lab.StartOffhook(t, append([]string{"answer", "--json", "--max-calls", "1", "--play", ours, "--record", rec, "--audio-in", "silence", "--audio-out", "null"}, lab.Account(t, k, "alice")...)...)
	o.AwaitName(0, "registered")
	b := lab.StartBaresip(t, lab.BaresipConfig{User: "bob", Via: k, Source: "aufile," + theirs})
	b.Command("dial", k.URI("alice"))
	b.AwaitType(0, "CALL_ESTABLISHED")
	o.AwaitState(0, "confirmed")
	o.AwaitEvent(0, "played", func(e lab.Event) bool { return e.Str("event") == "media" && e.Str("change") == "played" })
	b.Command("hangup", "")
	if code := o.Wait(); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	there := lab.Match(lab.ReadWAV(t, ours, 0), lab.ReadWAV(t, b.Recording("dec"), 0))
	back := lab.Match(lab.ReadWAV(t, theirs, 0), lab.ReadWAV(t, rec, 1))
	t.Logf("match: ours at baresip %.2f, baresip's here %.2f", there, back)
	if there < same || back < same {
		t.Errorf("speech lost: want at least %.2f each", same)
	}
}

// TestBaresipRejected has `offhook answer --code` refuse baresip's call.
func TestBaresipRejected(t *testing.T) {
	lab.Need(t, "baresip")
	port := lab.FreePort(t)
	o := lab.StartOffhook(t, append([]string{"answer", "--json", "--max-calls", "1", "--code", "603", "--audio-in", "silence", "--audio-out", "null"}, lab.Direct("alice", itoa(port))...)...)
	o.AwaitName(0, "listening")
	b := lab.StartBaresip(t, lab.BaresipConfig{User: "bob"})
	b.Command("dial", "sip:alice@"+lab.IP+":"+itoa(port))
	e, _ := b.AwaitType(0, "CALL_CLOSED")
	if want := "603 Decline"; e.Param != want {
		t.Errorf("baresip was told %q, want %q", e.Param, want)
	}
	awaitOK(t, "offhook", o)
}
