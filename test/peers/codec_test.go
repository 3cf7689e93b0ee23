package peers

import (
	"math"
	"os/exec"
	"path/filepath"
	"testing"

	"offhook/audio/dsp"
	"offhook/test/lab"
)

// talkWith has offhook call baresip with one codec each, both speaking, and compares
// what each heard with what the other said.
func talkWith(t *testing.T, ours, theirs, sdp string, modules []string, args ...string) (ended lab.Event) {
	t.Helper()
	a, b := lab.Speech(t, 0), lab.Speech(t, 1)
	peer := lab.StartBaresip(t, lab.BaresipConfig{User: "bob", Codecs: theirs, Modules: modules, Source: "aufile," + b})
	rec := filepath.Join(t.TempDir(), "call.wav")
	o := lab.StartOffhook(t, append([]string{"call", peer.URI(), "--json", "--codecs", ours, "--play", a, "--record", rec, "--no-register",
		"--aor", "sip:alice@" + lab.IP, "--audio-in", "silence", "--audio-out", "null", "--duration", "6s"}, args...)...)
	if code := o.Wait(); code != 0 {
		t.Fatalf("exit code %d:\n%s", code, o.Output())
	}
	ended, _ = o.AwaitName(0, "call_ended")
	peer.AwaitType(0, "CALL_CLOSED")
	if got := ended.Str("codec"); got != sdp {
		t.Errorf("codec %q, want %q", got, sdp)
	}
	there := lab.Match(lab.ReadWAV(t, a, 0), lab.ReadWAV(t, peer.Recording("dec"), 0))
	back := lab.Match(lab.ReadWAV(t, b, 0), lab.ReadWAV(t, rec, 1))
	t.Logf("match: ours at baresip %.2f, baresip's here %.2f", there, back)
	if there < same || back < same {
		t.Errorf("speech lost: want at least %.2f each", same)
	}
	return ended
}

// TestG722WithBaresip: 16 kHz on the clock of 8000, both ways.
func TestG722WithBaresip(t *testing.T) {
	lab.Need(t, "baresip", "espeak-ng", "sox")
	talkWith(t, "g722,pcmu", "G722/16000/1", "G722/8000", []string{"g722"})
}

// TestL16WithBaresip: uncompressed, on a dynamic number.
func TestL16WithBaresip(t *testing.T) {
	lab.Need(t, "baresip", "espeak-ng", "sox")
	talkWith(t, "l16", "L16/16000/1", "L16/16000", []string{"l16"})
}

// TestInterop44OpusSettingsWithBaresip: a low rate with DTX, FEC and 60 ms packets.
func TestInterop44OpusSettingsWithBaresip(t *testing.T) {
	lab.Need(t, "baresip", "espeak-ng", "sox")
	talkWith(t, "opus", "opus/48000/2", "opus/48000/2", nil,
		"--opus-bitrate", "16000", "--opus-complexity", "8", "--opus-fec", "on", "--opus-dtx", "on", "--ptime", "60")
}

// betweenUs has one offhook call another and gives what each recorded.
func betweenUs(t *testing.T, seconds string, args ...string) (callers, callees string, ended lab.Event) {
	t.Helper()
	dir := t.TempDir()
	callers, callees = filepath.Join(dir, "caller.wav"), filepath.Join(dir, "callee.wav")
	common := append([]string{"--json", "--no-register", "--audio-in", "silence", "--audio-out", "null"}, args...)
	there := lab.StartOffhook(t, append([]string{"answer", "--max-calls", "1", "--aor", "sip:bob@" + lab.IP, "--listen", lab.IP + ":5077",
		"--record", callees, "--play", lab.Speech(t, 1)}, common...)...)
	there.AwaitName(0, "listening")
	here := lab.StartOffhook(t, append([]string{"call", "sip:bob@" + lab.IP + ":5077", "--aor", "sip:alice@" + lab.IP,
		"--record", callers, "--play", lab.Speech(t, 0), "--duration", seconds}, common...)...)
	if code := here.Wait(); code != 0 {
		t.Fatalf("exit code %d:\n%s", code, here.Output())
	}
	there.Wait()
	ended, _ = here.AwaitName(0, "call_ended")
	return callers, callees, ended
}

