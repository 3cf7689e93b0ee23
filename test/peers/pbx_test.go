package peers

import (
	"fmt"
	"math"
	"net/netip"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"
	"time"

	"offhook/test/lab"
)

// TestPBXServices has baresip, registered with digest, call the exchange's services.
func TestPBXServices(t *testing.T) {
	t.Parallel()
	lab.Need(t, "baresip", "sox", "multimon-ng", "tcpdump", "espeak-ng")
	p := lab.StartPBX(t)
	phone := func(t *testing.T, user, source string) *lab.Baresip {
		return lab.StartBaresip(t, lab.BaresipConfig{User: user, Exchange: p, Codecs: "PCMU/8000/1", Source: source})
	}
	t.Run("echo", func(t *testing.T) {
		t.Parallel()
		said := lab.Speech(t, 0)
		b := phone(t, "alice", "aufile,"+said)
		b.Command("dial", p.URI("echo"))
		b.AwaitType(0, "CALL_ESTABLISHED")
		b.AwaitHeard(4 * time.Second)
		hangup(b)
		m := lab.Match(lab.ReadWAV(t, said, 0), lab.ReadWAV(t, b.Recording("dec"), 0))
		t.Logf("match: %.2f", m)
		if m < same {
			t.Errorf("the echo isn't what was said: match %.2f, want %.2f", m, same)
		}
	})
	t.Run("milliwatt", func(t *testing.T) {
		t.Parallel()
		b := phone(t, "bob", "")
		b.Command("dial", p.URI("milliwatt"))
		b.AwaitType(0, "CALL_ESTABLISHED")
		b.AwaitHeard(3 * time.Second)
		hangup(b)
		hz, level, noise := tone(lab.ReadWAV(t, b.Recording("dec"), 0))
		t.Logf("%.2f Hz at %.2f dBFS, the rest at %.1f dB below", hz, level, noise)
		// 0 dBm0 is a sine that peaks 3.17 dB below full scale (ITU-T G.711, table 5).
		if math.Abs(hz-1004) > 0.5 || math.Abs(level+6.18) > 0.3 || noise < 30 {
			t.Errorf("want 1004 Hz at -6.18 dBFS and little else")
		}
	})
	t.Run("dtmf", func(t *testing.T) {
		t.Parallel()
		b := phone(t, "carol", "")
		b.Command("dial", p.URI("dtmf"))
		b.AwaitType(0, "CALL_ESTABLISHED")
		at := 0
		for i, d := range allDigits {
			b.Command("sndcode", string(d))
			var e lab.BaresipEvent
			if e, at = b.AwaitType(at, "CALL_DTMF_START"); e.Param != string(d) {
				t.Fatalf("digit %d came back as %q, want %q", i+1, e.Param, string(d))
			}
		}
		b.AwaitHeard(b.Heard() + 5*time.Second) // a second of rest, and then the tones
		hangup(b)
		if got := lab.InbandDigits(t, b.Recording("dec"), 0); got != allDigits {
			t.Errorf("read back %q, want %q", got, allDigits)
		}
	})
	t.Run("hold", func(t *testing.T) {
		t.Parallel()
		b := phone(t, "dave", "")
		wire := lab.StartCapture(t)
		b.Command("dial", p.URI("hold"))
		at := 0
		for range 4 { // hold, resume, and both again
			_, at = b.AwaitEvent(at, func(e lab.BaresipEvent) bool { return e.Type == "CALL_REMOTE_SDP" && e.Param == "offer" })
		}
		// After each hold RTP goes on, both ways.
		twice := func(ds []lab.Datagram) bool { return len(pauses(ds, b, from)) >= 2 && len(pauses(ds, b, to)) >= 2 }
		wire.AwaitDatagrams("RTP both ways after two holds", twice)
		hangup(b)
		ds := wire.Datagrams()
		t.Logf("baresip sent nothing for %v and got nothing for %v", pauses(ds, b, from), pauses(ds, b, to))
		if sent, got := len(pauses(ds, b, from)), len(pauses(ds, b, to)); sent != 2 || got != 2 {
			t.Errorf("%d pauses from baresip, %d to it, want two each", sent, got)
		}
	})
	t.Run("busy", func(t *testing.T) {
		t.Parallel()
		b := phone(t, "erin", "")
		b.Command("dial", p.URI("busy"))
		if e, _ := b.AwaitType(0, "CALL_CLOSED"); e.Param != "486 Busy Here" {
			t.Errorf("baresip was told %q, want 486 Busy Here", e.Param)
		}
	})
}

