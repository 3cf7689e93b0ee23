package ua

import (
	"testing"

	"offhook/ua/call"
)

// A call that is hung up, but whose peer doesn't say so, makes room at once.
func TestACallThatIsHungUpMakesRoom(t *testing.T) {
	r := newRig(t, func(c *Config) {
		c.MaxCalls = 1
		c.Policy = Policy{AutoAnswer: AutoAnswerAll}
	})
	first, _, _ := r.talking()
	r.agent.Hangup(first)
	r.peer.Expect("BYE") // and no answer
	id, leg := r.ringing(r.sdp())
	r.agent.Reject(id, 0, "")
	r.peer.Expect("486 INVITE")
	leg.Send(leg.Ack(leg.Seq, ""))
	r.ended(id)
	leg = r.peer.Call("alice", r.addr())
	leg.Send(leg.Request("INVITE", r.sdp(), "Answer-Mode: Auto"))
	r.peer.Expect("180 INVITE")
	leg.Learn(r.peer.Expect("200 INVITE"))
	leg.Send(leg.Ack(leg.Seq, ""))
	r.state(0, call.Confirmed)
}
