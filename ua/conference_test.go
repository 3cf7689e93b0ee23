package ua

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"offhook/ua/call"
	"offhook/ua/uatest"
)

// three gives a rig with two calls that are up: the second has the audio, the first is held.
func three(t *testing.T) (r *rig, first, second CallID, legs [2]*uatest.Leg) {
	t.Helper()
	r = newRig(t, func(c *Config) { c.MaxCalls = 4 })
	first, legs[0] = r.answered()
	second, legs[1] = r.ringing(r.sdp())
	r.agent.Answer(second)
	for range 3 { // in whatever order
		switch m := r.peer.Next(); {
		case m.Matches("INVITE"):
			legs[0].Reply(m, 200, r.sdp("recvonly"))
		case m.Matches("200 INVITE"):
			legs[1].Learn(m)
			legs[1].Send(legs[1].Ack(legs[1].Seq, ""))
		case !m.Matches("ACK"):
			t.Fatalf("what for?\n%s", m.Raw)
		}
	}
	r.state(second, call.Confirmed)
	r.settle()
	return r, first, second, legs
}

// take answers our re-INVITE in a dialog and checks its direction.
func (r *rig) take(leg *uatest.Leg, offered, answer string) {
	r.t.Helper()
	req := r.peer.Expect("INVITE")
	if !strings.Contains(req.Body, "a="+offered) {
		r.t.Fatalf("offered is not %s:\n%s", offered, req.Body)
	}
	leg.Reply(req, 200, r.sdp(answer))
	r.peer.Expect("ACK")
}

// Two held and talking calls become one conversation, which is held, resumed and muted as one.
func TestConference(t *testing.T) {
	r, first, second, legs := three(t)
	r.agent.Conference(first)
	if f := r.failed("conference"); !errors.Is(f.Err, ErrTooFew) {
		t.Errorf("one call: %v", f.Err)
	}
	r.agent.Conference()
	r.take(legs[0], "sendrecv", "sendrecv") // the held one comes back
	next(r, func(e CallChanged) bool { return e.Call.ID == first && e.Call.Conference && !e.Call.Hold.Local })
	r.settle()
	members, cut := r.media.conference()
	want := []*fakeSession{r.media.session(0), r.media.session(1)}
	if !slices.Equal(members, want) || cut {
		t.Fatalf("the mixer has %v, cut %t", members, cut)
	}
	for _, c := range r.agent.Calls() {
		if !c.Conference || !c.Focus || c.Hold.Desired {
			t.Errorf("call %d: %+v", c.ID, c)
		}
	}

	r.agent.Mute(second, true)
	next(r, func(e CallChanged) bool { return e.Call.ID == second && e.Call.Muted })
	r.settle()
	if _, cut := r.media.conference(); !cut || want[0].muted || want[1].muted {
		t.Errorf("mute: the mixer's microphone is cut: %t; the sessions are muted: %t, %t", cut, want[0].muted, want[1].muted)
	}

	r.agent.Hold(first)
	r.reoffers(legs, r.sdp("recvonly"))
	r.settle()
	if members, _ := r.media.conference(); len(members) != 0 || r.media.focused() != nil {
		t.Error("a held conference has the audio")
	}
	r.agent.Resume(second)
	r.reoffers(legs, r.sdp())
	r.settle()
	if members, cut := r.media.conference(); len(members) != 2 || !cut {
		t.Errorf("resumed: %v, cut %t", members, cut)
	}

	r.agent.Split(first)
	r.take(legs[0], "sendonly", "recvonly")
	r.settle()
	if r.media.focused() != want[1] || !want[1].muted {
		t.Errorf("the call that stays has no audio, or forgot that it is muted")
	}
	r.agent.Split(first)
	if f := r.failed("split"); !errors.Is(f.Err, ErrNotIn) {
		t.Errorf("%v", f.Err)
	}
}

// reoffers answers a re-INVITE in each dialog, in whatever order they come.
func (r *rig) reoffers(legs [2]*uatest.Leg, answer string) {
	r.t.Helper()
	for range 2 * len(legs) {
		switch m := r.peer.Next(); {
		case m.Matches("INVITE"):
			r.legOf(legs, m).Reply(m, 200, answer)
		case !m.Matches("ACK"):
			r.t.Fatalf("what for?\n%s", m.Raw)
		}
	}
}

// legOf finds the leg that a request of ours belongs to.
func (r *rig) legOf(legs [2]*uatest.Leg, req *uatest.Message) *uatest.Leg {
	for _, l := range legs {
		if l.CallID == req.Get("Call-ID") {
			return l
		}
	}
	r.t.Fatalf("a request of no dialog:\n%s", req.Raw)
	return nil
}

// Who hangs up leaves; the last one is a call as any.
func TestConferenceEnds(t *testing.T) {
	r, first, second, legs := three(t)
	r.agent.Conference(first, second)
	r.take(legs[0], "sendrecv", "sendrecv")
	r.settle()
	legs[1].Send(legs[1].Request("BYE", ""))
	r.peer.Expect("200 BYE")
	r.ended(second)
	r.settle()
	if members, _ := r.media.conference(); len(members) != 0 || r.media.focused() != r.media.session(0) {
		t.Error("the call that stays doesn't have the audio to itself")
	}
	for _, c := range r.agent.Calls() {
		if c.Conference || !c.Focus {
			t.Errorf("%+v", c)
		}
	}
	r.agent.Hangup(first)
	r.peer.Expect("BYE")
}

// A held peer hears music, and the microphone is cut before it begins.
func TestHoldMusic(t *testing.T) {
	r := newRig(t, func(c *Config) { c.HoldMusic = "wait.wav" })
	id, _, leg := r.talking()
	s := r.media.session(0)
	r.agent.Hold(id)
	req := r.peer.Expect("INVITE")
	next(r, func(e CallChanged) bool { return e.Call.Hold.Desired })
	if !slices.ContainsFunc(s.given(), func(send bool) bool { return !send }) {
		t.Error("the microphone isn't cut")
	}
	leg.Reply(req, 200, r.sdp("recvonly"))
	r.peer.Expect("ACK")
	next(r, func(e CallChanged) bool { return e.Call.Hold.Local })
	r.settle()
	if p, _ := s.last(); !p.Send || s.hums() != "wait.wav" {
		t.Errorf("send %t, music %q", p.Send, s.hums())
	}
	r.agent.Resume(id)
	req = r.peer.Expect("INVITE")
	next(r, func(e CallChanged) bool { return !e.Call.Hold.Desired })
	if s.hums() != "" {
		t.Error("the music goes on")
	}
	leg.Reply(req, 200, r.sdp())
	r.peer.Expect("ACK")
	r.settle()
	if p, _ := s.last(); !p.Send {
		t.Error("the microphone stays cut")
	}
}