// hangup ends baresip's call and waits until its recordings are whole.
func hangup(b *lab.Baresip) {
	from := b.EventMark()
	b.Command("hangup", "")
	b.AwaitType(from, "CALL_CLOSED")
}

// tone finds the purest half second of x at 8 kHz: the frequency and the level of
// its sine, and how far everything else is below it in dB.
func tone(x []float64) (hz, level, below float64) {
	const size = 4000
	below = math.Inf(-1)
	for from := 0; from+size <= len(x); from += size / 8 {
		w := x[from : from+size]
		at := crossings(w)
		if math.IsNaN(at) {
			continue
		}
		// The projection on a sine and a cosine of that frequency; the rest is noise.
		var s, c, all float64
		for i, v := range w {
			sin, cos := math.Sincos(2 * math.Pi * at * float64(i) / 8000)
			s += v * sin
			c += v * cos
			all += v * v
		}
		power := 2 * (s*s + c*c) / (size * size) // mean square
		rest := max(all/size-power, 1e-12)
		if d := 10 * math.Log10(power/rest); d > below {
			hz, level, below = at, 10*math.Log10(power), d
		}
	}
	return hz, level, below
}

// crossings is the frequency by the upward zero crossings, NaN for fewer than two.
func crossings(w []float64) float64 {
	first, last, n := 0.0, 0.0, 0
	for i := 1; i < len(w); i++ {
		if w[i-1] < 0 && w[i] >= 0 {
			last = float64(i-1) + w[i-1]/(w[i-1]-w[i])
			if n == 0 {
				first = last
			}
			n++
		}
	}
	if n < 2 {
		return math.NaN()
	}
	return 8000 * float64(n-1) / (last - first)
}

// from and to are the end of a datagram that is looked at.
func from(d lab.Datagram) netip.AddrPort { return d.Src }
func to(d lab.Datagram) netip.AddrPort   { return d.Dst }

// pauses are the stretches of a second and more without RTP from, or to, baresip.
func pauses(ds []lab.Datagram, b *lab.Baresip, end func(lab.Datagram) netip.AddrPort) []time.Duration {
	var out []time.Duration
	var last time.Time
	for _, d := range ds {
		port := int(end(d).Port())
		if _, ok := d.RTP(); !ok || port < b.RTP || port >= b.RTP+lab.RTPPorts {
			continue
		}
		if gap := d.Time.Sub(last); !last.IsZero() && gap > time.Second {
			out = append(out, gap.Round(time.Millisecond))
		}
		last = d.Time
	}
	return out
}

// TestPBXTakesSippsCalls calls the echo service fifty times by sipp's own uac.
func TestPBXTakesSippsCalls(t *testing.T) {
	t.Parallel()
	lab.Need(t, "sipp")
	p := lab.StartPBX(t) // its From is no user's
	const calls = "50"
	s, _ := lab.StartSipp(t, "-sn", "uac", "-s", "echo", "-m", calls, "-r", "10", "-d", "200", fmt.Sprintf("%s:%d", lab.IP, p.Port))
	awaitOK(t, "sipp", s)
	for what, want := range map[string]string{"Successful call": calls, "Failed call": "0"} {
		m := regexp.MustCompile(regexp.QuoteMeta(what)+`\s*\|\s*\d+\s*\|\s*(\d+)`).FindAllStringSubmatch(s.Output(), -1)
		if len(m) == 0 || m[len(m)-1][1] != want {
			t.Errorf("sipp counts %v for %q, want %s", m, what, want)
		}
	}
	p.Signal(syscall.SIGINT)
	if code := p.Wait(); code != 130 {
		t.Errorf("the exchange ended with %d, want 130", code)
	}
}

