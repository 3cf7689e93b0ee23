package ua

import (
	"strings"
	"testing"

	"offhook/ua/call"
)

// A service sends early media without ringing first, and the 200 repeats its answer
// (RFC 3261, section 13.2.1).
func TestEarlyMediaOut(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Quiet = true })
	leg := r.peer.Call("alice", r.addr())
	leg.Send(leg.Request("INVITE", r.sdp()))
	id := r.state(0, call.Incoming).ID
	r.agent.Progress(id)
	early := r.peer.Expect("183 INVITE")
	if !strings.Contains(early.Body, "m=audio") {
		t.Fatalf("the 183 carries no answer:\n%s", early.Raw)
	}
	r.settle()
	if p, ok := r.media.session(0).last(); !ok || !p.Send {
		t.Error("the session doesn't send before the answer")
	}
	r.agent.Answer(id)
	ok := r.peer.Expect("200 INVITE")
	if ok.Body != early.Body || ok.Get("To") != early.Get("To") {
		t.Errorf("the 200 differs from the 183:\n%s\n%s", early.Raw, ok.Raw)
	}
	leg.Learn(ok)
	leg.Send(leg.Ack(leg.Seq, ""))
	r.state(id, call.Confirmed)
	r.agent.Progress(id)
	r.failed("progress")
}

// Without an offer there is nothing to answer: a 183 without a body.
func TestEarlyMediaWithoutOffer(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Quiet = true })
	leg := r.peer.Call("alice", r.addr())
	leg.Send(leg.Request("INVITE", ""))
	id := r.state(0, call.Incoming).ID
	r.agent.Progress(id)
	if early := r.peer.Expect("183 INVITE"); early.Body != "" {
		t.Errorf("an unreliable 183 carries a description:\n%s", early.Raw)
	}
	r.agent.Reject(id, 480, "")
	r.peer.Expect("480 INVITE")
	leg.Send(leg.Ack(leg.Seq, ""))
}

// Calls of a service talk side by side: the first isn't held for the second.
func TestParallelCalls(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Parallel, c.MaxCalls = true, 3 })
	first, _ := r.answered()
	second, leg := r.ringing(r.sdp())
	r.agent.Answer(second)
	leg.Learn(r.peer.Expect("200 INVITE")) // and no re-INVITE before it
	leg.Send(leg.Ack(leg.Seq, ""))
	info := r.state(second, call.Confirmed)
	if !strings.HasPrefix(info.DialedURI, "sip:alice@") {
		t.Errorf("dialled %q", info.DialedURI)
	}
	r.settle()
	for _, c := range r.agent.Calls() {
		if c.Hold.Desired || c.Hold.Local {
			t.Errorf("call %d of %d and %d is held", c.ID, first, second)
		}
	}
}
