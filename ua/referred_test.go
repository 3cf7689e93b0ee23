package ua

import (
	"strings"
	"testing"

	"offhook/ua/call"
	"offhook/ua/uatest"
)

// refer sends a REFER in leg's dialog.
func (r *rig) refer(leg *uatest.Leg, to string, headers ...string) {
	r.t.Helper()
	leg.Send(leg.Request("REFER", "", append([]string{"Refer-To: " + to}, headers...)...))
}

// reported expects a NOTIFY in leg's dialog and answers it; it gives its status line.
func (r *rig) reported(leg *uatest.Leg, want, state string) {
	r.t.Helper()
	m := r.peer.Expect("NOTIFY")
	r.answerReport(leg, m, want, state)
}

func (r *rig) answerReport(leg *uatest.Leg, m *uatest.Message, want, state string) {
	r.t.Helper()
	if m.Get("Call-ID") != leg.CallID || !strings.HasPrefix(m.Get("Event"), "refer") || !strings.HasPrefix(m.Body, want) ||
		!strings.HasPrefix(m.Get("Subscription-State"), state) || !strings.HasPrefix(m.Get("Content-Type"), "message/sipfrag") {
		r.t.Errorf("want %q, %s:\n%s", want, state, m.Raw)
	}
	leg.Reply(m, 200, "")
}

// The peer sends us on: 202, NOTIFY 100, INVITE, NOTIFY 200; then it hangs up (RFC 5589, section 6.1).
func TestTransferee(t *testing.T) {
	r := newRig(t)
	id, leg := r.answered()
	r.refer(leg, "<"+r.peer.URI("carol")+"?Replaces=a%40b%3Bto-tag%3D1%3Bfrom-tag%3D2&Require=replaces>", "Referred-By: <sip:bob@example.org>")
	if res := r.peer.Expect("202 REFER"); res.Get("Contact") == "" {
		t.Errorf("202:\n%s", res.Raw)
	}
	r.reported(leg, "SIP/2.0 100 ", "active")
	hold, inv := r.two2(leg)
	leg.Reply(hold, 200, r.sdp("recvonly"))
	if inv.Get("Referred-By") != "<sip:bob@example.org>" || inv.Get("Replaces") != "a@b;to-tag=1;from-tag=2" || inv.Get("Require") != "replaces" {
		t.Errorf("INVITE:\n%s", inv.Raw)
	}
	r.peer.Expect("ACK")
	next := r.peer.Leg(inv)
	next.Reply(inv, 180, "")
	r.reported(leg, "SIP/2.0 180 ", "active")
	next.Reply(inv, 200, r.sdp())
	ack, report := r.two("ACK", "NOTIFY")
	if ack.Get("Call-ID") != next.CallID {
		t.Error("ACK of another call")
	}
	r.answerReport(leg, report, "SIP/2.0 200 ", "terminated")
	i := r.transferState(id, call.TransferDone)
	if i.Role != Transferee || i.Call == 0 || i.Code != 200 {
		t.Errorf("%+v", i)
	}
	r.refer(leg, "<"+r.peer.URI("dave")+">") // no further one: a peer could make us call the world
	r.peer.Expect("491 REFER")
	leg.Send(leg.Request("BYE", ""))
	r.peer.Expect("200 BYE")
	r.ended(id)
	calls := r.agent.Calls()
	if len(calls) != 1 || calls[0].ID != i.Call || calls[0].Replaces != id || calls[0].ReferredBy != "sip:bob@example.org" || !calls[0].Focus {
		t.Errorf("calls: %+v", calls)
	}
}

// The target refuses: the transferor hears it, and the call goes on.
func TestTransfereeFails(t *testing.T) {
	r := newRig(t)
	id, leg := r.answered()
	leg.Send(leg.Request("INVITE", r.sdp("sendonly"))) // a transferor holds first
	r.peer.Expect("200 INVITE")
	leg.Send(leg.Ack(leg.Seq, ""))
	r.refer(leg, "<"+r.peer.URI("carol")+">")
	r.peer.Expect("202 REFER")
	r.reported(leg, "SIP/2.0 100 ", "active")
	inv := r.peer.Expect("INVITE") // and no hold of ours: the peer holds us
	r.peer.Leg(inv).Reply(inv, 486, "")
	_, report := r.two("ACK", "NOTIFY")
	r.answerReport(leg, report, "SIP/2.0 486 ", "terminated")
	if i := r.transferState(id, call.TransferFailed); i.Code != 486 || i.Err == nil {
		t.Errorf("%+v", i)
	}
	r.settle()
	if calls := r.agent.Calls(); len(calls) != 1 || calls[0].ID != id || !calls[0].Focus || calls[0].Hold.Desired {
		t.Errorf("calls: %+v", calls)
	}
	// And a second time, with an id to tell the subscriptions apart (RFC 3515, section 2.4.6).
	r.refer(leg, "<"+r.peer.URI("dave")+">")
	r.peer.Expect("202 REFER")
	m := r.peer.Expect("NOTIFY")
	if !strings.HasPrefix(m.Get("Event"), "refer;id=") {
		t.Errorf("Event: %s", m.Get("Event"))
	}
}

