package peers

import (
	"testing"

	"offhook/test/lab"
)

const allDigits = "1234567890*#"

// TestDigitsToBaresip sends every digit by each means.
func TestDigitsToBaresip(t *testing.T) {
	lab.Need(t, "kamailio", "baresip", "multimon-ng")
	for _, c := range []struct{ mode, codec string }{
		{"rfc4733", "pcmu"}, {"rfc4733", "opus"}, {"info", "pcmu"}, {"inband", "pcma"},
	} {
		t.Run(c.mode+" with "+c.codec, func(t *testing.T) {
			t.Parallel()
			k := lab.StartKamailio(t, "MD5")
			b := lab.StartBaresip(t, lab.BaresipConfig{User: "bob", Via: k})
			o := lab.StartOffhook(t, append([]string{"call", k.URI("bob"), "--json", "--codecs", c.codec, "--dtmf-mode", c.mode,
				"--dtmf", allDigits, "--audio-in", "silence", "--audio-out", "null", "--duration", "5s"}, lab.Account(t, k, "alice")...)...)
			if code := o.Wait(); code != 0 {
				t.Fatalf("exit code %d", code)
			}
			b.AwaitType(0, "CALL_CLOSED")
			got := b.Digits()
			if c.mode == "inband" {
				got = lab.InbandDigits(t, b.Recording("dec"), 0)
			}
			if got != allDigits {
				t.Errorf("baresip got %q, want %q", got, allDigits)
			}
		})
	}
}

// TestDigitsFromBaresip receives every digit by each means.
func TestDigitsFromBaresip(t *testing.T) {
	lab.Need(t, "baresip", "sox")
	for _, c := range []struct{ mode, theirs string }{
		{"rfc4733", "rtpevent"}, {"inband", "rtpevent"},
	} {
		t.Run(c.mode, func(t *testing.T) {
			t.Parallel()
			port := lab.FreePort(t)
			o := lab.StartOffhook(t, append([]string{"answer", "--json", "--max-calls", "1", "--dtmf-mode", c.mode, "--audio-in", "silence", "--audio-out", "null"},
				lab.Direct("alice", itoa(port))...)...)
			o.AwaitName(0, "listening")
			cfg := lab.BaresipConfig{User: "bob", Codecs: "PCMU/8000/1", DTMF: c.theirs}
			if c.mode == "inband" {
				cfg.Source = "aufile," + lab.InbandSpeech(t, allDigits)
			}
			b := lab.StartBaresip(t, cfg)
			b.Command("dial", "sip:alice@"+lab.IP+":"+itoa(port))
			o.AwaitState(0, "confirmed")
			b.AwaitType(0, "CALL_RTPESTAB")
			at := 0
			for _, d := range allDigits {
				if c.mode != "inband" {
					b.Command("sndcode", string(d))
				}
				var e lab.Event
				e, at = o.AwaitEvent(at, "dtmf "+string(d), func(e lab.Event) bool { return e.Str("event") == "dtmf" })
				if e.Str("digit") != string(d) || e.Str("method") != c.mode {
					t.Fatalf("got digit %q by %q, want %q by %q", e.Str("digit"), e.Str("method"), string(d), c.mode)
				}
			}
			b.Command("hangup", "")
			awaitOK(t, "offhook", o)
		})
	}
}
