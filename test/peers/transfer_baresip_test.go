package peers

import (
	"path/filepath"
	"testing"

	"offhook/test/lab"
)

// TestBaresipIsTransferred sends baresip on: it calls carol, who hears it. baresip reports, and
// hangs up by itself when the new call is up.
func TestBaresipIsTransferred(t *testing.T) {
	lab.Need(t, "kamailio", "baresip")
	t.Parallel()
	k := lab.StartKamailio(t, "MD5")
	dir := t.TempDir()
	atCarol := filepath.Join(dir, "carol.wav")
	lab.StartBaresip(t, lab.BaresipConfig{User: "bob", Via: k, Codecs: "PCMU/8000/1",
		Source: "aufile," + lab.WriteWAV(t, filepath.Join(dir, "bob.wav"), 8000, sineWave(700, 30))})
	carol := lab.StartOffhook(t, append([]string{"answer", "--json", "--max-calls", "1", "--duration", "2s", "--audio-in", "tone:1100", "--audio-out", "null", "--record", atCarol},
		lab.Account(t, k, "carol")...)...)
	carol.AwaitName(0, "registered")
	alice := lab.StartOffhook(t, append([]string{"call", k.URI("bob"), "--transfer", k.URI("carol"), "--transfer-after", "1s", "--json", "--audio-in", "tone:1500", "--audio-out", "null"},
		lab.Account(t, k, "alice")...)...)
	alice.AwaitEvent(0, "done", transfers("transferor", "done"))
	for who, o := range map[string]*lab.Offhook{"alice": alice, "carol": carol} {
		awaitOK(t, who, o)
	}
	hears(t, "carol", atCarol, 1, 700, 1500)
}

// TestBaresipTransfers lets baresip send us on: we call carol, who hears us, and baresip
// hears how it went and hangs up.
func TestBaresipTransfers(t *testing.T) {
	lab.Need(t, "kamailio", "baresip")
	t.Parallel()
	k := lab.StartKamailio(t, "MD5")
	atCarol := filepath.Join(t.TempDir(), "carol.wav")
	bob := lab.StartBaresip(t, lab.BaresipConfig{User: "bob", Via: k, Codecs: "PCMU/8000/1"})
	carol := lab.StartOffhook(t, append([]string{"answer", "--json", "--max-calls", "1", "--duration", "2s", "--audio-in", "tone:1100", "--audio-out", "null", "--record", atCarol},
		lab.Account(t, k, "carol")...)...)
	carol.AwaitName(0, "registered")
	alice := lab.StartOffhook(t, append([]string{"call", k.URI("bob"), "--json", "--audio-in", "tone:1500", "--audio-out", "null"}, lab.Account(t, k, "alice")...)...)
	bob.AwaitType(0, "CALL_ESTABLISHED")
	alice.AwaitState(0, "confirmed")
	bob.Command("transfer", k.URI("carol"))
	alice.AwaitEvent(0, "done", transfers("transferee", "done"))
	bob.AwaitType(0, "CALL_CLOSED")
	for who, o := range map[string]*lab.Offhook{"alice": alice, "carol": carol} {
		awaitOK(t, who, o)
	}
	hears(t, "carol", atCarol, 1, 1500, 700)
}

// TestTransferToBaresip sends an offhook to a baresip, which hears it.
func TestTransferToBaresip(t *testing.T) {
	lab.Need(t, "kamailio", "baresip")
	t.Parallel()
	k := lab.StartKamailio(t, "MD5")
	carol := lab.StartBaresip(t, lab.BaresipConfig{User: "carol", Via: k, Codecs: "PCMU/8000/1"})
	bob := lab.StartOffhook(t, append([]string{"answer", "--json", "--refer", "accept", "--max-calls", "1", "--audio-in", "tone:700", "--audio-out", "null"}, lab.Account(t, k, "bob")...)...)
	bob.AwaitName(0, "registered")
	alice := lab.StartOffhook(t, append([]string{"call", k.URI("bob"), "--transfer", k.URI("carol"), "--transfer-after", "500ms", "--json", "--audio-in", "tone:1500", "--audio-out", "null"},
		lab.Account(t, k, "alice")...)...)
	alice.AwaitEvent(0, "done", transfers("transferor", "done"))
	awaitOK(t, "alice", alice)
	carol.AwaitHeard(2e9)
	carol.Command("hangup", "")
	carol.AwaitType(0, "CALL_CLOSED")
	awaitOK(t, "bob", bob)
	hears(t, "carol", carol.Recording("dec"), 0, 700, 1500)
}

// TestAttendedTransferWithBaresip sends bob into our call with a baresip, whose version 1.0.0
// knows no Replaces: it takes bob for a second caller, and we end ours.
func TestAttendedTransferWithBaresip(t *testing.T) {
	lab.Need(t, "kamailio", "baresip")
	t.Parallel()
	k := lab.StartKamailio(t, "MD5")
	carol := lab.StartBaresip(t, lab.BaresipConfig{User: "carol", Via: k, Codecs: "PCMU/8000/1"})
	bob := lab.StartOffhook(t, append([]string{"answer", "--json", "--refer", "accept", "--max-calls", "1", "--audio-in", "tone:700", "--audio-out", "null"}, lab.Account(t, k, "bob")...)...)
	bob.AwaitName(0, "registered")
	alice := lab.StartOffhook(t, append([]string{"call", k.URI("bob"), "--transfer-attended", k.URI("carol"), "--json", "--audio-in", "tone:1500", "--audio-out", "null"},
		lab.Account(t, k, "alice")...)...)
	alice.AwaitEvent(0, "done", transfers("transferor", "done"))
	awaitOK(t, "alice", alice)
	carol.AwaitHeard(2e9)
	carol.Command("hangup", "")
	awaitOK(t, "bob", bob)
}
