package ua

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"

	"offhook/ua/call"
	"offhook/ua/dialog"
	"offhook/ua/sdp"
	"offhook/ua/sip"
)

// ErrNoMedia is told when an Agent without Media is asked to call.
var ErrNoMedia = errors.New("this phone has no audio")

// dial makes the call at once and lets a worker find the way.
func (a *Agent) dial(id CallID, r DialRequest) {
	l := a.line(r.Account)
	if l == nil {
		a.failDial(id, nil, r, fmt.Errorf("no account is named %q", r.Account))
		return
	}
	c := a.newCall(id, l, Outgoing)
	c.m = call.New(a.machineConfig(true, r.RingTimeout))
	c.info.RemoteURI = r.Target
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
	probe := sip.NewRequest(sip.INVITE, uri)
	if err := errors.Join(addHeaders(probe, l.acc.Headers), addHeaders(probe, r.Headers)); err != nil {
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
	case r.referral == nil && a.live() > a.cfg.MaxCalls:
		fail(call.ProtocolError, fmt.Errorf("there are %d calls already; end one first", a.cfg.MaxCalls))
		return
	}
	c.headers = append(append(c.headers, l.acc.Headers...), r.Headers...)
	c.callID = sip.NewCallID()
	c.target = uri
	c.target.Headers = nil
	toURI := uri
	toURI.UriParams, toURI.Headers, toURI.Port = nil, nil, 0 // RFC 3261, section 8.1.1.2
	if uri.Port != 0 && l.acc.Registrar == "" {
		toURI.Port = uri.Port
	}
	c.from = nameAddr(l.acc.DisplayName, l.aorURI())
	c.to = nameAddr("", toURI.String())
	if c.origin != nil {
		a.focusReferred(c)
	} else {
		a.takeFocus(c)
	}
	a.emitCall(c, call.Idle)
	a.inWorker(func(ctx context.Context) { a.prepare(ctx, c, l.firstHop(uri)) })
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
	var early sync.WaitGroup
	guess := netip.Addr{}
	if main := c.line.main(); main != nil {
		guess = main.addr
		early.Go(func() { media, mediaErr = a.openMedia(ctx, c, guess) })
	}
	targets, err := c.line.reach(ctx, hop)
	early.Wait()
	if err == nil {
		var end bound
		if end, err = c.line.endpointTo(targets[0]); err == nil && end.addr != guess {
			media.close() // it never carried anything
			media, mediaErr = a.openMedia(ctx, c, end.addr)
		}
	}
	posted := a.box.post(func() {
		switch {
		case err != nil:
			c.discard(media.session)
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
		c.discard(s)
		return
	}
	c.session, c.public = s, media.public
	if c.info.Muted {
		s.SetMuted(true)
	}
	if targets != nil {
		c.invites[0] = &exchange{agent: c.agent, line: c.line, targets: targets}
	}
	c.sdp = sdp.NewSession(randomID())
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
	body := []byte(nil)
	x.make = func(b bound, t sip.Target, prev *sip.Request) (*sip.Request, error) {
		if body == nil {
			body = c.sdp.Offer(c.local(e.Hold))
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
		set(req, "Contact", c.line.contact(b, t.Transport))
		c.line.addCapabilities(req)
		setSDP(req, body)
		return req, nil
	}
	x.restart = func() { c.step(call.Restart{Round: e.Round}) }
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
	if err := addHeaders(req, c.headers); err != nil {
		c.logErr("headers", err) // dial checked them
	}
	return req
}

// maxForks bounds the early dialogs of a call: far more than phones ring at once.
const maxForks = 64

// onInviteResponse turns a response into what the machine must know of it.
func (c *phoneCall) onInviteResponse(round call.Round, x *exchange, res *sip.Response, err error) {
	if err != nil {
		f := call.Failed{Round: round, Cause: causeOf(err), Err: err}
		if res != nil {
			f.Code, f.Reason = res.StatusCode, res.Reason
		}
		c.step(f)
		return
	}
	id := dialog.ResponseID(res)
	if sip.HeaderValue(res, "Allow") != "" {
		c.peerInfo = allows(res, string(sip.INFO))
	}
	if res.StatusCode < 200 && round == 0 && c.legs[id.Remote] == nil && len(c.legs) >= maxForks {
		c.logErr("response of one fork too many", fmt.Errorf("%d are remembered", maxForks))
		return
	}
	if res.StatusCode < 300 && res.StatusCode > 100 {
		if err := c.learnLeg(round, id.Remote, x, res); err != nil {
			c.logErr("response makes no dialog", err)
			if res.StatusCode < 200 {
				// RFC 3261, section 12.1: without a tag it only says "still trying".
				c.step(call.Response{Round: round, Tag: id.Remote, Code: res.StatusCode, Reason: res.Reason, Body: c.answerBody(res)})
			}
			return
		}
	}
	in := call.Response{Round: round, Tag: id.Remote, Code: res.StatusCode, Reason: res.Reason}
	if res.StatusCode > 100 && res.StatusCode < 300 {
		in.Body = c.answerBody(res)
	}
	c.step(in)
}

// learnLeg makes or refreshes the dialog that a response belongs to.
func (c *phoneCall) learnLeg(round call.Round, tag string, x *exchange, res *sip.Response) error {
	if round > 0 {
		if res.StatusCode/100 == 2 && c.main() != nil {
			c.main().Refresh(res) // RFC 3261, section 12.2.1.2
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
	c.legs[tag] = &leg{Dialog: d, end: x.end, via: via}
	return nil
}

// sendCancel cancels the INVITE by the transaction layer: same branch, same hop
// (RFC 3261, section 9.1).
func (c *phoneCall) sendCancel() {
	x := c.invites[0]
	if x == nil || x.tx == nil {
		return
	}
	tx, err := x.end.Cancel(x.tx, func(*sip.Response, error) {})
	c.logErr("CANCEL", err)
	c.cancelTx = tx
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
	x := c.inDialog(leg, sip.BYE, nil)
	x.onResponse = func(res *sip.Response, err error) {
		if res == nil || res.StatusCode >= 200 {
			done(res, err)
		}
	}
	c.sendInDialog(leg, x)
}

// inDialog prepares a request in a dialog; fill adds what it carries.
func (c *phoneCall) inDialog(l *leg, method sip.Method, fill func(*sip.Request)) *exchange {
	return &exchange{agent: c.agent, line: c.line, make: func(_ bound, _ sip.Target, prev *sip.Request) (*sip.Request, error) {
		if prev != nil {
			return l.Retry(prev), nil
		}
		req := l.Request(method)
		if fill != nil {
			fill(req)
		}
		return req, nil
	}}
}

func (c *phoneCall) sendInDialog(l *leg, x *exchange) {
	c.toLeg(l, func(t sip.Target) {
		x.targets = []sip.Target{t}
		x.send()
	}, func(err error) {
		x.handle(x.attempt, nil, err)
	})
}

// toLeg finds the next hop of a dialog and calls do in the loop: at once for an
// address, after a worker has looked up a name.
func (c *phoneCall) toLeg(l *leg, do func(sip.Target), failed ...func(error)) {
	hop := l.NextHop()
	if t, ok := numericTarget(hop, l.via.Transport); ok {
		do(l.proved(t))
		return
	}
	a := c.agent
	a.inWorker(func(ctx context.Context) {
		targets, err := a.net.Locate(ctx, hop, l.via.Transport)
		if err == nil && len(targets) == 0 {
			err = fmt.Errorf("%w: no address for %s", sip.ErrTransport, hop.Host)
		}
		a.box.post(func() {
			if err == nil {
				do(l.proved(targets[0]))
				return
			}
			c.logErr("next hop", err)
			for _, f := range failed {
				f(err)
			}
		})
	})
}
