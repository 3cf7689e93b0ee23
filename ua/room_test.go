package ua

import (
	"testing"
	"time"

	"offhook/ua/call"
	"offhook/ua/sip"
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

// A call that the phone was to answer by itself, and rings instead since somebody talks by
// then, is sent on as any that nobody answers.
func TestNotAnsweredByItselfIsForwarded(t *testing.T) {
	change := func(c *Config, _ *fakeNet, _ *fakeMedia) {
		c.Policy = Policy{AutoAnswer: AutoAnswerAll, Forward: Forward{NoAnswer: "sip:carol@127.0.0.1", After: 20 * time.Second}}
	}
	bubble(t, change, func(t *testing.T, r *rig, n *fakeNet) {
		in := n.end().invite("i", sip.NewHeader("Call-Info", "<sip:pbx>;answer-after=5"))
		r.state(0, call.Incoming)
		time.Sleep(2 * time.Second)
		r.agent.Dial(DialRequest{Target: "sip:bob@127.0.0.1:7000"})
		time.Sleep(5 * time.Second)
		if codes := in.codes(); len(codes) != 1 {
			t.Fatalf("answered %v while another call is made", codes)
		}
		time.Sleep(14 * time.Second)
		if codes := in.codes(); len(codes) != 2 || codes[1] != 302 {
			t.Errorf("answered %v", codes)
		}
	})
}
