package peers

import (
	"fmt"
	"strings"
	"testing"

	"offhook/test/lab"
)

// TestInterop12CalledBackThroughNAT: a proxy that sends to where the Contact says still reaches
// both sides within a call, because each has learnt from received and rport where it is seen
// (RFC 3581) and says so. The callee ends the call: its BYE must get in to the caller.
func TestInterop12CalledBackThroughNAT(t *testing.T) {
	t.Parallel()
	lab.Need(t, "kamailio", "turnserver", "nft")
	net := lab.StartInternet(t)
	k, server := net.StartPlainKamailio(t, lab.Users...), net.StartTURN(t)
	for i, nat := range []lab.NAT{lab.PortRestricted, lab.Symmetric} {
		for j, registers := range []string{"--no-register", "--expires=60s"} {
			t.Run(fmt.Sprint(nat, " ", registers), func(t *testing.T) {
				caller, callee := net.StartLAN(t, nat, lab.LANOptions{}), net.StartLAN(t, lab.FullCone, lab.LANOptions{})
				name := lab.Users[1:][2*i+j]
				bob := callee.StartOffhook(t, nil, append([]string{"answer", "--json", "--max-calls", "1", "--duration", "1s", "--audio-in", "silence", "--audio-out", "null", "--stun", server.STUN()},
					lab.Guest(t, k, name)...)...)
				bob.AwaitName(0, "registered")
				alice := caller.StartOffhook(t, nil, append([]string{"call", k.URI(name), "--json", "--audio-in", "silence", "--audio-out", "null", "--stun", server.STUN()},
					lab.Guest(t, k, "alice", registers)...)...)
				ended, _ := alice.AwaitName(0, "call_ended")
				if cause := ended.Str("cause"); cause != "remote_hangup" {
					t.Errorf("the caller's call ended by %s", cause)
				}
				awaitOK(t, "the callee", bob)
				for _, e := range bob.Events() {
					if e.Str("event") == "registered" && strings.Contains(e.Str("contact"), "@"+callee.Public+":") {
						return
					}
				}
				t.Error("the callee never registered the address that it is seen at")
			})
		}
	}
}
