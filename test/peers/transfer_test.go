package peers

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"offhook/test/lab"
)

// transfers matches a transfer event.
func transfers(role, state string) func(lab.Event) bool {
	return func(e lab.Event) bool {
		return e.Str("event") == "transfer" && e.Str("role") == role && e.Str("state") == state
	}
}

// hears checks that a recording of offhook has the one tone and not the other.
func hears(t *testing.T, who, wav string, channel int, hz, not float64) {
	t.Helper()
	pcm := lab.ReadWAV(t, wav, channel)
	yes, no := amplitude(pcm, hz), amplitude(pcm, not)
	t.Logf("%s hears %.0f Hz at %.3f, %.0f Hz at %.4f", who, hz, yes, not, no)
	if yes < 0.05 {
		t.Errorf("%s doesn't hear %.0f Hz", who, hz)
	}
	if no > yes/10 {
		t.Errorf("%s hears %.0f Hz", who, not)
	}
}

// exchange is what three phones register with.
type exchange struct {
	uri     func(user string) string
	account func(user string) []string
}

func exchanges(t *testing.T) map[string]func(*testing.T) exchange {
	t.Helper()
	return map[string]func(*testing.T) exchange{
		"kamailio": func(t *testing.T) exchange {
			k := lab.StartKamailio(t, "MD5")
			return exchange{k.URI, func(user string) []string { return lab.Account(t, k, user) }}
		},
		"offhook pbx": func(t *testing.T) exchange {
			p := lab.StartPBX(t)
			return exchange{p.URI, func(user string) []string { return p.Account(t, user) }}
		},
	}
}

// TestBlindTransfer has three offhooks behind an exchange: alice calls bob and sends him to
// carol, who then hears bob's tone and never alice's.
func TestBlindTransfer(t *testing.T) {
	lab.Need(t, "kamailio")
	for name, start := range exchanges(t) {
		t.Run(name, func(t *testing.T) { t.Parallel(); blindTransfer(t, start(t)) })
	}
}

func blindTransfer(t *testing.T, k exchange) {
	atCarol := filepath.Join(t.TempDir(), "carol.wav")
	carol := lab.StartOffhook(t, append([]string{"answer", "--json", "--max-calls", "1", "--duration", "2s", "--audio-in", "tone:1100", "--audio-out", "null", "--record", atCarol},
		k.account("carol")...)...)
	bob := lab.StartOffhook(t, append([]string{"answer", "--json", "--refer", "accept", "--max-calls", "1", "--audio-in", "tone:700", "--audio-out", "null"}, k.account("bob")...)...)
	carol.AwaitName(0, "registered")
	bob.AwaitName(0, "registered")
	alice := lab.StartOffhook(t, append([]string{"call", k.uri("bob"), "--transfer", k.uri("carol"), "--transfer-after", "1s", "--json", "--audio-in", "tone:1500", "--audio-out", "null"},
		k.account("alice")...)...)
	if e, _ := alice.AwaitEvent(0, "done", transfers("transferor", "done")); e.Num("code") != 200 {
		t.Errorf("%v", e)
	}
	bob.AwaitEvent(0, "done", transfers("transferee", "done"))
	for who, o := range map[string]*lab.Offhook{"alice": alice, "bob": bob, "carol": carol} {
		awaitOK(t, who, o)
	}
	hears(t, "carol", atCarol, 1, 700, 1500)
	if e, _ := carol.AwaitState(0, "incoming"); e.Str("referred_by") != k.uri("alice") {
		t.Errorf("referred_by: %v", e)
	}
}

// TestAttendedTransfer is the same with a consultation first: carol's call with alice is
// replaced by one with bob.
func TestAttendedTransfer(t *testing.T) {
	lab.Need(t, "kamailio")
	for name, start := range exchanges(t) {
		t.Run(name, func(t *testing.T) { t.Parallel(); attendedTransfer(t, start(t)) })
	}
}

