package ua

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"

	"offhook/ua/call"
	"offhook/ua/sdp"
	"offhook/ua/sip"
)

// ErrNoMedia is told when an Agent without Media is asked to call.
var ErrNoMedia = errors.New("this phone has no audio")

// dial makes the call at once and lets a worker find the way.
func (a *Agent) dial(id CallID, r DialRequest) {
	r, decision, ruled := a.obey(r)
	l := a.line(r.Account)
	if l == nil {
		a.failDial(id, nil, r, fmt.Errorf("no account is named %q", r.Account))
		return
	}
	c := a.newCall(id, l, Outgoing)
	c.late = r.LateOffer
	cfg := l.machineConfig(true, r.RingTimeout)
	cfg.Late = c.late
	c.m = call.New(cfg)
	c.info.RemoteURI, c.info.Decision = r.Target, decision
	if r.referral != nil {
		c.adopt(r.referral)
	}
	fail := func(cause call.Cause, err error) {
		a.emitCall(c, call.Idle)
		c.step(call.Unready{Cause: cause, Err: err})
	}
	uri, err := targetURI(r.Target, l.domain())
	if err != nil {
		fail(call.ProtocolError, err)
		return
	}
	c.info.RemoteURI = display(uri)
	if ruled != nil {
		fail(call.ProtocolError, ruled)
		return
	}
	probe := sip.NewRequest(sip.INVITE, uri)
	if err := errors.Join(addHeaders(probe, l.acc.Headers), r.Check()); err != nil {
		fail(call.ProtocolError, err)
		return
	}
	switch {
	case a.cfg.Media == nil:
		fail(call.MediaFailure, ErrNoMedia)
		return
	case a.closing:
		fail(call.Shutdown, nil)
		return
	case r.referral == nil && a.open() > a.cfg.MaxCalls:
		fail(call.ProtocolError, fmt.Errorf("there are %d calls already; end one first", a.cfg.MaxCalls))
		return
	}
	c.intro = l.introduce(r)
	c.headers = append(append(append(c.headers, c.intro.headers...), l.acc.Headers...), r.Headers...)
	c.callID = sip.NewCallID()
	c.target = uri
	c.target.Headers = nil
	toURI := uri
	toURI.UriParams, toURI.Headers, toURI.Port = nil, nil, 0 // RFC 3261, section 8.1.1.2
	if uri.Port != 0 && l.acc.Registrar == "" {
		toURI.Port = uri.Port
	}
	c.from = c.intro.from
	c.to = nameAddr("", toURI.String())
	if c.origin != nil {
		a.focusReferred(c)
	} else {
		a.takeFocus(c)
	}
	a.emitCall(c, call.Idle)
	hop := l.firstHop(uri)
	a.inWorker(func(ctx context.Context) { a.prepare(ctx, c, hop) })
}

// failDial tells of a call that has no account to belong to.
func (a *Agent) failDial(id CallID, _ *line, r DialRequest, err error) {
	a.emit(func(m Meta) Event {
		return CommandFailed{Meta: m, Command: "dial", Call: id, Account: r.Account, Err: err}
	})
}

// prepare locates the peer and opens the media socket, both at once when the
// account has a socket already that tells the local address. In a worker.
func (a *Agent) prepare(ctx context.Context, c *phoneCall, hop sip.URI) {
	var media socket
	var mediaErr error
	ice := c.line.acc.ICE.of(false) != ICEOff
	var early sync.WaitGroup
	guess := netip.Addr{}
	if main := c.line.main(); main != nil {
		guess = main.addr
		early.Go(func() { media, mediaErr = a.openMedia(ctx, c, guess, ice) })
	}
	targets, err := c.line.reach(ctx, hop)
	early.Wait()
	if err == nil {
		var end bound
		if end, err = c.line.endpointTo(targets[0]); err == nil && end.addr != guess {
			media.close() // it never carried anything
			media, mediaErr = a.openMedia(ctx, c, end.addr, ice)
		}
	}
	posted := a.box.post(func() {
		switch {
		case err != nil:
			a.work.Go(media.close)
			c.step(call.Unready{Cause: causeOf(err), Err: err})
		case mediaErr != nil:
			c.step(call.Unready{Cause: call.MediaFailure, Err: mediaErr})
		default:
			c.ready(media, targets)
		}
	})
	if !posted {
		media.close() // the agent has closed meanwhile
	}
}

// ready takes what the worker made, unless the call has ended meanwhile.
func (c *phoneCall) ready(media socket, targets []sip.Target) {
	s := media.session
	if c.ended || c.m.State() == call.Closing {
		c.agent.work.Go(media.close)
		return
	}
	c.session, c.public, c.way = s, media.public, media.way
	if c.info.Muted {
		s.SetMuted(true)
	}
	if targets != nil {
		c.invites[0] = &exchange{agent: c.agent, line: c.line, targets: targets}
	}
	if c.sdp == nil {
		c.sdp = sdp.NewSession(randomID())
	}
	c.tellGathered()
	c.step(call.Ready{})
}

