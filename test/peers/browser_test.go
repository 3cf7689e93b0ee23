package peers

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"offhook/test/lab"
)

// Tones that the two sides of a call with a browser send, in Hz.
const browserTone, offhookTone = 1100, 700

// hearsTone waits until a browser hears a tone of hz.
func hearsTone(b *lab.Browser, hz float64) lab.BrowserReport {
	return b.AwaitReport(fmt.Sprintf("a tone of %.0f Hz", hz), func(r lab.BrowserReport) bool {
		return r.What == "hears" && math.Abs(r.Hz-hz) < 20 && r.DB > -50
	})
}

// TestWebRTC has a browser call offhook, and offhook call a browser: SIP over WSS through
// kamailio, ICE, DTLS-SRTP, rtcp-mux, SAVPF and Opus. Both send a tone, and hear the other's.
// A browser tells its addresses, or hides them behind names of mDNS and asks for pictures.
// In mid-call offhook holds: the association goes on (interop 42).
func TestWebRTC(t *testing.T) {
	t.Parallel()
	lab.Need(t, "kamailio", "chromium-headless-shell")
	certs := lab.NewCerts(t)
	server := certs.Server("server")
	for _, c := range []struct {
		caller string
		hidden bool
	}{{"browser", false}, {"offhook", false}, {"browser", true}, {"offhook", true}} {
		name := c.caller + " calls"
		if c.hidden {
			name += ", hidden addresses"
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := lab.StartSecureKamailio(t, certs, server, false)
			rec := t.TempDir() + "/call.wav"
			media := append([]string{"--json", "--codecs", "opus,pcmu", "--srtp", "dtls", "--ice", "on", "--record", rec,
				"--audio-in", fmt.Sprintf("tone:%d", offhookTone), "--audio-out", "null"}, k.Over(t, "wss", "alice", certs)...)
			page := lab.BrowserCall{WS: fmt.Sprintf("wss://%s:%d", lab.IP, k.WSS), Domain: fmt.Sprintf("%s:%d", lab.IP, k.WSS), User: "bob", Tone: browserTone, Hidden: c.hidden, Video: c.hidden}
			var b *lab.Browser
			var o *lab.Offhook
			if c.caller == "browser" {
				o = lab.StartOffhook(t, append([]string{"answer", "--max-calls", "1"}, media...)...)
				o.AwaitName(0, "registered")
				page.Call, page.After = "sip:alice@"+page.Domain, 6*time.Second
				b = lab.StartBrowser(t, page)
			} else {
				b = lab.StartBrowser(t, page)
				b.AwaitWhat("registered")
				o = lab.StartOffhook(t, append([]string{"call", "sip:bob@" + page.Domain, "--duration", "8s", "--hold-after", "3s", "--resume-after", "1s"}, media...)...)
			}
			connected := b.AwaitReport("connected media", func(r lab.BrowserReport) bool { return r.What == "media" && r.State == "connected" })
			ears := hearsTone(b, offhookTone)
			if c.caller == "offhook" {
				b.AwaitWhat("agreed anew")
				b.AwaitWhat("agreed anew")
				hearsTone(b, offhookTone)
			}
			b.AwaitWhat("ended")
			if code := o.Wait(); code != 0 {
				t.Fatalf("exit code %d:\n%s\n%s", code, o.Output(), k.Output())
			}
			t.Logf("the browser had a connection %.0f ms after the answer; it is the DTLS %s with %s, codec %s, %d packets", connected.After, ears.Role, ears.SRTP, ears.Codec, ears.Packets)
			if ears.DTLS != "connected" || !strings.EqualFold(ears.Codec, "audio/opus") {
				t.Errorf("the browser has DTLS %q and codec %q", ears.DTLS, ears.Codec)
			}
			ended, _ := o.AwaitName(0, "call_ended")
			if codec := ended.Str("codec"); codec != "opus/48000/2" {
				t.Errorf("codec %q", codec)
			}
			o.AwaitEvent(0, "encrypted by DTLS-SRTP", func(e lab.Event) bool {
				return e.Str("event") == "security" && e.Str("media") == "encrypted" && e.Str("exchange") == "dtls"
			})
			if share := lab.ToneShare(lab.ReadWAV(t, rec, 1), browserTone); share < 0.5 {
				t.Errorf("%.2f of what offhook heard is the browser's tone", share)
			}
		})
	}
}
