package ua

import (
	"strings"
	"testing"

	"offhook/ua/call"
	"offhook/ua/uatest"
)

// names is the Replaces value for leg's dialog, as its peer sends it to us.
func names(leg *uatest.Leg) string {
	return leg.CallID + ";to-tag=" + uatest.Tag(leg.Remote) + ";from-tag=" + uatest.Tag(leg.Local)
}

func (r *rig) replacing(headers ...string) *uatest.Leg {
	r.t.Helper()
	leg := r.peer.Call("alice", r.addr())
	leg.Send(leg.Request("INVITE", r.sdp(), headers...))
	return leg
}

// RFC 3891, section 3: answered at once, BYE to the old dialog.
func TestInterop34ReplacesTakesOver(t *testing.T) {
	r := newRig(t)
	old, leg := r.answered()
	r.agent.Mute(old, true)
	fresh := r.replacing("Replaces: "+names(leg), "Require: replaces", "Referred-By: <sip:bob@example.org>")
	ok, bye := r.two("200 INVITE", "BYE")
	leg.Reply(bye, 200, "")
	fresh.Learn(ok)
	fresh.Send(fresh.Ack(fresh.Seq, ""))
	info := next(r, func(e CallChanged) bool { return e.Call.Replaces == old && e.Call.State == call.Confirmed }).Call
	if info.ReferredBy != "sip:bob@example.org" || !info.Muted || !info.Focus || info.Hold.Desired {
		t.Errorf("%+v", info)
	}
	r.settle()
	if calls := r.agent.Calls(); len(calls) != 1 {
		t.Errorf("%d calls", len(calls))
	}
	// The same once more: it has ended.
	r.replacing("Replaces: " + names(leg))
	r.peer.Expect("603 INVITE")
}

// A held call is taken over on hold, and doesn't get the audio.
func TestReplacesCarriesHold(t *testing.T) {
	r := newRig(t)
	old, leg := r.answered()
	r.agent.Hold(old)
	hold := r.peer.Expect("INVITE")
	leg.Reply(hold, 200, r.sdp("recvonly"))
	r.peer.Expect("ACK")
	fresh := r.replacing("Replaces: " + names(leg))
	ok, bye := r.two("200 INVITE", "BYE")
	leg.Reply(bye, 200, "")
	if !strings.Contains(ok.Body, "a=sendonly") {
		t.Errorf("not on hold:\n%s", ok.Body)
	}
	fresh.Learn(ok)
	fresh.Send(fresh.Ack(fresh.Seq, ""))
	info := next(r, func(e CallChanged) bool { return e.Call.Replaces == old && e.Call.State == call.Confirmed }).Call
	if info.Focus || !info.Hold.Desired {
		t.Errorf("%+v", info)
	}
}

// Our own call that rings is replaced: the INVITE is answered, ours is cancelled.
func TestReplacesOurEarlyDialog(t *testing.T) {
	r := newRig(t)
	id, inv, leg := r.dialled()
	leg.Reply(inv, 180, "")
	r.state(id, call.Early)
	// Seen from us: our tag is the From's, the peer's the To's.
	value := leg.CallID + ";to-tag=" + uatest.Tag(inv.Get("From")) + ";from-tag=" + uatest.Tag(leg.Local) + ";early-only"
	fresh := r.replacing("Replaces: " + value)
	ok, cancel := r.two("200 INVITE", "CANCEL")
	leg.Reply(cancel, 200, "")
	leg.Reply(inv, 487, "")
	fresh.Learn(ok)
	r.peer.Expect("ACK")
	fresh.Send(fresh.Ack(fresh.Seq, ""))
	if info := r.ended(id); info.ReplacedBy == 0 {
		t.Errorf("%+v", info)
	}
}

