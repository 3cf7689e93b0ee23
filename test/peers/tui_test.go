package peers

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"offhook/test/lab"
)

// sizes are the terminals that the screen is laid out for.
var sizes = [][2]int{{80, 24}, {120, 40}, {40, 12}}

// noise is what must never be written to a screen: the words of ALSA, PortAudio,
// JACK and PulseAudio, Go's panics, and logs.
var noise = regexp.MustCompile(`(?i)\bALSA lib\b|snd_[a-z_]+|PaAlsa|\bjack server\b|pulse(audio)?:|goroutine \d|panic:|runtime error|level=[A-Z]+|\d{4}/\d\d/\d\d \d\d:`)

// tui is the phone's screen in a terminal.
type tui struct {
	*lab.Terminal
	t     *testing.T
	width int
}

// startTUI runs offhook on a machine without a sound card, with a home of its own.
func startTUI(t *testing.T, width, height int, args ...string) *tui {
	t.Helper()
	return startTUIAt(t, t.TempDir(), width, height, args...)
}

// startTUIAt runs it with the home of another run.
func startTUIAt(t *testing.T, home string, width, height int, args ...string) *tui {
	t.Helper()
	alsa := filepath.Join(home, "no-cards.conf")
	if err := os.WriteFile(alsa, []byte("pcm.nothing { type hw card 99 }\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return startTUIWith(t, []string{"HOME=" + home, "XDG_CONFIG_HOME=" + home, "XDG_STATE_HOME=" + home, "XDG_DATA_HOME=" + home, "ALSA_CONFIG_PATH=" + alsa, "PULSE_SERVER="}, width, height, args...)
}

// startTUIWith runs it with an environment of its own: home and sound.
func startTUIWith(t *testing.T, env []string, width, height int, args ...string) *tui {
	t.Helper()
	lab.Need(t, "tmux")
	env = append(env, "LC_ALL=C.UTF-8", "NO_COLOR=")
	u := &tui{lab.StartTerminal(t, width, height, env, append([]string{lab.Binary()}, args...)...), t, width}
	t.Cleanup(func() {
		if m := noise.FindString(u.Written()); m != "" {
			t.Errorf("%q was written to the terminal", m)
		}
	})
	return u
}

// sees waits for words on the screen, wherever its lines break, and checks that
// no line is too long.
func (u *tui) sees(pattern string) string {
	u.t.Helper()
	s := u.Await(strings.ReplaceAll(pattern, " ", `\s+`))
	u.Fits(u.width)
	return s
}

// quits leaves the phone and expects the terminal as it was.
func (u *tui) quits() {
	u.t.Helper()
	u.Key("C-c")
	u.Ended(0)
}

// TestTUIDemo makes a call to the demo's echo service, and does in it what a
// person can do.
func TestTUIDemo(t *testing.T) {
	t.Parallel()
	for _, size := range sizes {
		t.Run(lab.Size(size[0], size[1]), func(t *testing.T) {
			t.Parallel()
			u := startTUI(t, size[0], size[1], "demo", "--audio-in", "tone:440", "--audio-out", "null")
			u.sees(`you@127\.0\.0\.1:\d+ registered`)
			u.sees(`dial echo`)
			u.Type("echo")
			u.sees(`› echo`)
			u.Key("Enter")
			u.sees(`echo@\S+ talking 00:0[1-9]`)
			u.sees(`\bopus\b`)
			u.sees(`you ▰+▱* them ▰+`) // the tone, there and back

			u.Type("12#")
			u.sees(`sent 12#`)

			u.Type("h")
			u.sees(`echo@\S+ on hold`)
			u.sees(`h resume`)
			u.Type("h")
			u.sees(`echo@\S+ talking`)

			u.Type("m")
			u.sees(`\bmuted\b`)
			u.Type("m")
			u.AwaitGone(`\bmuted\b`)

			u.Type("?")
			u.sees(`╭─ Help 1-\d+ of \d+`)
			u.sees(`x hang up the selected`)
			u.Key("Escape")
			u.AwaitGone(`╭─ Help`)

			if size[0] < 120 { // there it is always shown
				u.Key("C-l")
			}
			u.sees(`─ Log ─`)
			u.sees(`→ ACK sip:echo@`)
			u.sees(`← 200 OK \(INVITE\)`)

			u.Type("x")
			u.sees(`You hung up on echo@\S+ after \d+ s`)
			if size[0] == 120 {
				u.sees(`→ echo@\S+ talked 00:\d\d`)
			}
			u.quits()
		})
	}
}

// TestTUIWithBaresip answers, refuses and swaps the calls of two baresips.
func TestTUIWithBaresip(t *testing.T) {
	t.Parallel()
	lab.Need(t, "kamailio", "baresip")
	for _, size := range sizes {
		t.Run(lab.Size(size[0], size[1]), func(t *testing.T) {
			t.Parallel()
			k := lab.StartKamailio(t, "MD5")
			bob := lab.StartBaresip(t, lab.BaresipConfig{User: "bob", Via: k})
			u := startTUI(t, size[0], size[1], append(lab.Account(t, k, "alice"), "--audio-in", "tone:440", "--audio-out", "null")...)
			u.sees(fmt.Sprintf(`alice@\S+:%d registered`, k.Port))

			bobDials := func() int {
				from := bob.EventMark()
				bob.Command("dial", k.URI("alice"))
				u.rings("bob")
				return from
			}
			from := bobDials()
			u.Type("a")
			bob.AwaitType(from, "CALL_ESTABLISHED")
			u.sees(`← ◇ bob@\S+ talking 00:0[1-9]`)
			hangup(bob)
			u.sees(`bob@\S+ hung up after \d+ s`)

			for _, refusal := range []struct{ key, told string }{{"r", "486 Busy Here"}, {"d", "603 Decline"}} {
				from = bobDials()
				u.Type(refusal.key)
				if e, _ := bob.AwaitType(from, "CALL_CLOSED"); e.Param != refusal.told {
					t.Errorf("after %q baresip was told %q, want %q", refusal.key, e.Param, refusal.told)
				}
				u.sees(`You rejected the call from bob@`)
			}

			u.waiting(k, bob, bobDials)
			u.quits()
		})
	}
}

// rings waits until a call asks to be answered, and takes keys: a second later.
func (u *tui) rings(caller string) {
	u.t.Helper()
	u.sees(`Incoming call 00:0[1-9]`)
	u.sees(`│ ` + caller + `@\S+`)
	u.sees(`a answer r reject i ignore`)
}

// waiting takes a second call while one is up, swaps, and hangs up one after the other.
func (u *tui) waiting(k *lab.Kamailio, bob *lab.Baresip, bobDials func() int) {
	t := u.t
	t.Helper()
	carol := lab.StartBaresip(t, lab.BaresipConfig{User: "carol", Via: k})
	from := bobDials()
	u.Type("a")
	bob.AwaitType(from, "CALL_ESTABLISHED")
	u.sees(`← ◇ bob@\S+ talking`)
	carol.Command("dial", k.URI("alice"))
	u.rings("carol")
	u.Type("a")
	carol.AwaitType(0, "CALL_ESTABLISHED")
	u.sees(`← ◇ bob@\S+ on hold`)
	u.sees(`← ◇ carol@\S+ talking`)
	u.Type("s")
	u.sees(`← ◇ bob@\S+ talking`)
	u.sees(`← ◇ carol@\S+ on hold`)
	u.Type("x")
	bob.AwaitType(from, "CALL_CLOSED")
	u.sees(`You hung up on bob@`)
	u.sees(`← ◇ carol@\S+ on hold`)
	u.Type("h")
	u.sees(`← ◇ carol@\S+ talking`)
	u.Type("x")
	carol.AwaitType(0, "CALL_CLOSED")
	u.sees(`You hung up on carol@`)
}

// TestTUIWithoutSoundCard says in words what is missing, and makes the call all the same.
func TestTUIWithoutSoundCard(t *testing.T) {
	t.Parallel()
	for _, size := range sizes {
		t.Run(lab.Size(size[0], size[1]), func(t *testing.T) {
			t.Parallel()
			u := startTUI(t, size[0], size[1], "demo")
			u.sees(`registered`)
			u.Type("echo")
			u.Key("Enter")
			u.sees(`echo@\S+ talking`)
			u.sees(`no sound device: this system has no (speaker|microphone)`)
			u.sees(`sound trouble`)
			u.Type("5")
			u.sees(`sent 5`)
			if size[0] == 120 {
				u.sees(`received [1-9]\d* packets, 0 lost`)
			}
			// Quitting asks first when a call is up.
			u.Key("C-c")
			u.sees(`Hang up on echo@`)
			u.Type("y")
			u.Ended(0)
		})
	}
}

// TestTUIResize says that a terminal is too small, and comes back in a larger one.
func TestTUIResize(t *testing.T) {
	t.Parallel()
	u := startTUI(t, 30, 8, "demo", "--audio-in", "silence", "--audio-out", "null")
	u.sees(`Too small: offhook needs 36x10, this is 30x8`)
	u.Resize(80, 24)
	u.width = 80
	u.sees(`you@127\.0\.0\.1:\d+ registered`)
	u.Type("ring")
	u.Key("Enter")
	u.sees(`ring@\S+ ringing…`)
	u.Resize(30, 8)
	u.width = 30
	u.sees(`Too small`)
	u.Resize(120, 40)
	u.width = 120
	u.sees(`─ Log ─`)
	u.Type("x")
	u.sees(`You stopped calling ring@`)
	u.quits()
}
