package peers

import (
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"offhook/test/lab"
)

// natRig is an Internet with a registrar, and two phones there, each behind a router of its own.
type natRig struct {
	t              *testing.T
	net            *lab.Internet
	k              *lab.Kamailio
	caller, callee *lab.LAN
	alice, bob     *lab.Offhook
	// WAVs are what each recorded: left what it said, right what it heard.
	aliceWAV, bobWAV string
}

func startNATRig(t *testing.T, caller, callee lab.NAT, o lab.LANOptions) *natRig {
	t.Helper()
	lab.Need(t, "kamailio", "turnserver", "sox", "nft")
	net := lab.StartInternet(t)
	return &natRig{
		t: t, net: net, k: net.StartPlainKamailio(t, lab.Users...),
		caller: net.StartLAN(t, caller, o), callee: net.StartLAN(t, callee, lab.LANOptions{}),
	}
}

// call has alice call bob; each speaks a tone, and records. It lasts until end.
func (r *natRig) call(alice, bob []string) {
	r.t.Helper()
	dir := r.t.TempDir()
	r.aliceWAV, r.bobWAV = filepath.Join(dir, "alice.wav"), filepath.Join(dir, "bob.wav")
	args := func(tone int, wav string) []string {
		return []string{"--json", "--codecs", "pcmu", "--audio-in", fmt.Sprint("tone:", tone), "--audio-out", "null", "--record", wav}
	}
	bob = append(append(append([]string{"answer", "--max-calls", "1"}, args(bobTone, r.bobWAV)...), lab.Guest(r.t, r.k, "bob")...), bob...)
	r.bob = r.callee.StartOffhook(r.t, nil, bob...)
	r.bob.AwaitName(0, "registered")
	alice = append(append(append([]string{"call", r.k.URI("bob")}, args(aliceTone, r.aliceWAV)...), lab.Guest(r.t, r.k, "alice")...), alice...)
	r.alice = r.caller.StartOffhook(r.t, nil, alice...)
	r.alice.AwaitEvent(0, "audio", hearsOrEnds)
	r.bob.AwaitEvent(0, "audio", hearsOrEnds)
}

// end hangs up, and waits for both.
func (r *natRig) end() {
	r.t.Helper()
	r.alice.Signal(syscall.SIGINT)
	r.alice.Wait()
	r.bob.AwaitName(0, "call_ended")
	r.bob.Signal(syscall.SIGINT)
	r.bob.Wait()
}

// hearing says of both sides when, from the start of the recording on, the other's tone was
// there: which share of its tenths of seconds, and the longest stretch without.
func (r *natRig) hearing() (alice, bob hearing) {
	r.t.Helper()
	return listen(lab.ReadWAV(r.t, r.aliceWAV, 1), bobTone), listen(lab.ReadWAV(r.t, r.bobWAV, 1), aliceTone)
}

// hearing is a row of tenths of seconds, each with the tone or without.
type hearing []bool

func listen(x []float64, hz float64) hearing {
	const step = 800
	var h hearing
	for i := 0; i+step <= len(x); i += step {
		var re, im, energy float64
		for k, s := range x[i : i+step] {
			sin, cos := math.Sincos(2 * math.Pi * hz * float64(k) / 8000)
			re, im, energy = re+s*cos, im+s*sin, energy+s*s
		}
		h = append(h, energy > 1e-3 && 2*(re*re+im*im) > 0.5*step*energy)
	}
	return h
}

// gap is the longest stretch without the tone after it was heard first, that at the end
// included, and how much of the last second and a half had the tone.
func (h hearing) gap() (longest, atLast time.Duration) {
	const step, last = 100 * time.Millisecond, 15
	started, run := false, time.Duration(0)
	for i, on := range h {
		switch {
		case on:
			started, run = true, 0
			if i >= len(h)-last {
				atLast += step
			}
		case started:
			run += step
			longest = max(longest, run)
		}
	}
	return longest, atLast
}

// share is how much of the time the tone was there.
func (h hearing) share() float64 {
	n := 0
	for _, on := range h {
		if on {
			n++
		}
	}
	return float64(n) / float64(max(len(h), 1))
}

func (h hearing) String() string {
	var s strings.Builder
	for _, on := range h {
		s.WriteByte(map[bool]byte{true: '#', false: '.'}[on])
	}
	return s.String()
}

// uninterrupted checks that both heard each other to the end, but for stretches of at most most.
func (r *natRig) uninterrupted(most time.Duration) {
	r.t.Helper()
	alice, bob := r.hearing()
	for who, h := range map[string]hearing{"the caller": alice, "the callee": bob} {
		gap, atLast := h.gap()
		r.t.Logf("%s heard: %v", who, h)
		if gap > most || atLast < 500*time.Millisecond {
			r.t.Errorf("%s heard nothing for %v, and at last the other for %v", who, gap, atLast)
		}
	}
}
