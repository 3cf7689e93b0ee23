package ua

import (
	"offhook/ua/call"
	"offhook/ua/dialog"
	"offhook/ua/sip"
)

// joined finds the call that an INVITE wants to join (RFC 3911, section 4). Who knows a
// call's name is let as far as the bell: the person who answers lets them in, and the two
// calls become a conference. A code refuses it:
//
//	two Joins, with Replaces, malformed   400
//	no such dialog, or not answered yet   481
//	has ended                             603
func (a *Agent) joined(req *sip.Request) (with *phoneCall, code int) {
	r, found, err := dialog.ReplacesOf(req, "Join")
	switch {
	case !found:
		return nil, 0
	case err != nil, r.EarlyOnly, sip.HeaderValue(req, "Replaces") != "":
		return nil, 400
	}
	c, _ := a.dialogNamed(r)
	switch {
	case c == nil && a.hasGone(r), c != nil && (c.ended || c.m.State() == call.Closing):
		return nil, 603
	case c == nil, c.m.State() != call.Confirmed:
		return nil, 481
	}
	return c, 0
}

// join makes a conference of c and the call that it wanted to join, once c has audio.
// Called after each step.
func (c *phoneCall) join() {
	with := c.joins
	if with == nil || c.m.State() != call.Confirmed || c.session == nil || !c.agreed {
		return
	}
	c.joins = nil
	if with.ended {
		c.alone()
		return
	}
	if err := c.agent.confer([]CallID{with.id, c.id}); err != nil {
		c.agent.fail("conference", c, err)
		c.alone()
	}
}

// alone makes a call that didn't come to join another one a call as any, with the audio.
func (c *phoneCall) alone() {
	c.agent.takeFocus(c)
	c.agent.emitCall(c, c.m.State())
}