// TestL16BetweenUs: what is heard is what was said, bit by bit but for the clocks.
func TestL16BetweenUs(t *testing.T) {
	lab.Need(t, "espeak-ng", "sox")
	for _, codec := range []string{"l16", "l16/8000", "g722"} {
		here, there, ended := betweenUs(t, "6s", "--codecs", codec)
		forth := lab.Match(lab.ReadWAV(t, lab.Speech(t, 0), 0), lab.ReadWAV(t, there, 1))
		back := lab.Match(lab.ReadWAV(t, lab.Speech(t, 1), 0), lab.ReadWAV(t, here, 1))
		t.Logf("%s: %s, match %.2f and %.2f", codec, ended.Str("codec"), forth, back)
		if forth < 0.95 || back < 0.95 {
			t.Errorf("%s: speech lost", codec)
		}
	}
}

// TestInterop48ComfortNoiseBetweenUs: pauses cost nothing and talk is heard whole.
func TestInterop48ComfortNoiseBetweenUs(t *testing.T) {
	lab.Need(t, "espeak-ng", "sox")
	here, there, ended := betweenUs(t, "10s", "--codecs", "pcmu", "--vad")
	forth := lab.Match(lab.ReadWAV(t, lab.Speech(t, 0), 0), lab.ReadWAV(t, there, 1))
	back := lab.Match(lab.ReadWAV(t, lab.Speech(t, 1), 0), lab.ReadWAV(t, here, 1))
	sent := ended.Num("stats.packets_sent")
	t.Logf("%v packets, match %.2f and %.2f", sent, forth, back)
	if forth < same || back < same || sent > 350 || sent < 50 {
		t.Errorf("%v packets in 10 s, match %.2f and %.2f", sent, forth, back)
	}
}

// TestVoiceActivityOnSpeech measures the detector on speech in noise: how much of the
// talk it misses, and how much of the pauses it takes for talk.
func TestVoiceActivityOnSpeech(t *testing.T) {
	lab.Need(t, "espeak-ng", "sox")
	const rate, step, pause = 8000, 80, 2 * 8000
	var pcm []float64
	for i := range 4 {
		dir := t.TempDir()
		if out, err := exec.Command("sox", lab.Speech(t, i%2), "-r", "8000", filepath.Join(dir, "a.wav"), "norm", "-6").CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		x := lab.ReadWAV(t, filepath.Join(dir, "a.wav"), 0)
		pcm = append(append(pcm, x...), make([]float64, pause)...)
	}
	var active []bool
	var talk float64
	n := 0
	for i := 0; i+step <= len(pcm); i += step {
		l := lab.RMS(pcm[i : i+step])
		active = append(active, l > -45)
		if l > -45 {
			talk += math.Pow(10, l/10)
			n++
		}
	}
	if n < len(active)/5 {
		t.Fatalf("%d of %d pieces are talk", n, len(active))
	}
	talk = 10 * math.Log10(talk/float64(n))
	for _, snr := range []float64{100, 30, 20, 15, 10} {
		v, seed := dsp.NewVAD(rate), uint32(1)
		gain := math.Pow(10, (talk-snr)/20) * math.Sqrt(3)
		var missed, spoken, alarms, quiet int
		frame := make([]int16, step)
		for i, on := range active {
			for k := range frame {
				seed = seed*1664525 + 1013904223
				x := pcm[i*step+k] + gain*float64(int32(seed))/(1<<31)
				frame[k] = int16(max(min(x*32768, 32767), -32768))
			}
			heard, tail := v.Write(frame), false
			for k := max(i-30, 0); k < min(i+3, len(active)); k++ {
				tail = tail || active[k]
			}
			switch {
			case i < 300:
			case on:
				spoken++
				if !heard {
					missed++
				}
			case !tail:
				quiet++
				if heard {
					alarms++
				}
			}
		}
		t.Logf("%v dB: %.1f %% of %d missed, %.1f %% of %d false", snr, 100*float64(missed)/float64(spoken), spoken, 100*float64(alarms)/float64(quiet), quiet)
		if missed*100 > spoken*6 || alarms*100 > quiet*2 {
			t.Errorf("%v dB: %d of %d missed, %d of %d false", snr, missed, spoken, alarms, quiet)
		}
	}
}
