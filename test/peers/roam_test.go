package peers

import (
	"math"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"offhook/test/lab"
)

// audioBack is what the swap of an address may cost (a Show of the plane).
const audioBack = 5 * time.Second

// longestSilence is the longest stretch without sound between the first sound and the last, and
// how much sound comes after it.
func longestSilence(x []float64) (longest, after time.Duration) {
	const step = 160 // 20 ms at 8 kHz
	loud := func(i int) bool { return lab.RMS(x[i*step:(i+1)*step]) > -45 }
	last, n := -1, len(x)/step
	var gap, end int
	for i := range n {
		if !loud(i) {
			continue
		}
		if last >= 0 && i-last-1 > gap {
			gap, end = i-last-1, i
		}
		last = i
	}
	return time.Duration(gap) * 20 * time.Millisecond, time.Duration(last-end+1) * 20 * time.Millisecond
}

func checkGap(t *testing.T, who, wav string, channel int) {
	t.Helper()
	x := lab.ReadWAV(t, wav, channel)
	gap, after := longestSilence(x)
	t.Logf("%s heard %v without sound, then %v with", who, gap, after)
	if gap > audioBack || after < 2*time.Second {
		t.Errorf("%s heard %v without sound, then %v with; want less than %v, and sound to the end", who, gap, after, audioBack)
	}
}

// TestNetworkChange swaps the address of one side's machine in the middle of a call: both hear
// each other again within 5 s, by their own recordings, and the registrar knows the new address.
func TestNetworkChange(t *testing.T) {
	lab.Need(t, "kamailio", "sox")
	for _, c := range []struct{ name, transport, role string }{
		{"caller over UDP", "udp", "caller"}, {"callee over UDP", "udp", "callee"}, {"caller over TCP", "tcp", "caller"}, {"callee over TCP", "tcp", "callee"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			k := lab.StartKamailio(t, "MD5")
			h := lab.StartHost(t)
			dir := t.TempDir()
			calleeWAV, callerWAV := filepath.Join(dir, "callee.wav"), filepath.Join(dir, "caller.wav")
			answer := []string{"answer", "--json", "--audio-in", "tone:440", "--audio-out", "null", "--record", calleeWAV, "--transport", c.transport, "--codecs", "pcmu"}
			call := []string{"call", k.URI("bob"), "--json", "--audio-in", "tone:880", "--audio-out", "null", "--record", callerWAV, "--transport", c.transport, "--codecs", "pcmu"}
			var alice, bob, mover *lab.Offhook
			if c.role == "callee" {
				bob = h.StartOffhook(append(answer, lab.Roaming(t, k, "bob")...)...)
				mover = bob
			} else {
				bob = lab.StartOffhook(t, append(answer, lab.Account(t, k, "bob")...)...)
			}
			bob.AwaitName(0, "registered")
			if c.role == "caller" {
				alice = h.StartOffhook(append(call, lab.Roaming(t, k, "alice")...)...)
				mover = alice
			} else {
				alice = lab.StartOffhook(t, append(call, lab.Account(t, k, "alice")...)...)
			}
			alice.AwaitState(0, "confirmed")
			bob.AwaitState(0, "confirmed")
			alice.AwaitName(0, "media")
			bob.AwaitName(0, "media")
			<-time.After(2 * time.Second) // of sound before
			was := h.Addr()
			h.MoveTo(3)
			e, at := mover.AwaitName(0, "network_changed")
			if e.Str("was") != was || e.Str("now") != h.Addr() {
				t.Errorf("told of %s and %s, want %s and %s", e.Str("was"), e.Str("now"), was, h.Addr())
			}
			if calls, _ := e["calls"].([]any); len(calls) != 1 {
				t.Errorf("calls %v", e["calls"])
			}
			reg, _ := mover.AwaitName(at, "registered")
			if !strings.Contains(reg.Str("contact"), "@"+h.Addr()+":") {
				t.Errorf("registered %s", reg.Str("contact"))
			}
			<-time.After(6 * time.Second) // of sound after
			alice.Signal(syscall.SIGINT)  // whose BYE comes from where it is by now
			alice.AwaitName(0, "call_ended")
			bob.AwaitName(0, "call_ended")
			alice.Wait()
			bob.Signal(syscall.SIGINT)
			bob.Wait()
			checkGap(t, "the caller", callerWAV, 1)
			checkGap(t, "the callee", calleeWAV, 1)
		})
	}
}

// TestNetworkChangeWithBaresip has a peer of another make: it follows our re-INVITE, and its
// recording goes on.
func TestNetworkChangeWithBaresip(t *testing.T) {
	lab.Need(t, "kamailio", "baresip", "sox")
	k := lab.StartKamailio(t, "MD5")
	tone := make([]int16, 60*8000)
	for i := range tone {
		tone[i] = int16(8000 * math.Sin(2*math.Pi*880*float64(i)/8000))
	}
	source := lab.WriteWAV(t, filepath.Join(t.TempDir(), "tone.wav"), 8000, tone)
	b := lab.StartBaresip(t, lab.BaresipConfig{User: "bob", Via: k, Source: "aufile," + source})
	h := lab.StartHost(t)
	wav := filepath.Join(t.TempDir(), "caller.wav")
	o := h.StartOffhook(append([]string{"call", k.URI("bob"), "--json", "--audio-in", "tone:440", "--audio-out", "null", "--record", wav,
		"--codecs", "pcmu"}, lab.Roaming(t, k, "alice")...)...)
	o.AwaitName(0, "media")
	b.AwaitHeard(2 * time.Second)
	h.MoveTo(3)
	o.AwaitName(0, "network_changed")
	heard := b.Heard()
	<-time.After(audioBack)
	b.AwaitHeard(heard + 3*time.Second)
	o.Signal(syscall.SIGINT)
	o.Wait()
	b.AwaitType(0, "CALL_CLOSED")
	checkGap(t, "we", wav, 1)
	checkGap(t, "baresip", b.Recording("dec"), 0)
}

// TestNetworkGone takes the address away for a while: the call and the registration come back
// with the next one.
func TestNetworkGone(t *testing.T) {
	lab.Need(t, "kamailio", "sox")
	k := lab.StartKamailio(t, "MD5")
	h := lab.StartHost(t)
	bob := lab.StartOffhook(t, append([]string{"answer", "--json", "--audio-in", "tone:440", "--audio-out", "null"}, lab.Account(t, k, "bob")...)...)
	bob.AwaitName(0, "registered")
	o := h.StartOffhook(append([]string{"call", k.URI("bob"), "--json", "--audio-in", "tone:440", "--audio-out", "null"}, lab.Roaming(t, k, "alice")...)...)
	o.AwaitName(0, "media")
	h.Unplug()
	<-time.After(3 * time.Second) // without any address
	h.MoveTo(4)
	back := time.Now()
	_, at := o.AwaitName(0, "network_changed")
	o.AwaitEvent(at, "the new answer in force", func(e lab.Event) bool {
		return e.Str("event") == "media" && strings.HasPrefix(e.Str("local_media"), h.Addr()+":")
	})
	if d := time.Since(back); d > audioBack {
		t.Errorf("the call came back after %v", d)
	}
	o.Signal(syscall.SIGINT)
	o.Wait()
	bob.AwaitName(0, "call_ended")
}
