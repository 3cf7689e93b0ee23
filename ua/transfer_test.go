package ua

import (
	"strings"
	"testing"

	"offhook/ua/call"
	"offhook/ua/uatest"
)

// transferState waits for a change of a call's transfer.
func (r *rig) transferState(id CallID, s call.TransferState) TransferInfo {
	r.t.Helper()
	return next(r, func(e TransferChanged) bool { return e.Call.ID == id && e.Call.Transfer.State == s }).Call.Transfer
}

// held answers our re-INVITE that puts the peer on hold, and gives the REFER that follows.
func (r *rig) held(leg *uatest.Leg) *uatest.Message {
	r.t.Helper()
	hold := r.peer.Expect("INVITE")
	if !strings.Contains(hold.Body, "a=sendonly") {
		r.t.Errorf("no hold:\n%s", hold.Body)
	}
	leg.Reply(hold, 200, r.sdp("recvonly"))
	r.peer.Expect("ACK")
	return r.peer.Expect("REFER")
}

func frag(line string) string { return line + "\r\n" }

func notifyHeaders(state string) []string {
	return []string{"Event: refer", "Subscription-State: " + state, "Content-Type: message/sipfrag;version=2.0"}
}

// RFC 5589, section 6.1: hold, REFER, NOTIFYs, BYE.
func TestBlindTransfer(t *testing.T) {
	r := newRig(t)
	id, leg := r.answered()
	r.agent.Transfer(id, "sip:carol#1@example.org")
	refer := r.held(leg)
	if got := refer.Get("Refer-To"); got != "<sip:carol%231@example.org>" {
		t.Errorf("Refer-To: %s", got)
	}
	if refer.Get("Referred-By") == "" || refer.Get("Contact") == "" {
		t.Errorf("REFER:\n%s", refer.Raw)
	}
	leg.Reply(refer, 202, "")
	r.transferState(id, call.TransferAccepted)
	leg.Send(leg.Request("NOTIFY", frag("SIP/2.0 180 Ringing"), notifyHeaders("active;expires=60")...))
	r.peer.Expect("200 NOTIFY")
	if i := r.transferState(id, call.TransferAccepted); i.Code != 180 || i.Target != "sip:carol%231@example.org" {
		t.Errorf("%+v", i)
	}
	leg.Send(leg.Request("NOTIFY", frag("SIP/2.0 200 OK"), notifyHeaders("terminated;reason=noresource")...))
	_, bye := r.two("200 NOTIFY", "BYE")
	leg.Reply(bye, 200, "")
	if i := r.transferState(id, call.TransferDone); i.Code != 200 || i.Err != nil {
		t.Errorf("%+v", i)
	}
	if info := r.ended(id); info.Cause != call.LocalHangup {
		t.Errorf("end: %v", info.Cause)
	}
}

// A refusal, at once or by the target, takes the call back.
func TestTransferFails(t *testing.T) {
	t.Run("REFER refused", func(t *testing.T) {
		r := newRig(t)
		id, leg := r.answered()
		r.agent.Transfer(id, "carol")
		leg.Reply(r.held(leg), 603, "")
		r.takenBack(id, leg, 603)
	})
	t.Run("target busy", func(t *testing.T) {
		r := newRig(t)
		id, leg := r.answered()
		r.agent.Transfer(id, "carol")
		leg.Reply(r.held(leg), 202, "")
		leg.Send(leg.Request("NOTIFY", frag("SIP/2.0 486 Busy Here"), notifyHeaders("terminated;reason=noresource")...))
		_, reinvite := r.two("200 NOTIFY", "INVITE")
		leg.Reply(reinvite, 200, r.sdp())
		r.peer.Expect("ACK")
		if i := r.transferState(id, call.TransferFailed); i.Code != 486 || i.Err == nil {
			t.Errorf("%+v", i)
		}
	})
}

func (r *rig) takenBack(id CallID, leg *uatest.Leg, code int) {
	r.t.Helper()
	reinvite := r.peer.Expect("INVITE")
	if !strings.Contains(reinvite.Body, "a=sendrecv") {
		r.t.Errorf("not resumed:\n%s", reinvite.Body)
	}
	leg.Reply(reinvite, 200, r.sdp())
	r.peer.Expect("ACK")
	if i := r.transferState(id, call.TransferFailed); i.Code != code || i.Err == nil {
		r.t.Errorf("%+v", i)
	}
}

