package ua

import (
	"offhook/ua/call"
	"offhook/ua/sip"
)

// sendUpdate sends an UPDATE (RFC 3311, section 5.1): a new offer before or in the
// call, or without a body a refresh of the session (RFC 4028, section 7.4).
func (c *phoneCall) sendUpdate(e call.SendUpdate) {
	l := c.legs[e.Tag]
	if l == nil {
		c.agent.box.post(func() { c.step(call.UpdateDone{Code: 481}) })
		return
	}
	body := c.describe(l, e.Role, e.Hold, nil)
	x := c.inDialog(l, sip.UPDATE, func(req *sip.Request) {
		c.line.addCapabilities(req)
		setSession(req, e.Session)
		if body != nil {
			setSDP(req, body)
		}
	})
	x.onResponse = func(res *sip.Response, err error) {
		in := call.UpdateDone{Err: err}
		if res != nil {
			if res.StatusCode < 200 {
				return
			}
			in.Code, in.Reason, in.Session = res.StatusCode, res.Reason, sessionOf(res)
			if in.Code < 300 {
				l.Refresh(res) // RFC 3311, section 5.1: a target refresh request
				if e.Role == call.WithOffer {
					in.Body = c.answerBody(l, res)
				}
			}
		}
		c.step(in)
	}
	c.sendInDialog(l, x)
}

// onUpdate gives an UPDATE to the machine.
func (c *phoneCall) onUpdate(l *leg, st sip.ServerTransaction) {
	req := st.Request()
	body, kind := findSDP(req)
	if kind == otherBody {
		c.agent.reply(st, 415, "", func(res *sip.Response) { set(res, "Accept", acceptInvites) })
		return
	}
	c.afterRestart(body, func() {
		in := call.RemoteUpdate{Req: c.handle(st), Tag: c.tagOf(l), Session: sessionOf(req), Peer: peerOf(req)}
		if kind == sdpBody {
			in.Body = c.offerBody(l, body, kind)
		}
		c.step(in)
	})
}

// tagOf is the machine's name for a leg.
func (c *phoneCall) tagOf(l *leg) string {
	for tag, other := range c.legs {
		if other == l {
			return tag
		}
	}
	return ""
}

// acceptUpdate answers an UPDATE, and takes its Contact as the new target.
func (c *phoneCall) acceptUpdate(e call.AcceptUpdate) {
	st := c.requests[e.Req]
	c.ok(e.Req, func(l *leg, res *sip.Response) []byte {
		l.Refresh(st.Request())
		set(res, "Contact", c.contact(l.end, l.via.Transport))
		c.line.addCapabilities(res)
		c.grant(res, e.Session)
		return c.describe(l, e.Role, e.Hold, e.Desc)
	}, c.legs[e.Tag])
}

// grant says in a 2xx what was agreed of the session timer (RFC 4028, section 9).
func (c *phoneCall) grant(res *sip.Response, s call.Session) {
	setSession(res, s)
	if s.Expires > 0 && s.Refresher == call.UAC {
		set(res, "Require", "timer")
	}
}
