package peers

import (
	"testing"

	"offhook/test/lab"
)

// TestForkOneAnswers has kamailio fork to two phones: the one that doesn't answer is cancelled.
func TestForkOneAnswers(t *testing.T) {
	t.Parallel()
	k := lab.StartKamailio(t, "MD5")
	ringing := lab.StartBaresip(t, lab.BaresipConfig{User: "bob", Via: k, Manual: true})
	answering := lab.StartBaresip(t, lab.BaresipConfig{User: "bob", Via: k, Manual: true})
	o := lab.StartOffhook(t, append([]string{"call", k.URI("bob"), "--json", "--audio-in", "tone:440", "--audio-out", "null", "--duration", "2s"}, lab.Account(t, k, "alice")...)...)
	ringing.AwaitType(0, "CALL_INCOMING")
	answering.AwaitType(0, "CALL_INCOMING")
	answering.Command("accept", "")
	awaitOK(t, "offhook", o)
	answering.AwaitType(0, "CALL_ESTABLISHED")
	ringing.AwaitType(0, "CALL_CLOSED")
	answering.AwaitType(0, "CALL_CLOSED")
}

// TestForkBothAnswer has both phones answer at once: one call stays, and the
// other's 2xx is acknowledged and ended (RFC 3261, section 13.2.2.4).
func TestForkBothAnswer(t *testing.T) {
	t.Parallel()
	k := lab.StartKamailio(t, "MD5")
	one := lab.StartBaresip(t, lab.BaresipConfig{User: "bob", Via: k})
	two := lab.StartBaresip(t, lab.BaresipConfig{User: "bob", Via: k})
	o := lab.StartOffhook(t, append([]string{"call", k.URI("bob"), "--json", "--audio-in", "tone:440", "--audio-out", "null", "--duration", "3s"}, lab.Account(t, k, "alice")...)...)
	awaitOK(t, "offhook", o)
	one.AwaitType(0, "CALL_CLOSED")
	two.AwaitType(0, "CALL_CLOSED")
	confirmed := 0
	for _, e := range o.Events() {
		if e.Str("event") == "call_state" && e.Str("state") == "confirmed" && e.Str("was") != "confirmed" {
			confirmed++
		}
	}
	if confirmed != 1 {
		t.Errorf("confirmed %d times, want once", confirmed)
	}
}