// TestPBXConnectsPhones calls from phone to phone through the exchange.
func TestPBXConnectsPhones(t *testing.T) {
	t.Parallel()
	lab.Need(t, "baresip", "sox", "espeak-ng")
	p := lab.StartPBX(t)
	ours, theirs := lab.Speech(t, 0), lab.Speech(t, 1)
	long := func(t *testing.T, n int) string { return "aufile," + lab.LongSpeech(t, n, 8000) }
	t.Run("baresip calls baresip", func(t *testing.T) {
		t.Parallel()
		a := lab.StartBaresip(t, lab.BaresipConfig{User: "alice", Exchange: p, Codecs: "PCMU/8000/1", Source: long(t, 0)})
		b := lab.StartBaresip(t, lab.BaresipConfig{User: "bob", Exchange: p, Codecs: "PCMU/8000/1", Source: long(t, 1)})
		a.Command("dial", p.URI("bob"))
		a.AwaitType(0, "CALL_ESTABLISHED")
		b.AwaitType(0, "CALL_ESTABLISHED")
		a.AwaitHeard(5 * time.Second)
		b.AwaitHeard(5 * time.Second)
		hangup(a)
		b.AwaitType(0, "CALL_CLOSED")
		both(t, lab.Match(lab.ReadWAV(t, ours, 0), lab.ReadWAV(t, b.Recording("dec"), 0)),
			lab.Match(lab.ReadWAV(t, theirs, 0), lab.ReadWAV(t, a.Recording("dec"), 0)))
	})
	t.Run("offhook calls baresip", func(t *testing.T) {
		t.Parallel()
		b := lab.StartBaresip(t, lab.BaresipConfig{User: "carol", Exchange: p, Codecs: "PCMU/8000/1", Source: long(t, 1)})
		rec := filepath.Join(t.TempDir(), "call.wav")
		o := lab.StartOffhook(t, append([]string{"call", "carol", "--json", "--play", ours, "--record", rec,
			"--audio-in", "silence", "--audio-out", "null", "--duration", "6s"}, p.Account(t, "dave")...)...)
		awaitOK(t, "offhook", o)
		b.AwaitType(0, "CALL_CLOSED")
		both(t, lab.Match(lab.ReadWAV(t, ours, 0), lab.ReadWAV(t, b.Recording("dec"), 0)),
			lab.Match(lab.ReadWAV(t, theirs, 0), lab.ReadWAV(t, rec, 1)))
	})
	t.Run("baresip calls offhook", func(t *testing.T) {
		t.Parallel()
		p := lab.StartPBX(t) // its users are taken above
		rec := filepath.Join(t.TempDir(), "call.wav")
		o := lab.StartOffhook(t, append([]string{"answer", "--json", "--max-calls", "1", "--play", ours, "--record", rec,
			"--audio-in", "silence", "--audio-out", "null"}, p.Account(t, "alice")...)...)
		o.AwaitName(0, "registered")
		b := lab.StartBaresip(t, lab.BaresipConfig{User: "bob", Exchange: p, Codecs: "PCMU/8000/1", Source: long(t, 1)})
		b.Command("dial", p.URI("alice"))
		b.AwaitType(0, "CALL_ESTABLISHED")
		o.AwaitEvent(0, "played", func(e lab.Event) bool { return e.Str("event") == "media" && e.Str("change") == "played" })
		b.AwaitHeard(5 * time.Second)
		hangup(b)
		awaitOK(t, "offhook", o)
		both(t, lab.Match(lab.ReadWAV(t, ours, 0), lab.ReadWAV(t, b.Recording("dec"), 0)),
			lab.Match(lab.ReadWAV(t, theirs, 0), lab.ReadWAV(t, rec, 1)))
	})
}

func both(t *testing.T, there, back float64) {
	t.Helper()
	t.Logf("match: %.2f there, %.2f back", there, back)
	if there < same || back < same {
		t.Errorf("speech lost: match %.2f there, %.2f back, want at least %.2f each", there, back, same)
	}
}