// The transferor hangs up at once, and knows no subscription any more.
func TestTransfereeGoesOnWithoutTransferor(t *testing.T) {
	r := newRig(t)
	id, leg := r.answered()
	r.refer(leg, "<"+r.peer.URI("carol")+">", "Refer-Sub: false")
	if res := r.peer.Expect("202 REFER"); res.Get("Refer-Sub") != "false" {
		t.Errorf("RFC 4488, section 4:\n%s", res.Raw)
	}
	hold, inv := r.two2(leg)
	leg.Reply(hold, 200, r.sdp("recvonly"))
	r.peer.Expect("ACK")
	leg.Send(leg.Request("BYE", ""))
	r.peer.Expect("200 BYE")
	r.ended(id)
	r.peer.Leg(inv).Reply(inv, 200, r.sdp())
	r.peer.Expect("ACK")
	if calls := r.agent.Calls(); len(calls) != 1 || !calls[0].Focus {
		t.Errorf("calls: %+v", calls)
	}
}

// RFC 3515, section 2.4.4: the subscription can be refreshed, and ended.
func TestReferSubscribeAgain(t *testing.T) {
	r := newRig(t, withAccount(func(a *Account) { a.Refer = ReferAsk }))
	id, leg := r.answered()
	leg.Send(leg.Request("SUBSCRIBE", "", "Event: refer"))
	r.peer.Expect("481 SUBSCRIBE")
	r.refer(leg, "<sip:a@x>")
	r.peer.Expect("202 REFER")
	r.reported(leg, "SIP/2.0 100 ", "active")
	leg.Send(leg.Request("SUBSCRIBE", "", "Event: refer", "Expires: 60"))
	if res := r.peer.Expect("200 SUBSCRIBE"); res.Get("Expires") != "60" {
		t.Errorf("%s", res.Raw)
	}
	r.reported(leg, "SIP/2.0 100 ", "active;expires=60")
	leg.Send(leg.Request("SUBSCRIBE", "", "Event: refer", "Expires: 0"))
	r.peer.Expect("200 SUBSCRIBE")
	r.reported(leg, "SIP/2.0 100 ", "terminated")
	r.agent.Consent(id, false)
	r.transferState(id, call.TransferFailed)
	r.settle() // no NOTIFY came
	leg.Send(leg.Request("SUBSCRIBE", "", "Event: frog"))
	r.peer.Expect("489 SUBSCRIBE")
}

// RFC 3515, section 2.4.1, and what a stranger might try.
func TestReferRefused(t *testing.T) {
	r := newRig(t)
	_, leg := r.answered()
	for _, c := range []struct {
		want    string
		headers []string
	}{
		{"400", nil},
		{"400", []string{"Refer-To: <sip:a@x>", "Refer-To: <sip:b@x>"}},
		{"400", []string{"Refer-To: <sip:a@x>, <sip:b@x>"}},
		{"400", []string{"Refer-To: <http://example.org>"}},
		{"400", []string{"Refer-To: <sip:a@x"}},
		{"400", []string{"Refer-To: <sip:a@x?Replaces=1>"}},
		{"400", []string{"Refer-To: <sip:a@x?Subject=%0d%0aX:y>"}},
		{"400", []string{"Refer-To: <sip:a@x>", "Referred-By: <sip:b@x>", "Referred-By: <sip:c@x>"}},
		{"403", []string{"Refer-To: <sip:a@x;method=MESSAGE>"}},
		{"403", []string{"Refer-To: <sip:a@x?From=sip:boss@x>"}},
		{"403", []string{"Refer-To: <sip:a@x?Route=%3Csip:evil%3Blr%3E>"}},
		{"420", []string{"Refer-To: <sip:a@x>", "Require: frog"}},
	} {
		leg.Send(leg.Request("REFER", "", c.headers...))
		r.peer.Expect(c.want + " REFER")
	}
	stranger := r.peer.Call("alice", r.addr())
	stranger.Send(stranger.Request("REFER", "", "Refer-To: <sip:a@x>"))
	r.peer.Expect("403 REFER")
	if calls := r.agent.Calls(); len(calls) != 1 {
		t.Errorf("calls: %+v", calls)
	}
}

