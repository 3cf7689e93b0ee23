package ua

import (
	"errors"

	"offhook/ua/call"
	"offhook/ua/sdp"
	"offhook/ua/sip"
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
	res := sip.NewResponse(st.Request(), 183, "")
	sip.SetToTag(res, c.localTag)
	leg := c.main()
	set(res, "Contact", c.line.contact(leg.end, leg.via.Transport))
	set(res, "Allow", allow())
	if desc, ok := e.Desc.(*sdp.Description); ok {
		answer, result, err := c.sdp.Answer(desc, c.local(false))
		if err != nil {
			c.logErr("early answer", err) // offerBody tried the same before
			return
		}
		c.take(result)
		setSDP(res, answer)
	}
	c.logErr("183", st.Respond(res))
}
