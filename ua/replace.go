package ua

import (
	"slices"

	"offhook/ua/call"
	"offhook/ua/dialog"
	"offhook/ua/sip"
)

// goneDialogs is how many ended dialogs are remembered, to tell one that has just
// ended from one that never was.
const goneDialogs = 32

// replaced finds the call that an INVITE is to take the place of. A code refuses it
// (RFC 3891, section 3):
//
//	two Replaces, with Join, malformed   400
//	no such dialog                       481
//	rings here, unanswered               481   (only who called may hand that over)
//	has ended                            603
//	early-only, and answered             486
//	another takes its place already      486
func (a *Agent) replaced(req *sip.Request) (old *phoneCall, code int) {
	r, found, err := dialog.ReplacesOf(req, "Replaces")
	if !found && err == nil {
		return nil, 0
	}
	if err != nil || sip.HeaderValue(req, "Join") != "" {
		return nil, 400
	}
	c, _ := a.dialogNamed(r)
	if c == nil {
		if a.hasGone(r) {
			return nil, 603
		}
		return nil, 481
	}
	if c.ended {
		return nil, 603
	}
	if a.successor(c) != nil {
		return nil, 486
	}
	switch c.m.State() {
	case call.Calling, call.Early:
		return c, 0
	case call.Answering, call.Confirmed:
		if r.EarlyOnly {
			return nil, 486
		}
		return c, 0
	case call.Closing, call.Ended:
		return nil, 603
	case call.Idle, call.Incoming:
	}
	return nil, 481
}

// takeOver answers c at once, in old's place: on hold if that was, muted if that was.
func (c *phoneCall) takeOver(old *phoneCall) {
	if old.m.Hold().Desired {
		c.step(call.SetHold{On: true})
	}
	c.step(call.Answer{})
}

// replaceOld ends the call that c has taken the place of, once c is answered: BYE, or
// CANCEL when that was only ringing. Called after each step.
func (c *phoneCall) replaceOld() {
	old := c.replaces
	if old == nil || c.m.State() != call.Answering && c.m.State() != call.Confirmed {
		return
	}
	c.replaces = nil
	a := c.agent
	a.succeed(old, c)
	if !old.ended {
		old.info.ReplacedBy = c.id
		old.step(call.Hangup{})
	} else if a.focus == nil && !c.m.Hold().Desired {
		a.setFocus(c) // its peer was in a hurry to leave
	}
}

// successor is the call that is about to take c's place; nil for none.
func (a *Agent) successor(c *phoneCall) *phoneCall {
	for _, o := range a.calls {
		if o.replaces == c && !o.ended {
			return o
		}
	}
	return nil
}

// keepPlace refuses the call that is about to take c's place when c is over first: it would
// be answered without anybody who is on the phone. When the peer left, it left for that call.
// Called after each step.
func (c *phoneCall) keepPlace() {
	cause := c.info.Cause
	if c.m.State() == call.Closing {
		cause = c.m.Ending().Cause
	} else if !c.ended {
		return
	}
	if o := c.agent.successor(c); o != nil && cause != call.RemoteHangup && o.m.State() == call.Incoming {
		o.replaces = nil
		o.step(call.Reject{Code: 603})
	}
}

// hasGone says that a dialog has ended not long ago.
func (a *Agent) hasGone(r dialog.Replaces) bool { return slices.ContainsFunc(a.gone, r.Names) }

// remember notes the dialogs of a call that has ended.
func (a *Agent) remember(c *phoneCall) {
	for _, l := range c.legs {
		a.gone = append(a.gone, l.ID())
	}
	if n := len(a.gone) - goneDialogs; n > 0 {
		a.gone = append(a.gone[:0:0], a.gone[n:]...)
	}
}
