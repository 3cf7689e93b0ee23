package ua

import (
	"errors"

	"offhook/ua/call"
)

// Progress sends early media: a 183 with our answer, while the call goes on
// ringing. What the microphone gives is heard by the caller at once.
func (a *Agent) Progress(id CallID) {
	a.withCall("progress", id, func(c *phoneCall) {
		if c.m.State() != call.Incoming {
			a.fail("progress", c, errors.New("the call isn't waiting for an answer"))
			return
		}
		c.step(call.Progress{})
	})
}

// preview sends the 183. The 200 will carry the same answer (RFC 3261, section
// 13.2.1): the session gives the same description for the same offer.
func (c *phoneCall) preview(e call.Preview) {
	st := c.requests[e.Req]
	if st == nil {
		return
	}
	leg := c.main()
	res := c.provisional(st, leg, 183)
	if e.Desc != nil {
		body := c.describe(leg, call.WithAnswer, false, e.Desc)
		if body == nil {
			return
		}
		setSDP(res, body)
	}
	c.logErr("183", st.Respond(res))
}
