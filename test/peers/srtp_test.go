package peers

import (
	"path/filepath"
	"strings"
	"testing"

	"offhook/audio/rtp"
	"offhook/test/lab"
)

// Calls by SDES with baresip's srtp module. Its three modes differ in the transport that
// they offer: srtp is RTP/AVP with keys, srtp-mand RTP/SAVP, srtp-mandf RTP/SAVPF.

// secureBaresip is a baresip of that mode, which speaks theirs.
func secureBaresip(t *testing.T, mode, theirs string) *lab.Baresip {
	t.Helper()
	return lab.StartBaresip(t, lab.BaresipConfig{
		User: "bob", Codecs: "PCMU/8000/1", Source: "aufile," + theirs, Modules: []string{"srtp"}, Account: "mediaenc=" + mode,
	})
}

// encrypted checks what a capture of a baresip's call of PCMU has on the wire: nothing that sounds.
func encrypted(t *testing.T, c *lab.Capture, b *lab.Baresip, tag int) {
	t.Helper()
	var looks [2]rtp.Cipher
	ports := map[uint16]int{}
	n := 0
	for _, d := range c.Datagrams() {
		pt, ok := d.RTP()
		if !ok || pt != 0 || !b.Owns(d.Src) && !b.Owns(d.Dst) {
			continue
		}
		if len(d.Payload) != rtp.HeaderSize+160+tag {
			t.Fatalf("a packet of %d octets", len(d.Payload))
		}
		side, known := ports[d.Src.Port()]
		if !known {
			side = len(ports)
			ports[d.Src.Port()] = side
		}
		if side > 1 {
			t.Fatalf("RTP of %d sources", side+1)
		}
		n++
		if looks[side].Add("PCMU", d.Payload[rtp.HeaderSize:]) == rtp.LooksPlain {
			t.Fatal("sound is on the wire")
		}
	}
	for side := range looks {
		if looks[side].Looks() != rtp.LooksEncrypted {
			t.Errorf("%d packets, and side %d isn't known to be encrypted", n, side)
		}
	}
}

// TestSDESWithBaresip has each call the other, in each of baresip's modes, with each suite
// that it has: speech both ways, ciphertext on the wire, and the truth in the events.
func TestSDESWithBaresip(t *testing.T) {
	t.Parallel()
	lab.Need(t, "baresip", "espeak-ng", "sox", "tcpdump")
	ours := lab.Speech(t, 0)
	for _, c := range []struct {
		name, mode, srtp, suite string
		tag                     int
		calls                   bool // baresip does
	}{
		{"we offer RTP/AVP with keys", "srtp", "optional", "AES_CM_128_HMAC_SHA1_80", 10, false},
		{"we offer RTP/SAVP", "srtp-mand", "required", "AEAD_AES_256_GCM", 16, false},
		{"we offer the smaller AES-GCM", "srtp-mand", "required", "AEAD_AES_128_GCM", 16, false},
		{"baresip offers RTP/AVP with keys", "srtp", "auto", "", 0, true},
		{"baresip offers RTP/SAVP", "srtp-mand", "required", "", 0, true},
		{"baresip offers RTP/SAVPF", "srtp-mandf", "optional", "", 0, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := secureBaresip(t, c.mode, lab.LongSpeech(t, 1, 8000))
			wire := lab.StartCapture(t)
			rec := filepath.Join(t.TempDir(), "call.wav")
			length := "6s"
			if c.mode == "srtp-mand" && c.srtp == "required" && c.tag != 16 {
				length = "14s" // so that reports go to and fro
			}
			flags := []string{"--json", "--codecs", "pcmu", "--play", ours, "--record", rec, "--audio-in", "silence", "--audio-out", "null", "--srtp", c.srtp}
			var o *lab.Offhook
			if c.calls {
				port := lab.FreePort(t)
				o = lab.StartOffhook(t, append(append([]string{"answer", "--max-calls", "1", "--duration", length}, flags...), lab.Direct("alice", itoa(port))...)...)
				o.AwaitName(0, "listening")
				b.Command("dial", "sip:alice@"+lab.IP+":"+itoa(port))
			} else {
				o = lab.StartOffhook(t, append(append([]string{"call", b.URI(), "--duration", length, "--srtp-suites", c.suite}, flags...), lab.Direct("alice", itoa(lab.FreePort(t)))...)...)
			}
			e, _ := o.AwaitName(0, "security")
			o.AwaitState(0, "confirmed")
			awaitOK(t, "offhook", o)
			b.AwaitType(0, "CALL_CLOSED")
			suite, tag := c.suite, c.tag
			if c.calls {
				suite = e.Str("suite")
				tag = map[string]int{"AEAD_AES_256_GCM": 16, "AEAD_AES_128_GCM": 16, "AES_CM_128_HMAC_SHA1_32": 4}[suite]
				if tag == 0 {
					tag = 10
				}
			}
			if e.Str("media") != "encrypted" || e.Str("exchange") != "sdes" || e.Str("suite") != suite || e.Str("vouched") != "anybody_on_the_way" ||
				!strings.Contains(e.Str("warning"), "SDES over UDP") || e.Str("transport") != "udp" {
				t.Errorf("security %v", e)
			}
			b.Await("SRTP is Enabled .cryptosuite="+suite, 0)
			encrypted(t, wire, b, tag)
			ended, _ := o.AwaitName(0, "call_ended")
			if odd := ended["stats"].(map[string]any)["odd"]; odd != nil {
				t.Errorf("odd packets: %v", odd)
			}
			if rtt := ended.Num("stats.rtt_ms"); rtt <= 0 && length != "6s" {
				t.Errorf("no report of baresip's was understood: round trip %v ms", rtt)
			}
			there := lab.Match(lab.ReadWAV(t, ours, 0), lab.ReadWAV(t, b.Recording("dec"), 0))
			back := lab.Match(lab.ReadWAV(t, lab.Speech(t, 1), 0), lab.ReadWAV(t, rec, 1))
			t.Logf("%s: match there %.2f, back %.2f", suite, there, back)
			if there < same || back < same {
				t.Errorf("speech lost: want at least %.2f each", same)
			}
		})
	}
}

