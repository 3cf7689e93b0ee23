package ua

import (
	"strings"
	"testing"

	"offhook/ua/call"
)

// A peer on hold can't break into the conversation that goes on: the call that it asks
// for is on hold, as its own is.
func TestReferOfAHeldCallTakesNoAudio(t *testing.T) {
	for _, answered := range []bool{true, false} {
		r, first, second, legs := three(t)
		r.refer(legs[0], "<"+r.peer.URI("carol")+">")
		r.peer.Expect("202 REFER")
		r.reported(legs[0], "SIP/2.0 100 ", "active")
		inv := r.peer.Expect("INVITE")
		if inv.Get("Call-ID") == legs[1].CallID || !strings.Contains(inv.Body, "a=sendonly") {
			t.Fatalf("not a call on hold:\n%s", inv.Raw)
		}
		leg := r.peer.Leg(inv)
		want := call.TransferDone
		if answered {
			leg.Reply(inv, 200, r.sdp("recvonly"))
		} else {
			leg.Reply(inv, 486, "")
			want = call.TransferFailed
		}
		_, report := r.two("ACK", "NOTIFY")
		legs[0].Reply(report, 200, "")
		i := r.transferState(first, want)
		r.settle()
		for _, c := range r.agent.Calls() {
			if c.Focus != (c.ID == second) || c.Hold.Desired != (c.ID != second) {
				t.Errorf("answered %v: call %d: focus %v, hold %+v", answered, c.ID, c.Focus, c.Hold)
			}
			if c.ID == i.Call && (c.State != call.Confirmed || !c.Hold.Local) {
				t.Errorf("the new call: %v, %+v", c.State, c.Hold)
			}
		}
		if r.media.focused() != r.media.session(1) {
			t.Error("the audio has moved")
		}
	}
}

// The same when nobody else talks: the microphone opens for who resumes the call.
func TestReferOfACallOnHoldAlone(t *testing.T) {
	r := newRig(t)
	id, leg := r.answered()
	r.agent.Hold(id)
	r.take(leg, "sendonly", "recvonly")
	r.refer(leg, "<"+r.peer.URI("carol")+">")
	r.peer.Expect("202 REFER")
	r.reported(leg, "SIP/2.0 100 ", "active")
	inv := r.peer.Expect("INVITE")
	if !strings.Contains(inv.Body, "a=sendonly") {
		t.Errorf("not on hold:\n%s", inv.Raw)
	}
	r.peer.Leg(inv).Reply(inv, 486, "")
	_, report := r.two("ACK", "NOTIFY")
	leg.Reply(report, 200, "")
	r.transferState(id, call.TransferFailed)
	r.settle()
	if c := r.agent.Calls(); len(c) != 1 || c[0].Focus || !c[0].Hold.Desired {
		t.Errorf("%+v", c)
	}
}

// A member of a conference who is sent elsewhere comes back as another, and the others
// talk on.
func TestReferOfAMemberOfAConference(t *testing.T) {
	r, first, second, legs := three(t)
	r.agent.Conference()
	r.take(legs[0], "sendrecv", "sendrecv")
	next(r, func(e CallChanged) bool { return e.Call.ID == first && e.Call.Conference && !e.Call.Hold.Local })
	r.refer(legs[0], "<"+r.peer.URI("carol")+">")
	r.peer.Expect("202 REFER")
	r.reported(legs[0], "SIP/2.0 100 ", "active")
	inv := r.peer.Expect("INVITE")
	if inv.Get("Call-ID") == legs[0].CallID || inv.Get("Call-ID") == legs[1].CallID {
		t.Fatalf("the conference is held:\n%s", inv.Raw)
	}
	r.peer.Leg(inv).Reply(inv, 200, r.sdp())
	_, report := r.two("ACK", "NOTIFY")
	legs[0].Reply(report, 200, "")
	i := r.transferState(first, call.TransferDone)
	legs[0].Send(legs[0].Request("BYE", ""))
	r.peer.Expect("200 BYE")
	r.ended(first)
	r.settle()
	calls := r.agent.Calls()
	if len(calls) != 2 || calls[0].ID != second || calls[1].ID != i.Call {
		t.Fatalf("%+v", calls)
	}
	for _, c := range calls {
		if !c.Conference || !c.Focus || c.Hold.Desired {
			t.Errorf("call %d: conference %v, focus %v, hold %+v", c.ID, c.Conference, c.Focus, c.Hold)
		}
	}
	if members, _ := r.media.conference(); len(members) != 2 || members[0] != r.media.session(2) {
		t.Errorf("%d are mixed", len(members))
	}
}
