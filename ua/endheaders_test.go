package ua

import (
	"strings"
	"testing"

	"offhook/ua/call"
)

// What was said on the way of a call that went on is no reason for its end.
func TestOnlyTheEndHasAReason(t *testing.T) {
	t.Run("a CANCEL that comes too late", func(t *testing.T) {
		r := newRig(t)
		id, leg := r.ringing(r.sdp())
		cancel := leg.Seq
		r.agent.Answer(id)
		ok := r.peer.Expect("200 INVITE")
		to := leg.Remote
		leg.Remote = "<sip:alice@" + r.addr().String() + ">"
		leg.Send(strings.Replace(leg.Cancel(), "\nCSeq:", "\nReason: SIP;cause=200\nCSeq:", 1))
		r.peer.Expect("200 CANCEL")
		leg.Remote = to
		leg.Learn(ok)
		leg.Send(leg.Ack(cancel, ""))
		r.state(id, call.Confirmed)
		r.agent.Hangup(id)
		leg.Reply(r.peer.Expect("BYE"), 200, "")
		if info := r.ended(id); !info.EndReason.IsZero() || info.Cause != call.LocalHangup {
			t.Errorf("%v: %+v", info.Cause, info.EndHeaders)
		}
	})
	t.Run("a refused change", func(t *testing.T) {
		r := newRig(t)
		id, leg := r.answered()
		r.agent.Hold(id)
		hold := r.peer.Expect("INVITE")
		leg.Reply(hold, 401, "", `WWW-Authenticate: Digest realm="r", nonce="n", algorithm=frog`, "Retry-After: 5")
		r.peer.Expect("ACK")
		r.failed("hold")
		r.agent.Hangup(id)
		leg.Reply(r.peer.Expect("BYE"), 200, "")
		if info := r.ended(id); info.EndHeaders != (EndHeaders{}) {
			t.Errorf("%+v", info.EndHeaders)
		}
	})
}
