package ua

import (
	"testing"
	"testing/synctest"
	"time"

	"offhook/ua/call"
	"offhook/ua/sip"
)

// ends counts how often the end of a call has been told since the last look.
func (r *rig) ends(id CallID) int {
	r.t.Helper()
	r.agent.Hangup(1 << 40) // no such call: what is told of it comes behind all else
	n := 0
	next(r, func(e Event) bool {
		if e, ok := e.(CallChanged); ok && e.Call.ID == id && e.Call.State == call.Ended {
			n++
		}
		f, last := e.(CommandFailed)
		return last && f.Call == 1<<40
	})
	return n
}

// Front ends write a record for each end that they are told.
func TestTheEndIsToldOnce(t *testing.T) {
	t.Run("the transferor goes while the person is asked", func(t *testing.T) {
		r := newRig(t, withAccount(func(a *Account) { a.Refer = ReferAsk }))
		id, leg := r.answered()
		r.refer(leg, "<sip:a@x>")
		r.peer.Expect("202 REFER")
		r.reported(leg, "SIP/2.0 100 ", "active")
		leg.Send(leg.Request("BYE", ""))
		_, report := r.two("200 BYE", "NOTIFY")
		r.answerReport(leg, report, "SIP/2.0 480 ", "terminated")
		r.settle()
		if n := r.ends(id); n != 1 {
			t.Errorf("told %d times", n)
		}
	})
	ask := func(c *Config, _ *fakeNet, _ *fakeMedia) { c.Accounts[0].Redirects = RedirectAsk }
	t.Run("a redirection crosses the CANCEL", func(t *testing.T) {
		bubble(t, ask, func(t *testing.T, r *rig, n *fakeNet) {
			id := r.agent.Dial(DialRequest{Target: "bob"})
			inv := n.end().one(t, sip.INVITE)
			inv.reply(180, "b", "")
			r.state(id, call.Early)
			r.agent.Hangup(id)
			n.end().one(t, sip.CANCEL)
			inv.redirect(302, "<sip:carol@127.0.0.1>")
			synctest.Wait()
			if n := r.ends(id); n != 1 {
				t.Errorf("told %d times, and there was nothing to wait for", n)
			}
		})
	})
	t.Run("a redirection comes after the end", func(t *testing.T) {
		bubble(t, ask, func(t *testing.T, r *rig, n *fakeNet) {
			id := r.agent.Dial(DialRequest{Target: "bob"})
			inv := n.end().one(t, sip.INVITE)
			inv.reply(180, "b", "")
			r.state(id, call.Early)
			r.agent.Hangup(id)
			n.end().one(t, sip.CANCEL)
			time.Sleep(33 * time.Second)
			inv.redirect(302, "<sip:carol@127.0.0.1>")
			synctest.Wait()
			if n := r.ends(id); n != 1 {
				t.Errorf("told %d times", n)
			}
		})
	})
}
