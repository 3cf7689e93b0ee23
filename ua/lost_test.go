package ua

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"offhook/ua/call"
	"offhook/ua/sip"
	"offhook/ua/uatest"
)

// A peer whose Contact, or a text whose recipient, has no address: told, and no more than that.
func TestNoWayToTheNextHop(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig, n *fakeNet) {
		id := r.agent.Dial(DialRequest{Target: "sip:bob@127.0.0.1:7000"})
		synctest.Wait()
		inv := n.end().one(t, sip.INVITE)
		res := sip.NewResponse(inv.req, 200, "")
		sip.SetToTag(res, "b")
		set(res, "Contact", "<sip:bob@nowhere.invalid>")
		setSDP(res, []byte(crlf(uatest.SDP(loopback, 4000))))
		n.mu.Lock()
		n.targets = nil
		n.mu.Unlock()
		inv.h(res, nil)
		r.state(id, call.Confirmed)
		r.agent.Hold(id)
		if f := r.failed("hold"); !errors.Is(f.Err, sip.ErrTransport) {
			t.Errorf("hold: %v", f.Err)
		}
		r.agent.Hangup(id)
		if info := r.ended(id); info.Cause != call.LocalHangup {
			t.Errorf("%+v", info)
		}
		r.agent.Message(MessageRequest{Target: "sip:bob@nowhere.invalid", Text: "hello"})
		if e := next(r, func(MessageSent) bool { return true }); e.Result.Err == nil {
			t.Error("a text went nowhere")
		}
		time.Sleep(time.Minute)
	})
}

// RFC 3261, section 14.1: a 3xx to a change is a refusal as any; a dialog isn't redirected.
func TestRedirectionOfAChange(t *testing.T) {
	r := newRig(t)
	id, leg := r.answered()
	r.agent.Hold(id)
	leg.Reply(r.peer.Expect("INVITE"), 302, "")
	r.peer.Expect("ACK")
	r.failed("hold")
	r.settle() // nothing else was sent
	if c := r.agent.Calls(); len(c) != 1 || c[0].State != call.Confirmed || c[0].Pending != PendingNone || c[0].Hold.Desired {
		t.Errorf("%+v", c)
	}
}

// A registrar that is lost is told without the success from before.
func TestLostRegistrarHasNoCode(t *testing.T) {
	register := func(c *Config, _ *fakeNet, _ *fakeMedia) { c.Accounts[0].Register = true }
	bubble(t, register, func(t *testing.T, r *rig, n *fakeNet) {
		synctest.Wait()
		n.end().one(t, sip.REGISTER).reply(200, "r", "", sip.NewHeader("Expires", "300"))
		if up := next(r, func(e RegistrationChanged) bool { return e.State == Registered }); up.Code != 200 {
			t.Errorf("registered: %+v", up.Registration)
		}
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		n.end().one(t, sip.REGISTER).h(nil, sip.ErrTransport)
		e := next(r, func(e RegistrationChanged) bool { return e.State == RegFailed })
		if cause, _ := CauseOf(e.Err); e.Code != 0 || e.Reason != "" || cause != call.TransportFailure {
			t.Errorf("lost: %d %s, %v", e.Code, e.Reason, e.Err)
		}
	})
}
