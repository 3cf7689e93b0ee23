package peers

import (
	"math"
	"net/netip"
	"path/filepath"
	"testing"
	"time"

	"offhook/test/lab"
)

// amplitude is how strong a frequency is in samples at 8 kHz, 1 being full scale: the
// strongest tenth of a second.
func amplitude(pcm []float64, hz float64) float64 {
	const n = 800
	most := 0.0
	for ; len(pcm) >= n; pcm = pcm[n:] {
		re, im := 0.0, 0.0
		for i, x := range pcm[:n] {
			a := 2 * math.Pi * hz * float64(i) / 8000
			re, im = re+x*math.Cos(a), im+x*math.Sin(a)
		}
		most = max(most, 2*math.Hypot(re, im)/n)
	}
	return most
}

// sineWave is a number of seconds of a frequency at 8 kHz.
func sineWave(hz float64, seconds int) []int16 {
	pcm := make([]int16, 8000*seconds)
	for i := range pcm {
		pcm[i] = int16(8000 * math.Sin(2*math.Pi*hz*float64(i)/8000))
	}
	return pcm
}

// TestConference joins offhook, offhook and baresip, each with a tone of its own: each
// hears both others, and not itself.
func TestConference(t *testing.T) {
	lab.Need(t, "kamailio", "baresip", "sox")
	t.Parallel()
	k := lab.StartKamailio(t, "MD5")
	dir := t.TempDir()
	carol := lab.StartBaresip(t, lab.BaresipConfig{User: "carol", Via: k, Source: "aufile," + lab.WriteWAV(t, filepath.Join(dir, "carol-says.wav"), 8000, sineWave(1100, 20)), Codecs: "PCMA/8000/1"})
	atBob, atAlice := filepath.Join(dir, "bob.wav"), filepath.Join(dir, "alice.wav")
	bob := lab.StartOffhook(t, append([]string{"answer", "--json", "--max-calls", "1", "--audio-in", "tone:700", "--audio-out", "null", "--record", atBob},
		lab.Account(t, k, "bob")...)...)
	bob.AwaitName(0, "registered")
	alice := lab.StartOffhook(t, append([]string{"call", k.URI("bob"), "--conference", k.URI("carol"), "--json", "--audio-in", "tone:1500",
		"--audio-out", "file:" + atAlice, "--duration", "6s"}, lab.Account(t, k, "alice")...)...)
	alice.AwaitEvent(0, "conference", func(e lab.Event) bool { return e.Str("event") == "conference" && e["on"] == true })
	if code := alice.Wait(); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	if code := bob.Wait(); code != 0 {
		t.Fatalf("exit code %d at bob", code)
	}
	carol.AwaitType(0, "CALL_CLOSED")
	for _, part := range []struct {
		who  string
		pcm  []float64
		own  float64
		hear []float64
	}{
		{"bob (offhook)", lab.ReadWAV(t, atBob, 1), 700, []float64{1100, 1500}},
		{"carol (baresip)", lab.ReadWAV(t, carol.Recording("dec"), 0), 1100, []float64{700, 1500}},
		{"alice (the host)", lab.ReadWAV(t, atAlice, 0), 1500, []float64{700, 1100}},
	} {
		own := amplitude(part.pcm, part.own)
		first, second := amplitude(part.pcm, part.hear[0]), amplitude(part.pcm, part.hear[1])
		t.Logf("%s hears %.0f Hz at %.3f, %.0f Hz at %.3f, itself (%.0f Hz) at %.4f", part.who, part.hear[0], first, part.hear[1], second, part.own, own)
		if first < 0.05 || second < 0.05 {
			t.Errorf("%s doesn't hear both others", part.who)
		}
		if own > first/10 || own > second/10 {
			t.Errorf("%s hears itself", part.who)
		}
	}
}

