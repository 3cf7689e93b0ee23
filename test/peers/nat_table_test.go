package peers

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"offhook/test/lab"
)

// The table of docs/nat.md: a phone behind each kind of NAT calls one behind each kind.
//
//	caller - router -+            +- router - callee
//	                 +- Internet -+
//	     tap         | kamailio   |         tap
//	                 | coturn     |
//
// The proxy knows nothing of NAT, and relays no media. The taps, at the phones' own cables, say how long after the answer
// left the callee the first audio came to each; the recordings say that it is the other's voice.

// promptly is what the first audio may take after the answer (a Show of the plane).
const promptly = 300 * time.Millisecond

// natMode is a way of getting through.
type natMode struct {
	name  string
	flags func(*testing.T, *lab.TURN) []string
	relay relayUse
}

// relayUse says when audio goes through the relay.
type relayUse int

const (
	never relayUse = iota
	// whereNeeded is where the two can't meet.
	whereNeeded
	// whereSymmetric is at whom it can't tell where to send: at either's symmetric NAT.
	whereSymmetric
)

func (u relayUse) used(caller, callee lab.NAT) bool {
	switch u {
	case whereNeeded:
		return !punched(caller, callee)
	case whereSymmetric:
		return caller == lab.Symmetric || callee == lab.Symmetric
	case never:
	}
	return false
}

// punched is where the two can meet: where one has another port for each destination, the other
// must let in any port.
func punched(caller, callee lab.NAT) bool {
	hard := func(a, b lab.NAT) bool { return a == lab.Symmetric && b >= lab.PortRestricted }
	return !hard(caller, callee) && !hard(callee, caller)
}

var natModes = []natMode{
	{"without ICE", func(_ *testing.T, s *lab.TURN) []string { return []string{"--stun", s.STUN()} }, never},
	{"without ICE, with a relay", func(t *testing.T, s *lab.TURN) []string {
		return append(relayOf(t, "off", s, "udp"), "--stun", s.STUN())
	}, whereSymmetric},
	{"with ICE", func(t *testing.T, s *lab.TURN) []string {
		return append(relayOf(t, "on", s, "udp"), "--stun", s.STUN())
	}, whereNeeded},
	{"with ICE and DTLS-SRTP", func(t *testing.T, s *lab.TURN) []string {
		return append(relayOf(t, "on", s, "udp"), "--stun", s.STUN(), "--srtp", "dtls")
	}, whereNeeded},
}

// natCall is a call under test.
type natCall struct {
	t              *testing.T
	caller, callee *lab.LAN
	// Taps, each on its own phone's cable.
	callerTap, calleeTap *lab.Tap
	alice, bob           *lab.Offhook
	aliceWAV, bobWAV     string
	answered             time.Time
}

const (
	aliceTone = 440
	bobTone   = 880
)

// registerBob starts the phone that will answer.
func (c *natCall) registerBob(k *lab.Kamailio, name string, flags ...string) {
	c.t.Helper()
	c.bobWAV = filepath.Join(c.t.TempDir(), "callee.wav")
	args := []string{"answer", "--json", "--max-calls", "1", "--codecs", "pcmu", "--audio-in", fmt.Sprint("tone:", bobTone), "--audio-out", "null", "--record", c.bobWAV}
	c.bob = c.callee.StartOffhook(c.t, nil, append(append(args, lab.Guest(c.t, k, name)...), flags...)...)
	c.bob.AwaitName(0, "registered")
}

// dial starts the phone that calls, and waits until both hear something or the call is over.
func (c *natCall) dial(k *lab.Kamailio, name string, flags ...string) {
	c.t.Helper()
	c.aliceWAV = filepath.Join(c.t.TempDir(), "caller.wav")
	args := []string{"call", k.URI(name), "--json", "--codecs", "pcmu", "--audio-in", fmt.Sprint("tone:", aliceTone), "--audio-out", "null", "--record", c.aliceWAV}
	c.alice = c.caller.StartOffhook(c.t, nil, append(append(args, lab.Guest(c.t, k, "alice", "--no-register")...), flags...)...)
	c.alice.AwaitEvent(0, "audio", hearsOrEnds)
	c.bob.AwaitEvent(0, "audio", hearsOrEnds)
}

func hearsOrEnds(e lab.Event) bool {
	return e.Str("event") == "call_ended" || e.Str("event") == "media" && e.Str("change") == "started"
}

// heard is what one side has heard.
type heard struct {
	after   time.Duration // the answer
	relayed bool          // at last
	share   float64       // of its sound that is the other's tone
	ok      bool
}