// RFC 3515, section 2.4.5, and RFC 3420: the version may be missing from the body and
// from its type; the BYE may be faster than the last NOTIFY.
func TestInterop33SipfragWithoutVersionAndEarlyBye(t *testing.T) {
	for _, c := range []struct{ body, kind string }{
		{"200 OK", "message/sipfrag"},
		{"SIP 200 OK", "message/sipfrag"},
		{"SIP/2.0 200", "message/sipfrag;version=2.0"},
		{"SIP/2.0 200 OK", "Message/SipFrag; version=2.0"},
	} {
		t.Run(c.body, func(t *testing.T) {
			r := newRig(t)
			id, leg := r.answered()
			r.agent.Transfer(id, "carol")
			leg.Reply(r.held(leg), 202, "")
			leg.Send(leg.Request("BYE", ""))
			r.peer.Expect("200 BYE")
			if info := r.ended(id); info.Cause != call.RemoteHangup {
				t.Errorf("end: %v", info.Cause)
			}
			leg.Send(leg.Request("NOTIFY", frag(c.body), "Event: refer", "Subscription-State: terminated;reason=noresource", "Content-Type: "+c.kind))
			r.peer.Expect("200 NOTIFY")
			if i := r.transferState(id, call.TransferDone); i.Code != 200 {
				t.Errorf("%+v", i)
			}
		})
	}
}

// The transferee goes without a word: nobody knows, and it is said so.
func TestTransferUnreported(t *testing.T) {
	r := newRig(t)
	id, leg := r.answered()
	r.agent.Transfer(id, "carol")
	leg.Reply(r.held(leg), 202, "")
	leg.Send(leg.Request("NOTIFY", frag("SIP/2.0 100 Trying"), notifyHeaders("terminated;reason=timeout")...))
	_, reinvite := r.two("200 NOTIFY", "INVITE")
	leg.Reply(reinvite, 200, r.sdp())
	r.peer.Expect("ACK")
	if i := r.transferState(id, call.TransferUnknown); i.Err == nil {
		t.Errorf("%+v", i)
	}
}

// NOTIFYs that belong to nothing.
func TestNotifyRefused(t *testing.T) {
	r := newRig(t)
	id, leg := r.answered()
	leg.Send(leg.Request("NOTIFY", frag("SIP/2.0 200 OK"), notifyHeaders("terminated")...))
	r.peer.Expect("481 NOTIFY")
	leg.Send(leg.Request("NOTIFY", "", "Event: frog", "Subscription-State: active"))
	if res := r.peer.Expect("489 NOTIFY"); !strings.Contains(res.Get("Allow-Events"), "refer") {
		t.Errorf("%s", res.Raw)
	}
	r.agent.Transfer(id, "carol")
	refer := r.held(leg)
	leg.Reply(refer, 202, "")
	for _, bad := range []struct{ want, body, event, kind string }{
		{"400 NOTIFY", "hello", "refer", "message/sipfrag"},
		{"415 NOTIFY", "hello", "refer", "text/plain"},
		{"481 NOTIFY", "SIP/2.0 200 OK", "refer;id=77777", "message/sipfrag"},
		{"400 NOTIFY", "SIP/2.0 200 OK", "refer;id=frog", "message/sipfrag"},
	} {
		leg.Send(leg.Request("NOTIFY", frag(bad.body), "Event: "+bad.event, "Subscription-State: active", "Content-Type: "+bad.kind))
		r.peer.Expect(bad.want)
	}
	number, _, _ := strings.Cut(refer.Get("CSeq"), " ")
	leg.Send(leg.Request("NOTIFY", frag("SIP/2.0 200 OK"), "Event: refer;id="+number, "Subscription-State: terminated", "Content-Type: message/sipfrag"))
	_, bye := r.two("200 NOTIFY", "BYE")
	leg.Reply(bye, 200, "")
	r.transferState(id, call.TransferDone)
}

// RFC 4488: a transferee that reports nothing.
func TestTransferWithoutSubscription(t *testing.T) {
	r := newRig(t)
	id, leg := r.answered()
	r.agent.Transfer(id, "carol")
	refer := r.held(leg)
	leg.Reply(refer, 200, "", "Refer-Sub: false")
	bye := r.peer.Expect("BYE")
	leg.Reply(bye, 200, "")
	r.transferState(id, call.TransferDone)
}

