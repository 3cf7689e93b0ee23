package ua

import (
	"strconv"

	"offhook/ua/call"
	"offhook/ua/sdp"
	"offhook/ua/sip"
)

// sendPrack acknowledges a reliable provisional response (RFC 3262, section 4).
func (c *phoneCall) sendPrack(e call.SendPrack) {
	l := c.legs[e.Tag]
	x := c.newestInvite()
	if l == nil || x == nil || x.req == nil || x.req.CSeq() == nil {
		return
	}
	ack := rack{e.RSeq, x.req.CSeq().SeqNo, string(sip.INVITE)}
	body := c.describe(l, e.Role, e.Hold, e.Desc)
	p := c.inDialog(l, sip.PRACK, func(req *sip.Request) {
		set(req, "RAck", ack.String())
		if body != nil {
			setSDP(req, body)
		}
	})
	p.onResponse = func(res *sip.Response, err error) {
		in := call.PrackDone{Tag: e.Tag, Err: err}
		if res != nil {
			if res.StatusCode < 200 {
				return
			}
			in.Code = res.StatusCode
			if e.Role == call.WithOffer && in.Code < 300 {
				in.Body = c.answerBody(l, res)
			}
		}
		c.step(in)
	}
	c.sendInDialog(l, p)
}

// newestInvite is our newest INVITE, which a reliable provisional response answers.
func (c *phoneCall) newestInvite() *exchange {
	var newest *exchange
	var round call.Round
	for r, x := range c.invites {
		if newest == nil || r > round {
			newest, round = x, r
		}
	}
	return newest
}

// describe makes the body of a message of ours and puts an answer in force.
func (c *phoneCall) describe(l *leg, role call.SDPRole, hold bool, desc any) []byte {
	switch role {
	case call.WithOffer:
		return l.sdp.Offer(c.local(hold))
	case call.WithAnswer:
		offer, _ := desc.(*sdp.Description)
		if offer == nil {
			return nil
		}
		body, result, err := l.sdp.Answer(offer, c.local(hold))
		if err != nil {
			c.logErr("answer", err) // offerBody tried the same before
			return nil
		}
		l.offer = offer
		c.take(l, result)
		return body
	case call.NoBody:
	}
	return nil
}

// sendReliable sends a provisional response that asks for a PRACK (RFC 3262, section 3).
func (c *phoneCall) sendReliable(e call.Reliable) {
	st, l := c.requests[e.Req], c.main()
	if st == nil || l == nil {
		return
	}
	res := c.provisional(st, l, e.Code)
	set(res, "Require", "100rel")
	set(res, "RSeq", strconv.FormatUint(uint64(e.RSeq), 10))
	if body := c.describe(l, e.Role, e.Hold, e.Desc); body != nil {
		setSDP(res, body)
	}
	c.reliable, c.reliableTx = res, st
	c.logErr("reliable "+strconv.Itoa(e.Code), st.Respond(res))
}

// provisional is a 1xx of a dialog.
func (c *phoneCall) provisional(st sip.ServerTransaction, l *leg, code int) *sip.Response {
	res := sip.NewResponse(st.Request(), code, "")
	sip.SetToTag(res, c.localTag)
	set(res, "Contact", c.contact(l.end, l.via.Transport))
	c.line.addCapabilities(res)
	return res
}

// repeat sends the newest reliable response again.
func (c *phoneCall) repeat() {
	if c.reliableTx != nil {
		c.logErr("reliable response again", c.reliableTx.Respond(c.reliable))
	}
}

// onPrack gives a PRACK to the machine; one that names another INVITE matches nothing.
func (c *phoneCall) onPrack(st sip.ServerTransaction) {
	req := st.Request()
	in := call.RemotePrack{Req: c.handle(st)}
	ack, ok := parseRAck(sip.HeaderValue(req, "RAck"))
	if ok && c.reliableTx != nil && ack.method == string(sip.INVITE) {
		if seq := c.reliableTx.Request().CSeq(); seq != nil && seq.SeqNo == ack.cseq {
			in.RSeq = ack.rseq
		}
	}
	if l := c.main(); l != nil && l.sdp != nil && l.sdp.Pending() {
		in.Body = c.answerBody(l, req)
	} else if body, kind := findSDP(req); kind == sdpBody {
		in.Body = c.offerBody(l, body, kind)
	}
	c.step(in)
}

// acceptPrack answers a PRACK.
func (c *phoneCall) acceptPrack(e call.AcceptPrack) {
	c.ok(e.Req, func(l *leg, res *sip.Response) []byte { return c.describe(l, e.Role, e.Hold, e.Desc) }, c.main())
}

// ok answers a request other than INVITE with 200.
func (c *phoneCall) ok(r call.Request, fill func(*leg, *sip.Response) []byte, l *leg) {
	st := c.requests[r]
	if st == nil || l == nil {
		return
	}
	delete(c.requests, r)
	res := sip.NewResponse(st.Request(), 200, "")
	if body := fill(l, res); body != nil {
		setSDP(res, body)
	}
	c.logErr("200 "+string(st.Request().Method), st.Respond(res))
}
