package peers

import (
	"path/filepath"
	"strings"
	"testing"

	"offhook/test/lab"
)

// TestDTLSWithBaresip calls baresip over DTLS-SRTP and is called by it, with RTCP on the
// port of RTP and, in the old way, on its own. Each side's speech is at the other,
// baresip has verified our certificate, and the call says that it is encrypted.
func TestDTLSWithBaresip(t *testing.T) {
	t.Parallel()
	lab.Need(t, "baresip", "espeak-ng", "sox")
	for _, mux := range []bool{true, false} {
		for _, calls := range []string{"offhook", "baresip"} {
			name := calls + " calls"
			if !mux {
				name += ", without rtcp-mux"
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				ours, theirs := lab.Speech(t, 0), lab.Speech(t, 1)
				rec := filepath.Join(t.TempDir(), "call.wav")
				b := lab.StartBaresip(t, lab.BaresipConfig{
					User: "bob", Codecs: "PCMU/8000/1", Source: "aufile," + theirs, Modules: []string{"dtls_srtp"}, Account: "mediaenc=dtls_srtp", Mux: mux,
				})
				media := []string{"--json", "--codecs", "pcmu", "--play", ours, "--record", rec, "--audio-in", "silence", "--audio-out", "null", "--srtp", "dtls"}
				var o *lab.Offhook
				if calls == "offhook" {
					o = lab.StartOffhook(t, append(append([]string{"call", b.URI(), "--duration", "6s"}, media...), lab.Direct("alice", "0")...)...)
				} else {
					port := lab.FreePort(t)
					o = lab.StartOffhook(t, append(append([]string{"answer", "--max-calls", "1"}, media...), lab.Direct("alice", itoa(port))...)...)
					o.AwaitName(0, "listening")
					b.Command("dial", "sip:alice@"+lab.IP+":"+itoa(port))
					o.AwaitEvent(0, "played", func(e lab.Event) bool { return e.Str("event") == "media" && e.Str("change") == "played" })
					b.Command("hangup", "")
				}
				if code := o.Wait(); code != 0 {
					t.Fatalf("exit code %d:\n%s\n%s", code, o.Output(), b.Output())
				}
				b.AwaitType(0, "CALL_CLOSED")
				o.AwaitEvent(0, "encrypted by DTLS-SRTP", func(e lab.Event) bool {
					return e.Str("event") == "security" && e.Str("media") == "encrypted" && e.Str("exchange") == "dtls"
				})
				there := lab.Match(lab.ReadWAV(t, ours, 0), lab.ReadWAV(t, b.Recording("dec"), 0))
				back := lab.Match(lab.ReadWAV(t, theirs, 0), lab.ReadWAV(t, rec, 1))
				t.Logf("match: ours at baresip %.2f, baresip's here %.2f", there, back)
				if there < same || back < same {
					t.Errorf("speech lost: want at least %.2f each", same)
				}
				if !strings.Contains(b.Output(), "fingerprint OK") {
					t.Errorf("baresip didn't verify our certificate:\n%s", b.Output())
				}
			})
		}
	}
}

// TestDTLSRekey lets a running call take another certificate: new keys, and the sound goes on.
func TestDTLSRekey(t *testing.T) {
	t.Parallel()
	lab.Need(t, "sox")
	rec := filepath.Join(t.TempDir(), "call.wav")
	port := lab.FreePort(t)
	media := []string{"--json", "--codecs", "pcmu", "--srtp", "dtls", "--audio-out", "null"}
	b := lab.StartOffhook(t, append(append([]string{"answer", "--max-calls", "1", "--audio-in", "tone:440", "--record", rec}, media...), lab.Direct("bob", itoa(port))...)...)
	b.AwaitName(0, "listening")
	a := lab.StartOffhook(t, append(append([]string{"call", "sip:bob@" + lab.IP + ":" + itoa(port), "--audio-in", "tone:1100", "--rekey-after", "2s", "--duration", "5s"}, media...), lab.Direct("alice", "0")...)...)
	if code := a.Wait(); code != 0 {
		t.Fatalf("exit code %d:\n%s", code, a.Output())
	}
	b.Wait()
	for _, o := range []*lab.Offhook{a, b} {
		times := map[string]bool{}
		for _, e := range o.Events() {
			if e.Str("event") == "security" && e.Str("media") == "encrypted" {
				times[e.Str("since")] = true
			}
		}
		if len(times) != 2 {
			t.Errorf("keys came into force %d times, want 2:\n%s", len(times), o.Output())
		}
	}
	heard := lab.ReadWAV(t, rec, 1)
	for at := 8000; at+8000 <= len(heard) && at < 4*8000; at += 4000 {
		if share := lab.ToneShare(heard[at:at+8000], 1100); share < 0.9 {
			t.Errorf("%.2f of the second from %d ms on is the tone", share, at/8)
		}
	}
}

// TestMeddledFingerprint: a proxy between two phones puts its own fingerprint into the offer.
// The callee sees another certificate than it was told of, ends the call, and both ends say why.
func TestMeddledFingerprint(t *testing.T) {
	t.Parallel()
	lab.Need(t, "kamailio")
	k := lab.StartMeddler(t)
	media := []string{"--json", "--codecs", "pcmu", "--srtp", "dtls", "--audio-in", "tone:440", "--audio-out", "null"}
	b := lab.StartOffhook(t, append(append([]string{"answer", "--max-calls", "1"}, media...), lab.Account(t, k, "bob")...)...)
	b.AwaitName(0, "registered")
	a := lab.StartOffhook(t, append(append([]string{"call", "bob", "--duration", "20s"}, media...), lab.Account(t, k, "alice")...)...)
	b.Wait()
	a.Wait()
	ended, _ := b.AwaitName(0, "call_ended")
	if ended.Str("cause") != "media_failure" || !strings.Contains(ended.Str("error"), "isn't the one that signalling named") {
		t.Errorf("the callee's call ended by %q: %q", ended.Str("cause"), ended.Str("error"))
	}
	b.AwaitEvent(0, "no keys", func(e lab.Event) bool {
		return e.Str("event") == "security" && e.Str("media") == "failed" && strings.Contains(e.Str("error"), "certificate")
	})
	ended, _ = a.AwaitName(0, "call_ended")
	t.Logf("the caller's call ended: %v", ended)
	for _, o := range []*lab.Offhook{a, b} {
		for _, e := range o.Events() {
			if e.Str("event") == "media" && e.Str("change") == "started" {
				t.Errorf("something was heard: %v", e)
			}
		}
	}
}
