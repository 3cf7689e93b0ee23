package peers

import (
	"path/filepath"
	"strings"
	"testing"

	"offhook/test/lab"
)

// TestDTLSWithBaresip calls baresip over DTLS-SRTP and is called by it, with RTCP on the
// port of RTP and, in the old way, on its own. Each side's speech is at the other, and on
// the wire there is nothing that anybody could hear.
func TestDTLSWithBaresip(t *testing.T) {
	lab.Need(t, "baresip", "espeak-ng", "sox", "tcpdump")
	for _, mux := range []bool{true, false} {
		for _, calls := range []string{"offhook", "baresip"} {
			name := calls + " calls"
			if !mux {
				name += ", without rtcp-mux"
			}
			t.Run(name, func(t *testing.T) {
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