// The table of RFC 3891, section 3, and interop 34: Call-ID and both tags.
func TestInterop34ReplacesMatchesCallIDAndBothTags(t *testing.T) {
	r := newRig(t)
	_, leg := r.answered()
	local, remote := uatest.Tag(leg.Local), uatest.Tag(leg.Remote)
	ringing := r.peer.Call("alice", r.addr())
	ringing.Send(ringing.Request("INVITE", r.sdp()))
	ringing.Learn(r.peer.Expect("180 INVITE"))
	for _, c := range []struct{ name, want, value string }{
		{"another Call-ID", "481", "x" + leg.CallID + ";to-tag=" + remote + ";from-tag=" + local},
		{"Call-ID in other case", "481", strings.ToUpper(leg.CallID) + ";to-tag=" + remote + ";from-tag=" + local},
		{"tags the wrong way round", "481", leg.CallID + ";to-tag=" + local + ";from-tag=" + remote},
		{"another to-tag", "481", leg.CallID + ";to-tag=x" + remote + ";from-tag=" + local},
		{"another from-tag", "481", leg.CallID + ";to-tag=" + remote + ";from-tag=x" + local},
		{"from-tag 0 of a peer that has one", "481", leg.CallID + ";to-tag=" + remote + ";from-tag=0"},
		{"no tags", "400", leg.CallID},
		{"two to-tags", "400", leg.CallID + ";to-tag=" + remote + ";to-tag=" + remote + ";from-tag=" + local},
		{"two dialogs", "400", names(leg) + "\r\nReplaces: " + names(leg)},
		{"with Join", "400", names(leg) + "\r\nJoin: " + names(leg)},
		{"early only, and answered", "486", names(leg) + ";early-only"},
		{"one that rings here", "481", names(ringing)},
		{"as a list", "400", names(leg) + ", " + names(leg)},
	} {
		fresh := r.replacing(strings.Split("Replaces: "+c.value, "\r\n")...)
		if res := r.peer.Next(); !res.Matches(c.want + " INVITE") {
			t.Errorf("%s: %s, want %s", c.name, res, c.want)
		} else {
			fresh.Learn(res)
			fresh.Send(fresh.Ack(fresh.Seq, ""))
		}
	}
	if calls := r.agent.Calls(); len(calls) != 2 {
		t.Errorf("%d calls", len(calls))
	}
}

// RFC 3911, section 4: the caller rings, and the answer makes a conference.
func TestJoin(t *testing.T) {
	r := newRig(t)
	old, leg := r.answered()
	fresh := r.replacing("Join: "+names(leg), "Require: join")
	fresh.Learn(r.peer.Expect("180 INVITE"))
	info := next(r, func(e CallChanged) bool { return e.Call.State == call.Incoming }).Call
	if info.Joins != old {
		t.Errorf("%+v", info)
	}
	r.agent.Answer(info.ID)
	r.peer.Expect("200 INVITE")
	fresh.Send(fresh.Ack(fresh.Seq, ""))
	next(r, func(e CallChanged) bool { return e.Call.ID == info.ID && e.Call.Conference })
	r.settle()
	for _, c := range r.agent.Calls() {
		if !c.Conference || c.Hold.Desired {
			t.Errorf("%+v", c)
		}
	}
}

func TestJoinRefused(t *testing.T) {
	r := newRig(t)
	old, leg := r.answered()
	ringing := r.peer.Call("alice", r.addr())
	ringing.Send(ringing.Request("INVITE", r.sdp()))
	ringing.Learn(r.peer.Expect("180 INVITE"))
	for _, c := range []struct{ want, value string }{
		{"481", "x" + names(leg)}, {"481", names(ringing)}, {"400", names(leg) + ";early-only"}, {"400", leg.CallID},
		{"400", names(leg) + ", " + names(leg)},
	} {
		fresh := r.replacing("Join: " + c.value)
		res := r.peer.Next()
		if !res.Matches(c.want + " INVITE") {
			t.Errorf("%s: %s, want %s", c.value, res, c.want)
		}
		fresh.Learn(res)
		fresh.Send(fresh.Ack(fresh.Seq, ""))
	}
	leg.Send(leg.Request("BYE", ""))
	r.peer.Expect("200 BYE")
	r.ended(old)
	r.replacing("Join: " + names(leg))
	r.peer.Expect("603 INVITE")
}