// sendInvite sends the first INVITE or a re-INVITE, with our offer.
func (c *phoneCall) sendInvite(e call.SendInvite) {
	x := c.invites[e.Round]
	if e.Round > 0 {
		leg := c.main()
		if leg == nil {
			return
		}
		c.sdp.Rollback() // an offer that a 491 refused
		x = &exchange{agent: c.agent, line: c.line}
		c.invites[e.Round] = x
		delete(c.invites, e.Round-2) // the newest before this one may still see its 2xx again
		for k := range c.acks {
			if k.round+1 < e.Round {
				delete(c.acks, k)
			}
		}
	}
	c.asks = e.Session
	body := []byte(nil)
	x.make = func(b bound, t sip.Target, prev *sip.Request) (*sip.Request, error) {
		if e.Round == 0 && c.towards(t, x.redirect.to != nil) && len(body) > 0 {
			c.sdp.Rollback()
			body = nil
		}
		if body == nil {
			body = []byte{}
			if !e.Late {
				body = c.sdp.Offer(c.local(e.Hold))
			}
		}
		var req *sip.Request
		switch {
		case e.Round > 0 && prev != nil:
			return c.main().Retry(prev), nil
		case prev != nil:
			req = nextAttempt(prev)
		case e.Round > 0:
			req = c.main().Request(sip.INVITE)
		default:
			req = c.firstInvite()
		}
		set(req, "Contact", c.contact(b, t.Transport))
		c.line.addCapabilities(req)
		if c.line.acc.Reliable == call.ReliableRequired && e.Round == 0 {
			set(req, "Require", "100rel")
		}
		setSession(req, c.asks)
		if len(body) > 0 {
			setSDP(req, body)
		}
		return req, nil
	}
	if e.Round == 0 && !e.Late {
		x.shrink = func() bool {
			if c.terse || len(c.line.acc.Codecs) < 2 {
				return false
			}
			c.terse, body = true, nil
			c.sdp.Rollback()
			return true
		}
	}
	x.restart = func() { c.step(call.Restart{Round: e.Round}) }
	x.redirect.call, x.redirect.ask = c.id, c.askRedirect
	x.onResponse = func(res *sip.Response, err error) { c.onInviteResponse(e.Round, x, res, err) }
	if e.Round > 0 {
		c.sendInDialog(c.main(), x)
		return
	}
	x.send()
}

// firstInvite is the INVITE that opens the call, without Contact and body.
func (c *phoneCall) firstInvite() *sip.Request {
	req := sip.NewRequest(sip.INVITE, c.target)
	c.line.addRoute(req)
	set(req, "From", c.from+";tag="+c.localTag)
	set(req, "To", c.to)
	set(req, "Call-ID", c.callID)
	sip.SetHeader(req, &sip.CSeqHeader{SeqNo: 1, MethodName: sip.INVITE})
	set(req, "Accept", acceptInvites)
	if x := c.invites[0]; x != nil && len(x.targets) > 0 {
		c.present(req, x.target())
	}
	if err := addHeaders(req, c.headers); err != nil {
		c.logErr("headers", err) // dial checked them
	}
	return req
}

// sendCancel cancels the INVITE by the transaction layer: same branch, same hop
// (RFC 3261, section 9.1).
func (c *phoneCall) sendCancel(r call.Round) {
	x := c.invites[r]
	if x == nil || x.tx == nil || x.redirect.pause != running {
		return
	}
	_, err := x.end.Cancel(x.tx, func(*sip.Response, error) {}, sip.NewHeader("Reason", hangupReason(c.m.Ending()).String()))
	c.logErr("CANCEL", err)
}

// sendAck acknowledges a 2xx, with the same ACK each time.
func (c *phoneCall) sendAck(e call.SendAck) {
	leg, x := c.legs[e.Tag], c.invites[e.Round]
	if leg == nil {
		return
	}
	key := ackKey{e.Round, e.Tag}
	ack := c.acks[key]
	if ack == nil {
		if x == nil || x.req == nil {
			return
		}
		ack = leg.Ack(x.req)
		if body := c.describe(leg, e.Role, e.Hold, e.Desc); body != nil {
			setSDP(ack, body)
		}
		c.acks[key] = ack
	}
	c.toLeg(leg, func(t sip.Target) { c.logErr("ACK", leg.end.Send(ack, t)) })
}

// sendBye ends a dialog; the machine hears the outcome.
func (c *phoneCall) sendBye(tag string) {
	leg := c.legs[tag]
	done := func(*sip.Response, error) { c.step(call.ByeDone{Tag: tag}) }
	if leg == nil {
		c.agent.box.post(func() { done(nil, nil) })
		return
	}
	why := c.byeReason(tag)
	x := c.inDialog(leg, sip.BYE, func(req *sip.Request) { set(req, "Reason", why.String()) })
	x.onResponse = func(res *sip.Response, err error) {
		if res == nil || res.StatusCode >= 200 {
			done(res, err)
		}
	}
	c.sendInDialog(leg, x)
}
