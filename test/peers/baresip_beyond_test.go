package peers

import (
	"strings"
	"testing"
	"time"

	"offhook/test/lab"
)

// TestMessagesWithBaresip sends a message to baresip and takes one of baresip's.
func TestMessagesWithBaresip(t *testing.T) {
	t.Parallel()
	k := lab.StartKamailio(t, "MD5")
	b := lab.StartBaresip(t, lab.BaresipConfig{User: "bob", Via: k, Contacts: []string{"<" + k.URI("alice") + ">"}})
	o := lab.StartOffhook(t, append([]string{"register", "--json"}, lab.Account(t, k, "alice")...)...)
	o.AwaitName(0, "registered")
	m := lab.StartOffhook(t, append([]string{"message", "bob", "Feierabend?", "--json"}, lab.Account(t, k, "carol")...)...)
	awaitOK(t, "offhook", m) // its answer is all that baresip shows of a message without a screen
	b.Command("message", "gleich")
	if e, _ := o.AwaitName(0, "message"); e.Str("text") != "gleich" || e.Str("from") != k.AOR("bob") {
		t.Errorf("received %v", e)
	}
	interrupted(t, o)
}

// TestPresenceWithBaresip watches baresip's presence, and is watched by it.
func TestPresenceWithBaresip(t *testing.T) {
	t.Parallel()
	ours := lab.FreePort(t)
	me := "sip:me@" + lab.IP + ":" + itoa(ours)
	cfg := lab.Config(t, "[[account]]\nname = \"me\"\naor = \"sip:me@"+lab.IP+"\"\nregister = false\nlisten = \""+lab.IP+":"+itoa(ours)+"\"\nallow_watchers = [\"*\"]\n")
	o := lab.StartOffhook(t, "answer", "--json", "--config", cfg, "--max-calls", "1", "--audio-in", "silence", "--audio-out", "null")
	o.AwaitName(0, "listening")
	b := lab.StartBaresip(t, lab.BaresipConfig{User: "bob", Modules: []string{"presence"}, Contacts: []string{"<" + me + ">;presence=p2p"}})
	awaitOnline(t, b)
	watch := lab.StartOffhook(t, append([]string{"subscribe", b.URI(), "--event", "presence", "--once", "--json"}, lab.Direct("alice", "0")...)...)
	awaitOK(t, "offhook", watch)
	if e, _ := watch.AwaitName(0, "notify"); object(e, "presence").Str("status") == "" {
		t.Errorf("told %v", e)
	}
	interrupted(t, o)
}

// awaitOnline asks baresip for its contacts until the only one is online.
func awaitOnline(t *testing.T, b *lab.Baresip) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	var said string
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); <-tick.C {
		if said = b.Command("contacts", ""); strings.Contains(said, "Online") {
			return
		}
	}
	t.Errorf("baresip's contacts:\n%s", said)
}
