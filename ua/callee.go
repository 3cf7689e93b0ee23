package ua

import (
	"context"

	"offhook/ua/call"
	"offhook/ua/dialog"
	"offhook/ua/sdp"
	"offhook/ua/sip"
)

// onInvite takes a new incoming call, or refuses it.
func (a *Agent) onInvite(l *line, b bound, st sip.ServerTransaction) {
	req := st.Request()
	refuse := func(code int, reason string) {
		a.reply(st, code, reason, nil)
	}
	body, kind := findSDP(req)
	if kind == otherBody {
		a.unfit(l, st, 415, "", func(res *sip.Response) {
			set(res, "Accept", acceptInvites)
			set(res, "Accept-Encoding", "identity")
		})
		return
	}
	l = a.lineFor(l, req)
	old, code := a.replaced(req)
	with, refused := a.joined(req)
	if code == 0 {
		code = refused
	}
	switch {
	case a.closing:
		refuse(480, "")
		return
	case a.cfg.Media == nil:
		refuse(480, "")
		return
	case a.merged(req):
		refuse(482, "") // RFC 3261, section 8.2.2.2
		return
	case code != 0:
		refuse(code, "")
		return
	}
	var plan Plan // who takes the place of a call is no new one
	if old == nil {
		plan = a.planFor(l, st)
	}
	if plan.Outcome == PlanRefuse || plan.Outcome == PlanForward {
		a.carryOut(l, st, plan)
		return
	}
	cfg := l.machineConfig(false, a.ringTimeout(req))
	switch code := cfg.Refusal(sessionOf(req), peerOf(req)); code {
	case 0:
	case 421:
		a.unfit(l, st, code, "", func(res *sip.Response) { set(res, "Require", "100rel") })
		return
	default:
		a.unfit(l, st, code, "", func(res *sip.Response) { l.setMinSE(res) })
		return
	}
	c := a.newCall(CallID(a.lastCall.Add(1)), l, Incoming)
	if c.joins = with; with != nil {
		c.info.Joins = with.id
	}
	if old != nil {
		c.replaces, c.answering, cfg.Quiet = old, true, true
		c.info.Replaces, c.info.Muted = old.id, old.info.Muted
	}
	c.m = call.New(cfg)
	drop := func(code int, reason string) {
		a.remove(c)
		a.unfit(l, st, code, reason, nil)
	}
	via := sip.PeerOf(st)
	c.invite = req // contact has to know whether it came to a sips URI
	d, err := dialog.NewUAS(req, c.localTag, c.contact(b, via.Transport), via)
	if err != nil {
		a.log.Info("INVITE makes no dialog", "from", st.Source(), "err", err)
		drop(400, "")
		return
	}
	c.invite = req
	c.callID = d.ID().CallID
	main := &leg{Dialog: d, end: b, via: via, sdp: sdp.NewSession(randomID()), trickles: takesTrickle(req)}
	c.legs[""] = main
	c.peerInfo = allows(req, string(sip.INFO))
	c.info.ReferredBy = referrer(sip.HeaderValue(req, "Referred-By"))
	c.listen(req)
	c.identify(req)
	if to := req.To(); to != nil {
		c.info.DialedURI = display(to.Address)
	}
	c.sdp = main.sdp
	ufrag, _ := sdp.Credentials(body)
	c.offersICE = ufrag != "" || kind == noBody
	offer := c.offerBody(main, body, kind)
	switch offer.Kind {
	case call.Malformed:
		drop(400, "Bad SDP")
		return
	case call.Unacceptable:
		a.remove(c)
		a.unfitFor(l, st, 488, "", l.warnFormats, c.protected.unmet)
		return
	case call.NoSDP, call.UsableSDP:
	}
	c.info.Decision, c.info.Ring = plan.Decision, plan.Ring
	c.info.AutoAnswered = plan.Outcome == PlanAnswer && plan.After == 0 // it needn't ring first
	c.step(call.RemoteInvite{Req: c.handle(st), Body: offer, Session: sessionOf(req), Peer: peerOf(req)})
	if old != nil {
		c.takeOver(old)
	}
	c.follow(plan)
	ice := c.wantsICE()
	a.inWorker(func(ctx context.Context) {
		media, err := a.openMedia(ctx, c, b.addr, ice)
		posted := a.box.post(func() {
			if err != nil {
				c.step(call.Unready{Cause: call.MediaFailure, Err: err})
				return
			}
			c.ready(media, nil)
		})
		if !posted {
			media.close()
		}
	})
}

// accept answers an INVITE with 200 and puts an answer that it carries in force.
func (c *phoneCall) accept(e call.Accept) {
	st := c.requests[e.Req]
	if st == nil {
		return
	}
	delete(c.requests, e.Req)
	req := st.Request()
	leg := c.main()
	body := c.describe(leg, e.Role, e.Hold, e.Desc)
	leg.Established()
	leg.Refresh(req) // RFC 3261, section 12.2.2
	res := sip.NewResponse(req, 200, "")
	sip.SetToTag(res, c.localTag)
	set(res, "Contact", c.contact(leg.end, leg.via.Transport))
	c.line.addCapabilities(res)
	c.grant(res, e.Session)
	c.answerMode(req, res)
	if body != nil {
		setSDP(res, body)
	}
	c.accepted, c.acceptTx = res, st
	c.logErr("200", st.Respond(res))
}

// respond answers any other request of the peer, and the INVITE when it isn't 200.
func (c *phoneCall) respond(e call.Respond) {
	st := c.requests[e.Req]
	if st == nil {
		return
	}
	if e.Code >= 200 {
		delete(c.requests, e.Req)
	}
	req := st.Request()
	res := sip.NewResponse(req, e.Code, e.Reason)
	if sip.Tag(req.To()) == "" {
		sip.SetToTag(res, c.localTag)
	}
	if req.Method == sip.INVITE {
		if leg := c.main(); leg != nil && e.Code > 100 && e.Code < 200 {
			set(res, "Contact", c.contact(leg.end, leg.via.Transport))
			set(res, "Allow", allow())
		}
		if c.diverted != nil && e.Code == 302 {
			addRedirection(res, req, c.line.aorURI(), *c.diverted)
		}
		if e.Code == 500 {
			set(res, "Retry-After", "1") // RFC 3261, section 14.2
		}
	}
	if e.Code == 422 {
		c.line.setMinSE(res)
	}
	if e.Code == 500 && req.Method == sip.UPDATE {
		set(res, "Retry-After", "2") // RFC 3311, section 5.2: 0 to 10 s
	}
	if e.Code == 488 {
		c.line.warnFormats(res)
	}
	if e.Code == 415 {
		set(res, "Accept", typeRelay+", "+typeDTMF)
	}
	c.logErr("response", st.Respond(res))
}