// TestSwap goes back and forth between two calls: the one that is held hears nothing, or
// music, and never the microphone.
func TestSwap(t *testing.T) {
	lab.Need(t, "kamailio", "tmux", "tcpdump", "sox")
	for name, music := range map[string]bool{"silence": false, "music": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := lab.StartKamailio(t, "MD5")
			dir := t.TempDir()
			args := append([]string{"--audio-in", "tone:1500", "--audio-out", "null"}, lab.Account(t, k, "alice")...)
			if music {
				args = append(args, "--hold-music", lab.WriteWAV(t, filepath.Join(dir, "tune.wav"), 8000, sineWave(900, 1)))
			}
			recordings := map[string]string{"bob": filepath.Join(dir, "bob.wav"), "carol": filepath.Join(dir, "carol.wav")}
			phones := map[string]*lab.Offhook{}
			for user, file := range recordings {
				phones[user] = lab.StartOffhook(t, append([]string{"answer", "--json", "--max-calls", "1", "--audio-in", "silence", "--audio-out", "null",
					"--record", file}, lab.Account(t, k, user)...)...)
				phones[user].AwaitName(0, "registered")
			}
			wire := lab.StartCapture(t)
			u := startTUI(t, 80, 24, args...)
			u.sees(`alice@\S+ registered`)
			u.Type("bob")
			u.Key("Enter")
			phones["bob"].AwaitName(0, "media")
			u.sees(`bob@\S+ talking`)
			u.Type("n")
			u.Type("carol")
			u.Key("Enter")
			phones["carol"].AwaitName(0, "media")
			bobHeld, at := phones["bob"].AwaitEvent(0, "held", holding("remote", true))
			u.sees(`carol@\S+ talking`)
			<-time.After(time.Second) // the stretch in which carol is talked to
			u.Type("s")
			carolHeld, _ := phones["carol"].AwaitEvent(0, "held", holding("remote", true))
			bobBack, _ := phones["bob"].AwaitEvent(at, "resumed", holding("remote", false))
			<-time.After(time.Second) // and bob again
			u.Key("C-c")
			u.sees(`hang up`)
			u.Type("y")
			u.Ended(0)
			for user, p := range phones {
				if code := p.Wait(); code != 0 {
					t.Fatalf("exit code %d at %s", code, user)
				}
			}
			media, _ := phones["bob"].AwaitName(0, "media")
			to, err := netip.ParseAddrPort(media.Str("local_media"))
			if err != nil {
				t.Fatalf("%v", media)
			}
			held := between(wire.Datagrams(), to, when(t, bobHeld).Add(settle), when(t, bobBack).Add(-settle))
			heard := lab.ReadWAV(t, recordings["bob"], 1)
			answered, _ := phones["bob"].AwaitState(0, "confirmed")
			inHold := slice(heard, when(t, bobHeld).Sub(when(t, answered))+300*time.Millisecond, when(t, bobBack).Sub(when(t, answered))-300*time.Millisecond)
			microphone, tune := amplitude(inHold, 1500), amplitude(inHold, 900)
			t.Logf("bob on hold for %v: %d packets, microphone at %.4f, music at %.3f; carol held %v later",
				when(t, bobBack).Sub(when(t, bobHeld)).Round(time.Millisecond), held, microphone, tune, when(t, carolHeld).Sub(when(t, bobHeld)).Round(time.Millisecond))
			if microphone > 0.003 {
				t.Errorf("bob hears the microphone while he is on hold")
			}
			if music && (tune < 0.1 || held < 30) || !music && held > 0 {
				t.Errorf("bob hears music at %.3f in %d packets", tune, held)
			}
			if a := amplitude(heard, 1500); a < 0.1 {
				t.Errorf("bob never hears the microphone: %.3f", a)
			}
			if a := amplitude(lab.ReadWAV(t, recordings["carol"], 1), 1500); a < 0.1 {
				t.Errorf("carol never hears the microphone: %.3f", a)
			}
		})
	}
}

// slice cuts a stretch of time out of samples at 8 kHz.
func slice(pcm []float64, from, until time.Duration) []float64 {
	at := func(d time.Duration) int { return max(0, min(len(pcm), int(d.Seconds()*8000))) }
	return pcm[at(from):max(at(from), at(until))]
}