func attendedTransfer(t *testing.T, k exchange) {
	atCarol := filepath.Join(t.TempDir(), "carol.wav")
	carol := lab.StartOffhook(t, append([]string{"answer", "--json", "--max-calls", "1", "--duration", "3s", "--audio-in", "tone:1100", "--audio-out", "null", "--record", atCarol},
		k.account("carol")...)...)
	bob := lab.StartOffhook(t, append([]string{"answer", "--json", "--refer", "accept", "--max-calls", "1", "--audio-in", "tone:700", "--audio-out", "null"}, k.account("bob")...)...)
	carol.AwaitName(0, "registered")
	bob.AwaitName(0, "registered")
	alice := lab.StartOffhook(t, append([]string{"call", k.uri("bob"), "--transfer-attended", k.uri("carol"), "--json", "--audio-in", "tone:1500", "--audio-out", "null"},
		k.account("alice")...)...)
	alice.AwaitEvent(0, "done", transfers("transferor", "done"))
	carol.AwaitEvent(0, "the call in the place of the first", func(e lab.Event) bool {
		return e.Str("event") == "call_state" && e.Str("state") == "confirmed" && e.Num("replaces") == 1
	})
	for who, o := range map[string]*lab.Offhook{"alice": alice, "bob": bob, "carol": carol} {
		awaitOK(t, who, o)
	}
	// The second recording is of the call that replaced the first.
	hears(t, "carol", filepath.Join(filepath.Dir(atCarol), "carol-2.wav"), 1, 700, 1500)
}

// TestTransferFails sends bob to somebody who refuses: alice has him back, and the exit code says so.
func TestTransferFails(t *testing.T) {
	lab.Need(t, "kamailio")
	t.Parallel()
	k := lab.StartKamailio(t, "MD5")
	bob := lab.StartOffhook(t, append([]string{"answer", "--json", "--refer", "accept", "--max-calls", "1", "--audio-in", "silence", "--audio-out", "null"}, lab.Account(t, k, "bob")...)...)
	bob.AwaitName(0, "registered")
	alice := lab.StartOffhook(t, append([]string{"call", k.URI("bob"), "--transfer", k.URI("code486"), "--json", "--audio-in", "silence", "--audio-out", "null"},
		lab.Account(t, k, "alice")...)...)
	if e, _ := alice.AwaitEvent(0, "failed", transfers("transferor", "failed")); e.Num("code") != 486 {
		t.Errorf("%v", e)
	}
	if code := alice.Wait(); code != 4 {
		t.Errorf("exit code %d", code)
	}
	bob.AwaitEvent(0, "failed", transfers("transferee", "failed"))
	awaitOK(t, "bob", bob)
}

// TestPickup lets alice take carol's call that rings at bob: she asks bob for his dialogs.
func TestPickup(t *testing.T) {
	lab.Need(t, "kamailio")
	t.Parallel()
	k := lab.StartKamailio(t, "MD5")
	atAlice := filepath.Join(t.TempDir(), "alice.wav")
	dir := t.TempDir()
	password, config := filepath.Join(dir, "password"), filepath.Join(dir, "config.toml")
	text := fmt.Sprintf("version = 1\n[[account]]\nname = \"bob\"\naor = %q\npassword_file = %q\nlisten = %q\nallow_watchers = [\"*\"]\n", k.AOR("bob"), password, lab.IP+":0")
	for file, content := range map[string]string{password: "pw-bob\n", config: text} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	bob := lab.StartOffhook(t, "answer", "--json", "--max-calls", "1", "--after", "1m", "--audio-in", "silence", "--audio-out", "null", "--config", config)
	bob.AwaitName(0, "registered")
	carol := lab.StartOffhook(t, append([]string{"call", k.URI("bob"), "--json", "--audio-in", "tone:700", "--audio-out", "null"}, lab.Account(t, k, "carol")...)...)
	carol.AwaitState(0, "early")
	alice := lab.StartOffhook(t, append([]string{"call", k.URI("bob"), "--pickup", "--json", "--duration", "2s", "--audio-in", "tone:1500", "--audio-out", "null", "--record", atAlice},
		lab.Account(t, k, "alice")...)...)
	alice.AwaitState(0, "confirmed")
	for who, o := range map[string]*lab.Offhook{"alice": alice, "bob": bob, "carol": carol} {
		awaitOK(t, who, o)
	}
	hears(t, "alice", atAlice, 1, 700, 1500)
}