func TestReferPolicies(t *testing.T) {
	t.Run("refuse", func(t *testing.T) {
		r := newRig(t, withAccount(func(a *Account) { a.Refer = ReferRefuse }))
		_, leg := r.answered()
		r.refer(leg, "<sip:a@x>")
		r.peer.Expect("603 REFER")
	})
	// Whoever can call a phone that nobody watches can't have it call others.
	t.Run("called", func(t *testing.T) {
		r := newRig(t, withAccount(func(a *Account) { a.Refer = ReferCalled }), func(c *Config) { c.Parallel = true })
		_, leg := r.answered()
		r.refer(leg, "<sip:a@x>")
		r.peer.Expect("603 REFER")
		_, inv, ours := r.dialled()
		ours.Reply(inv, 200, r.sdp())
		r.peer.Expect("ACK")
		r.refer(ours, "<"+r.peer.URI("carol")+">")
		r.peer.Expect("202 REFER")
	})
	ask := withAccount(func(a *Account) { a.Refer = ReferAsk })
	pending := func(r *rig, id CallID) {
		next(r, func(e CallChanged) bool { return e.Call.ID == id && e.Call.Pending == PendingTransfer })
	}
	t.Run("asked and refused", func(t *testing.T) {
		r := newRig(t, ask)
		id, leg := r.answered()
		r.refer(leg, "<sip:a@x>")
		r.peer.Expect("202 REFER")
		r.reported(leg, "SIP/2.0 100 ", "active")
		pending(r, id)
		r.refer(leg, "<sip:b@x>") // one at a time
		r.peer.Expect("491 REFER")
		r.agent.Consent(id, false)
		r.reported(leg, "SIP/2.0 603 ", "terminated")
		r.transferState(id, call.TransferFailed)
		next(r, func(e CallChanged) bool { return e.Call.ID == id && e.Call.Pending == PendingNone })
		r.agent.Consent(id, true)
		r.failed("consent")
	})
	t.Run("asked, and the transferor goes", func(t *testing.T) {
		r := newRig(t, ask)
		id, leg := r.answered()
		r.refer(leg, "<sip:a@x>")
		r.peer.Expect("202 REFER")
		r.reported(leg, "SIP/2.0 100 ", "active")
		pending(r, id)
		leg.Send(leg.Request("BYE", ""))
		_, report := r.two("200 BYE", "NOTIFY")
		r.answerReport(leg, report, "SIP/2.0 480 ", "terminated")
		r.transferState(id, call.TransferFailed)
	})
	t.Run("asked and allowed", func(t *testing.T) {
		r := newRig(t, ask)
		id, leg := r.answered()
		r.refer(leg, "<"+r.peer.URI("carol")+">")
		r.peer.Expect("202 REFER")
		r.reported(leg, "SIP/2.0 100 ", "active")
		pending(r, id)
		r.agent.Consent(id, true)
		r.two2(leg)
	})
}

// RFC 4538: a REFER outside the call that names it; its subscription has a dialog of its own.
func TestReferByTargetDialog(t *testing.T) {
	r := newRig(t)
	_, leg := r.answered()
	other := r.peer.Call("alice", r.addr())
	target := leg.CallID + ";local-tag=" + uatest.Tag(leg.Local) + ";remote-tag=" + uatest.Tag(leg.Remote)
	other.Send(other.Request("REFER", "", "Refer-To: <"+r.peer.URI("carol")+">", "Target-Dialog: "+target, "Require: tdialog"))
	other.Learn(r.peer.Expect("202 REFER"))
	m := r.peer.Expect("NOTIFY")
	if m.Get("Call-ID") != other.CallID || uatest.Tag(m.Get("From")) != uatest.Tag(other.Remote) {
		t.Errorf("NOTIFY in another dialog:\n%s", m.Raw)
	}
	other.Reply(m, 200, "")
	r.two2(leg)
	stranger := r.peer.Call("alice", r.addr())
	stranger.Send(stranger.Request("REFER", "", "Refer-To: <sip:a@x>", "Target-Dialog: nonsense;local-tag=1;remote-tag=2"))
	r.peer.Expect("403 REFER")
}