// RFC 5589, section 7.3; RFC 3891, section 3: the target's tags, seen from the target.
func TestInterop34AttendedTransfer(t *testing.T) {
	r := newRig(t)
	first, leg1 := r.answered()
	second := r.agent.Dial(DialRequest{Target: r.peer.URI("carol")})
	hold, inv := r.two2(leg1)
	leg1.Reply(hold, 200, r.sdp("recvonly"))
	leg2 := r.peer.Leg(inv)
	leg2.Reply(inv, 200, r.sdp())
	r.peer.Expect("ACK")
	r.peer.Expect("ACK")
	r.state(second, call.Confirmed)
	r.agent.TransferTo(first, second)
	refer := r.peer.Expect("REFER")
	if refer.Get("Call-ID") != leg1.CallID {
		t.Error("REFER in the wrong dialog")
	}
	want := "<" + leg2.Contact + "?Replaces=" + leg2.CallID + "%3Bto-tag%3D" + uatest.Tag(leg2.Local) + "%3Bfrom-tag%3D" + uatest.Tag(inv.Get("From")) + ">"
	if got := refer.Get("Refer-To"); got != want {
		t.Errorf("Refer-To:\n%s, want\n%s", got, want)
	}
	leg1.Reply(refer, 202, "")
	leg1.Send(leg1.Request("NOTIFY", frag("SIP/2.0 200 OK"), notifyHeaders("terminated;reason=noresource")...))
	_, bye := r.two("200 NOTIFY", "BYE")
	leg1.Reply(bye, 200, "")
	// The target ends its call with us.
	leg2.Remote = inv.Get("From")
	leg2.Send(leg2.Request("BYE", ""))
	r.peer.Expect("200 BYE")
	if i := r.transferState(first, call.TransferDone); i.Call != second {
		t.Errorf("%+v", i)
	}
}

// two2 expects the hold of leg's call and a new INVITE, in either order.
func (r *rig) two2(leg *uatest.Leg) (hold, inv *uatest.Message) {
	r.t.Helper()
	for range 2 {
		m := r.peer.Expect("INVITE")
		if m.Get("Call-ID") == leg.CallID {
			hold = m
		} else {
			inv = m
		}
	}
	return hold, inv
}

// RFC 5589, section 7.6: the target only rings; it is given up and called afresh.
func TestAttendedTransferBeforeTheAnswer(t *testing.T) {
	r := newRig(t)
	first, leg1 := r.answered()
	second := r.agent.Dial(DialRequest{Target: r.peer.URI("carol")})
	hold, inv := r.two2(leg1)
	leg1.Reply(hold, 200, r.sdp("recvonly"))
	leg2 := r.peer.Leg(inv)
	leg2.Reply(inv, 180, "")
	r.peer.Expect("ACK")
	r.state(second, call.Early)
	r.agent.TransferTo(first, second)
	cancel, refer := r.two("CANCEL", "REFER")
	leg2.Reply(cancel, 200, "")
	leg2.Reply(inv, 487, "")
	if got := refer.Get("Refer-To"); got != "<"+r.peer.URI("carol")+">" {
		t.Errorf("Refer-To: %s", got)
	}
	r.peer.Expect("ACK")
	leg1.Reply(refer, 603, "")
	if i := r.transferState(first, call.TransferFailed); i.Code != 603 {
		t.Errorf("%+v", i)
	}
}

func TestTransferRefusedHere(t *testing.T) {
	r := newRig(t)
	id, _ := r.ringing(r.sdp())
	r.agent.Transfer(id, "carol")
	r.failed("transfer")
	r.agent.TransferTo(id, id)
	r.failed("transfer")
	r.agent.TransferTo(id, 77)
	r.failed("transfer")
	r.agent.Park(id)
	r.failed("park")
	r.agent.Retrieve("", "701")
	if info := next(r, func(e CallChanged) bool { return e.Call.State == call.Ended }).Call; info.Err == nil {
		t.Error("retrieved without a code")
	}
}

func TestPark(t *testing.T) {
	r := newRig(t, withAccount(func(a *Account) { a.Features = Features{Park: "*68#", Retrieve: "*86"} }))
	id, leg := r.answered()
	r.agent.Park(id)
	refer := r.held(leg)
	if got := refer.Get("Refer-To"); !strings.HasPrefix(got, "<sip:*68%23@") {
		t.Errorf("Refer-To: %s", got)
	}
	leg.Reply(refer, 202, "")
	leg.Send(leg.Request("NOTIFY", frag("SIP/2.0 200 OK"), notifyHeaders("terminated;reason=noresource")...))
	_, bye := r.two("200 NOTIFY", "BYE")
	leg.Reply(bye, 200, "")
	r.ended(id)
	r.agent.Retrieve("", "701")
	if inv := r.peer.Expect("INVITE"); !strings.HasPrefix(inv.Start, "INVITE sip:*86701@") {
		t.Errorf("%s", inv.Start)
	}
}