// TestSRTPRefused has each side insist on what the other doesn't take: nobody talks in the
// clear by accident, and both say why there is no call.
func TestSRTPRefused(t *testing.T) {
	t.Parallel()
	lab.Need(t, "baresip")
	t.Run("baresip has none", func(t *testing.T) {
		b := lab.StartBaresip(t, lab.BaresipConfig{User: "bob"})
		o := lab.StartOffhook(t, append([]string{"call", b.URI(), "--json", "--srtp", "required", "--audio-in", "silence", "--audio-out", "null", "--timeout", "10s"},
			lab.Direct("alice", itoa(lab.FreePort(t)))...)...)
		code := o.Wait()
		ended, _ := o.AwaitName(0, "call_ended")
		if code != 4 || !strings.Contains(ended.Str("error"), "encrypted sound only") {
			t.Errorf("exit code %d, %v", code, ended)
		}
		t.Logf("exit code %d: %s", code, ended.Str("error"))
	})
	t.Run("we require it", func(t *testing.T) {
		o, port := answering(t, "--srtp", "required")
		b := lab.StartBaresip(t, lab.BaresipConfig{User: "bob"})
		b.Command("dial", "sip:alice@"+lab.IP+":"+itoa(port))
		if e, _ := b.AwaitType(0, "CALL_CLOSED"); !strings.HasPrefix(e.Param, "488") {
			t.Errorf("baresip was told %q", e.Param)
		}
		if e, _ := o.AwaitName(0, "call_refused"); e.Num("code") != 488 || !strings.Contains(e.Str("error"), "requires SRTP") {
			t.Errorf("told %v", e)
		}
	})
	t.Run("baresip insists and we don't", func(t *testing.T) {
		o, port := answering(t, "--srtp", "off")
		b := secureBaresip(t, "srtp-mand", lab.LongSpeech(t, 1, 8000))
		b.Command("dial", "sip:alice@"+lab.IP+":"+itoa(port))
		if e, _ := b.AwaitType(0, "CALL_CLOSED"); !strings.HasPrefix(e.Param, "488") {
			t.Errorf("baresip was told %q", e.Param)
		}
		if e, _ := o.AwaitName(0, "call_refused"); e.Num("code") != 488 || !strings.Contains(e.Str("error"), "SRTP only") {
			t.Errorf("told %v", e)
		}
	})
}

// TestRekeyBetweenOffhooks exchanges the keys of a running call: the sound has no hole, and
// nothing is taken for forged.
func TestRekeyBetweenOffhooks(t *testing.T) {
	t.Parallel()
	lab.Need(t, "espeak-ng", "sox")
	ours := lab.Speech(t, 0)
	rec := filepath.Join(t.TempDir(), "call.wav")
	a, port := answering(t, "--srtp", "required", "--max-calls", "1", "--record", rec, "--codecs", "pcmu")
	o := lab.StartOffhook(t, append([]string{"call", "sip:service@" + lab.IP + ":" + itoa(port), "--json", "--srtp", "required", "--codecs", "pcmu", "--play", ours,
		"--audio-in", "silence", "--audio-out", "null", "--rekey-after", "1500ms", "--duration", "5s"}, lab.Direct("alice", itoa(lab.FreePort(t)))...)...)
	awaitOK(t, "the caller", o)
	awaitOK(t, "the callee", a)
	for _, side := range []*lab.Offhook{o, a} {
		keys := 0
		for _, e := range side.Events() {
			if e.Str("event") == "security" && e.Str("media") == "encrypted" {
				keys++
			}
		}
		ended, _ := side.AwaitName(0, "call_ended")
		if keys != 2 || ended["stats"].(map[string]any)["odd"] != nil || ended.Num("stats.packets_lost") > 5 {
			t.Errorf("%d times keys, %v", keys, ended)
		}
	}
	if m := lab.Match(lab.ReadWAV(t, ours, 0), lab.ReadWAV(t, rec, 1)); m < same {
		t.Errorf("speech lost over new keys: %.2f", m)
	}
}