func (h heard) String() string {
	if !h.ok || h.share < 0.5 {
		return "–"
	}
	s := fmt.Sprintf("%.0f", float64(h.after)/float64(time.Millisecond))
	if h.relayed {
		s += " R"
	}
	return s
}

// hears measures both sides once the call has ended.
func (c *natCall) hears(relay string) (alice, bob heard) {
	c.t.Helper()
	c.alice.Wait()
	c.bob.Wait()
	ended, _ := c.alice.AwaitName(0, "call_ended")
	c.answered = c.calleeTap.Answered(ended.Str("sip_call_id"))
	measure := func(at *lab.LAN, tap *lab.Tap, wav string, hz float64) (h heard) {
		if all := tap.Audio(at.IP(), c.answered); len(all) > 0 {
			// At last, wrapped from our own relay or bare from the other's: at first a relay may
			// carry what waits for a better way.
			last := all[len(all)-1]
			h.ok, h.after, h.relayed = true, all[0].Time.Sub(c.answered), last.Wrapped || last.Src.Addr().String() == relay
		}
		h.share = listen(lab.ReadWAV(c.t, wav, 1), hz).share()
		return h
	}
	return measure(c.caller, c.callerTap, c.aliceWAV, bobTone), measure(c.callee, c.calleeTap, c.bobWAV, aliceTone)
}

// TestNATTable calls from each kind of NAT to each other, and prints the table.
func TestNATTable(t *testing.T) {
	lab.Need(t, "kamailio", "turnserver", "sox", "nft")
	net := lab.StartInternet(t)
	var users []string
	for range natModes {
		for range len(lab.NATs) * len(lab.NATs) {
			users = append(users, fmt.Sprint("user", len(users)))
		}
	}
	k, server := net.StartPlainKamailio(t, append(users, "alice")...), net.StartTURN(t)
	type cell struct{ alice, bob heard }
	table := make([][5][5]cell, len(natModes))
	t.Run("cells", func(t *testing.T) {
		for i, from := range lab.NATs {
			t.Run("from "+from.String(), func(t *testing.T) {
				t.Parallel()
				var lans [5][2]*lab.LAN
				var taps [5][2]*lab.Tap
				for j, to := range lab.NATs {
					for side, kind := range [2]lab.NAT{from, to} {
						lans[j][side] = net.StartLAN(t, kind, lab.LANOptions{})
					}
				}
				for m, mode := range natModes {
					var calls [5]*natCall
					name := func(j int) string { return users[(m*5+i)*5+j] }
					flags := append(mode.flags(t, server), "--duration", "1500ms")
					for j := range lab.NATs {
						for side := range 2 {
							taps[j][side] = lans[j][side].Tap()
						}
						calls[j] = &natCall{t: t, caller: lans[j][0], callee: lans[j][1], callerTap: taps[j][0], calleeTap: taps[j][1]}
						calls[j].registerBob(k, name(j), mode.flags(t, server)...)
					}
					for j := range lab.NATs {
						calls[j].dial(k, name(j), flags...)
					}
					for j, to := range lab.NATs {
						c := cell{}
						c.alice, c.bob = calls[j].hears(server.Host())
						table[m][i][j] = c
						for who, h := range map[string]heard{"caller": c.alice, "callee": c.bob} {
							what := fmt.Sprintf("%s, %v calls %v: the %s", mode.name, from, to, who)
							switch relayed := mode.relay.used(from, to); {
							case !relayed && !punched(from, to):
								if h.ok {
									t.Errorf("%s hears the other, where there is no way", what)
								}
							case !h.ok || h.share < 0.5:
								t.Errorf("%s hears nothing of the other (%.2f of its time)", what, h.share)
							case h.after > promptly:
								t.Errorf("%s hears the other %v after the answer", what, h.after)
							case h.relayed != relayed:
								t.Errorf("%s hears the other through a relay: %t", what, h.relayed)
							}
						}
					}
				}
			})
		}
	})
	for m, mode := range natModes {
		var s strings.Builder
		fmt.Fprintf(&s, "%s: ms from the answer to the first audio, at the caller / at the callee; R: through the relay\n| caller, callee: |", mode.name)
		for _, to := range lab.NATs {
			fmt.Fprintf(&s, " %v |", to)
		}
		s.WriteString("\n|---|---|---|---|---|---|")
		for i, from := range lab.NATs {
			fmt.Fprintf(&s, "\n| %v |", from)
			for j := range lab.NATs {
				fmt.Fprintf(&s, " %v / %v |", table[m][i][j].alice, table[m][i][j].bob)
			}
		}
		t.Log(s.String())
	}
}
