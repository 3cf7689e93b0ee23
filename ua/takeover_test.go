package ua

import (
	"strings"
	"testing"

	"offhook/ua/call"
	"offhook/ua/uatest"
)

// slowMedia gives a rig whose sockets open when something is sent to the channel.
func slowMedia(t *testing.T) (*rig, chan struct{}) {
	t.Helper()
	open := make(chan struct{})
	return newRig(t, func(c *Config) { c.Media.(*fakeMedia).hold = open }), open
}

// early is a call of ours that rings, and how it is named to us.
func (r *rig) early(open chan<- struct{}) (CallID, *uatest.Message, *uatest.Leg, string) {
	r.t.Helper()
	id := r.agent.Dial(DialRequest{Target: r.peer.URI("bob")})
	open <- struct{}{}
	inv := r.peer.Expect("INVITE")
	leg := r.peer.Leg(inv)
	leg.Reply(inv, 180, "")
	r.state(id, call.Early)
	return id, inv, leg, leg.CallID + ";to-tag=" + uatest.Tag(inv.Get("From")) + ";from-tag=" + uatest.Tag(leg.Local)
}

// Who hangs up the call that is about to be replaced wants no other in its place, least
// of all one that is answered without them.
func TestReplacesOfACallThatEndsFirst(t *testing.T) {
	r, open := slowMedia(t)
	id, inv, leg, name := r.early(open)
	r.replacing("Replaces: " + name)
	r.settle() // it waits for its media
	r.agent.Hangup(id)
	refused, cancel := r.two("603 INVITE", "CANCEL")
	leg.Reply(cancel, 200, "")
	leg.Reply(inv, 487, "")
	if !strings.Contains(refused.Get("To"), "tag=") {
		t.Errorf("%s", refused.Raw)
	}
	r.peer.Expect("ACK")
	r.ended(id)
	close(open)
	r.settle()
	if calls := r.agent.Calls(); len(calls) != 0 {
		t.Errorf("%+v", calls)
	}
}

// Only one takes a call's place: the next would be answered beside it, unasked.
func TestReplacesTwiceAtOnce(t *testing.T) {
	r, open := slowMedia(t)
	_, inv, leg, name := r.early(open)
	first := r.replacing("Replaces: " + name)
	r.settle()
	r.replacing("Replaces: " + name)
	r.peer.Expect("486 INVITE")
	open <- struct{}{}
	ok, cancel := r.two("200 INVITE", "CANCEL")
	leg.Reply(cancel, 200, "")
	leg.Reply(inv, 487, "")
	first.Learn(ok)
	first.Send(first.Ack(first.Seq, ""))
}

// A call that wanted to join one which is over by then is a call as any, with the audio.
func TestJoinOfACallThatEndsFirst(t *testing.T) {
	r := newRig(t)
	_, leg := r.answered()
	joining := r.peer.Call("alice", r.addr())
	joining.Send(joining.Request("INVITE", r.sdp(), "Join: "+names(leg)))
	r.peer.Expect("180 INVITE")
	id := r.state(0, call.Incoming).ID
	r.agent.Answer(id)
	joining.Learn(r.peer.Expect("200 INVITE"))
	leg.Send(leg.Request("BYE", ""))
	r.peer.Expect("200 BYE")
	joining.Send(joining.Ack(joining.Seq, ""))
	if info := next(r, func(e CallChanged) bool { return e.Call.ID == id && e.Call.Focus }).Call; info.Conference || info.Hold.Desired {
		t.Errorf("%+v", info)
	}
	if r.media.focused() != r.media.session(1) {
		t.Error("it has no audio")
	}
}

// In a muted conference who takes a member's place hears the others, as the member did.
func TestReplacesAMemberOfAMutedConference(t *testing.T) {
	r, first, _, legs := three(t)
	r.agent.Conference()
	r.take(legs[0], "sendrecv", "sendrecv")
	next(r, func(e CallChanged) bool { return e.Call.ID == first && e.Call.Conference && !e.Call.Hold.Local })
	r.agent.Mute(first, true)
	fresh := r.replacing("Replaces: " + names(legs[0]))
	ok, bye := r.two("200 INVITE", "BYE")
	legs[0].Reply(bye, 200, "")
	fresh.Learn(ok)
	fresh.Send(fresh.Ack(fresh.Seq, ""))
	info := next(r, func(e CallChanged) bool { return e.Call.Replaces == first && e.Call.State == call.Confirmed }).Call
	if !info.Muted || !info.Conference {
		t.Errorf("%+v", info)
	}
	r.settle()
	members, cut := r.media.conference()
	if !cut || len(members) != 2 || members[0] != r.media.session(2) {
		t.Errorf("%d members, the microphone cut: %v", len(members), cut)
	}
	for i, s := range members {
		s.mu.Lock()
		if s.muted {
			t.Errorf("member %d hears nobody", i)
		}
		s.mu.Unlock()
	}
}

// A name of ours lets an INVITE in, and nothing else.
func TestReplacesOpensNoOtherDoor(t *testing.T) {
	r, _ := registered(t)
	_, leg := r.answered()
	other := uatest.UDPAt(t, "127.0.0.9")
	text := other.Call("alice", r.addr())
	text.Send(text.Request("MESSAGE", "", "Replaces: "+names(leg)))
	other.Expect("403 MESSAGE")
	half := other.Call("alice", r.addr())
	half.Send(half.Request("INVITE", r.sdp(), "Replaces: "+leg.CallID+";to-tag="+uatest.Tag(leg.Remote)+";from-tag=guessed"))
	other.Expect("403 INVITE")
}

// The transferor may leave before its successor is here: that one gets the audio.
func TestReplacesOfACallWhosePeerLeavesFirst(t *testing.T) {
	r, open := slowMedia(t)
	leg := r.peer.Call("alice", r.addr())
	leg.Send(leg.Request("INVITE", r.sdp()))
	open <- struct{}{}
	leg.Learn(r.peer.Expect("180 INVITE"))
	r.agent.Answer(r.state(0, call.Incoming).ID)
	leg.Learn(r.peer.Expect("200 INVITE"))
	leg.Send(leg.Ack(leg.Seq, ""))
	old := r.state(0, call.Confirmed).ID
	fresh := r.replacing("Replaces: " + names(leg))
	r.settle()
	leg.Send(leg.Request("BYE", ""))
	r.peer.Expect("200 BYE")
	open <- struct{}{}
	fresh.Learn(r.peer.Expect("200 INVITE"))
	fresh.Send(fresh.Ack(fresh.Seq, ""))
	if info := next(r, func(e CallChanged) bool { return e.Call.Replaces == old && e.Call.State == call.Confirmed }).Call; !info.Focus {
		t.Errorf("%+v", info)
	}
	if r.media.focused() != r.media.session(1) {
		t.Error("it has no audio")
	}
}
