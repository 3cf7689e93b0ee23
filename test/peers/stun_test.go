package peers

import (
	"regexp"
	"testing"

	"offhook/test/lab"
)

// TestAsksCoturn has a call's media socket ask coturn for its address first.
func TestAsksCoturn(t *testing.T) {
	t.Parallel()
	stun, server := lab.StartStun(t)
	b := lab.StartBaresip(t, lab.BaresipConfig{User: "bob"})
	o := lab.StartOffhook(t, append([]string{"call", b.URI(), "--json", "--stun", server, "-v", "--audio-in", "tone:440", "--audio-out", "null", "--duration", "1s"}, lab.Direct("alice", "0")...)...)
	awaitOK(t, "offhook", o)
	b.AwaitType(0, "CALL_ESTABLISHED")
	// coturn's books: one packet of 28 bytes came from the media socket, and one went back.
	media, _ := o.AwaitName(0, "media")
	stun.Await("rp=1, rb=28, sp=1", 0)
	stun.Await("remote "+regexp.QuoteMeta(media.Str("local_media"))+",", 0)
}
