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
