package ua

import (
	"fmt"
	"net/netip"

	"offhook/ua/call"
	"offhook/ua/dialog"
	"offhook/ua/sip"
)

// onInviteResponse turns a response into what the machine must know of it.
func (c *phoneCall) onInviteResponse(round call.Round, x *exchange, res *sip.Response, err error) {
	if round > 0 && c.untold > 0 {
		defer c.retell(res, err)
	}
	if err != nil {
		f := call.Failed{Round: round, Cause: causeOf(err), Err: err}
		if res != nil {
			f.Code, f.Reason = res.StatusCode, res.Reason
			c.hear(round, res)
		}
		c.step(f)
		return
	}
	id := dialog.ResponseID(res)
	c.hear(round, res)
	if sip.HeaderValue(res, "Allow") != "" {
		c.peerInfo = allows(res, string(sip.INFO))
	}
	in := call.Response{
		Round: round, Tag: id.Remote, Code: res.StatusCode, Reason: res.Reason,
		Session: sessionOf(res), Peer: peerOf(res),
	}
	if x.redirect.why != nil && res.StatusCode/100 == 3 {
		c.step(call.Failed{Round: round, Cause: call.Rejected, Code: res.StatusCode, Reason: res.Reason, Err: x.redirect.why})
		return
	}
	if res.StatusCode <= 100 || res.StatusCode >= 300 {
		c.step(in)
		return
	}
	room := call.MaxForks
	if res.StatusCode >= 200 {
		room *= 2 // a flood of 18x leaves room for the one that answers
	}
	if round == 0 && c.legs[id.Remote] == nil && len(c.legs) >= room {
		c.logErr("response of one fork too many", fmt.Errorf("%d are remembered", len(c.legs)))
		return
	}
	if res.StatusCode < 200 {
		in.RSeq = rseq(res)
	}
	if err := c.learnLeg(round, id.Remote, x, res); err != nil {
		c.logErr("response makes no dialog", err)
		if res.StatusCode < 200 {
			// RFC 3261, section 12.1: without a tag it only says "still trying".
			in.RSeq, in.Body = 0, c.answerBody(nil, res)
			c.step(in)
		}
		return
	}
	l := c.legs[id.Remote]
	if round > 0 {
		l = c.main()
	}
	in.Body = c.responseBody(l, res)
	c.step(in)
}

// responseBody judges the SDP in a response to an INVITE: the answer to our offer, or
// the offer that we left to the peer.
func (c *phoneCall) responseBody(l *leg, res *sip.Response) call.Body {
	if l != nil && l.sdp != nil && !l.sdp.Offered() {
		body, kind := findSDP(res)
		return c.offerBody(l, body, kind)
	}
	return c.answerBody(l, res)
}

// learnLeg makes or refreshes the dialog that a response belongs to. Each early
// dialog has a memory of its own for its answer to our one offer.
func (c *phoneCall) learnLeg(round call.Round, tag string, x *exchange, res *sip.Response) error {
	if round > 0 {
		// RFC 3261, section 12.2.1.2: the target is that of the 2xx. One that comes again
		// may be older than what the peer has said since.
		if l := c.main(); l != nil && res.StatusCode/100 == 2 && round > l.refreshed {
			l.refreshed = round
			l.Refresh(res)
		}
		return nil
	}
	if l := c.legs[tag]; l != nil {
		if res.StatusCode/100 == 2 && !l.Confirmed() {
			l.Confirm(res, l.via)
		}
		return nil
	}
	via := x.target()
	d, err := dialog.NewUAC(x.req, res, via)
	if err != nil {
		return err
	}
	if d.TargetGuessed() {
		c.agent.log.Info("the peer's response has no Contact; its address is used", "call", uint64(c.id), "peer", via.Addr)
	}
	l := &leg{Dialog: d, end: x.end, via: via, trickles: takesTrickle(res)}
	if c.sdp != nil {
		l.sdp = c.sdp.Clone()
	}
	c.legs[tag] = l
	return nil
}

// retry sends the INVITE of a round as a new request with another session timer.
func (c *phoneCall) retry(e call.Retry) {
	x := c.invites[e.Round]
	if x == nil {
		return
	}
	c.asks = e.Session
	if e.Round == 0 {
		clear(c.legs) // early dialogs end with the INVITE that made them
	}
	x.done, x.challenges = false, 0
	x.send()
}

// establish makes the dialog of tag the call's: the others' early media is over.
func (c *phoneCall) establish(tag string) {
	l := c.legs[tag]
	if l == nil {
		c.agent.log.Info("established without a dialog", "call", uint64(c.id), "tag", tag)
		return
	}
	if l.sdp != nil {
		c.sdp = l.sdp
	}
}

// followLeg makes an early dialog's media the call's.
func (c *phoneCall) followLeg(tag string) {
	if l := c.legs[tag]; l != nil && l.agreed {
		c.use(l.result)
		return
	}
	// The fork that was heard is gone, and no other has said where it is.
	c.result.Params.Send, c.result.Params.Receive = false, false
}

// legFrom is the machine's name for the dialog whose description names the address
// that media comes from, or at least the host: a NAT changes the port.
func (c *phoneCall) legFrom(from netip.AddrPort) string {
	from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
	host, hosts := "", 0
	for tag, l := range c.legs {
		switch remote := l.result.Params.Remote; {
		case !l.agreed:
		case remote == from:
			return tag
		case remote.Addr() == from.Addr():
			host = tag
			hosts++
		}
	}
	if hosts > 1 {
		return ""
	}
	return host
}
