package ua

import (
	"strings"
	"time"

	"offhook/ua/call"
	"offhook/ua/event"
	"offhook/ua/sip"
)

// ReferPolicy is what becomes of a REFER within a call: the peer sends us elsewhere. One
// outside a call is refused, unless it names a call that is up (RFC 4538).
type ReferPolicy uint8

const (
	ReferAccept ReferPolicy = iota // call where it says
	ReferAsk                       // ask the person: CallInfo.Pending
	ReferRefuse                    // 603
	// ReferCalled calls where whom we called says, and refuses who called us: for a phone that
	// nobody watches. Whoever may call it could have it ring up costly numbers.
	ReferCalled
)

const (
	// referAsk is how long the person may think about a transfer.
	referAsk = time.Minute
	// referGrace is how long the transferor may take to end the call, once it was told
	// that the new one is up; then we do.
	referGrace = 32 * time.Second
)

// referral is a REFER that we follow, as transferee.
//
//	REFER ---> 202, NOTIFY 100 ---> (consent) ---> INVITE ---> NOTIFY 180, 200 or 4xx
//	                                                 \-> the transferor ends the old call
type referral struct {
	event.Referral
	call     *phoneCall           // the one that is transferred
	leg      *leg                 // of the subscription
	notifier *event.ReferNotifier // nil: no reports are wanted
	named    bool                 // NOTIFYs carry the id
	waiting  bool                 // for the person
	held     bool                 // we put the old call on hold for the new one
	over     bool
}

// onRefer takes a REFER in a call's dialog, or in one of its own (leg) that names the call.
func (c *phoneCall) onRefer(l *leg, st sip.ServerTransaction) {
	a, req := c.agent, st.Request()
	r, code, err := event.ReadRefer(req)
	switch {
	case err != nil:
		c.logErr("REFER", err)
		a.reply(st, code, "", nil)
		return
	case c.line.acc.Refer == ReferRefuse, a.closing:
		a.reply(st, 603, "", nil)
		return
	case c.line.acc.Refer == ReferCalled && c.info.Direction == Incoming:
		a.log.Warn("who called us wants us to call somebody, and is refused; refer = \"accept\" lets it",
			"account", c.line.acc.Name, "peer", c.info.RemoteURI, "target", display(r.To.URI))
		a.reply(st, 603, "", nil)
		return
	}
	c.refers++
	c.candidate = &referral{Referral: r, call: c, leg: l, named: c.refers > 1}
	c.step(call.RemoteRefer{Req: c.handle(st)})
	c.candidate = nil
}

// referred answers the REFER that the machine let through, and follows it.
func (c *phoneCall) referred(e call.Referred) {
	st, r := c.requests[e.Req], c.candidate
	if st == nil || r == nil {
		return
	}
	delete(c.requests, e.Req)
	a, req := c.agent, st.Request()
	c.referral = r
	a.reply(st, 202, "", func(res *sip.Response) {
		set(res, "Contact", c.contact(r.leg.end, r.leg.via.Transport))
		if r.Silent {
			set(res, "Refer-Sub", "false") // RFC 4488, section 4
		}
	})
	if !r.Silent {
		r.notifier = event.NewReferNotifier(time.Now())
	}
	r.leg.Refresh(req)
	c.info.Transfer = TransferInfo{State: call.TransferAsked, Role: Transferee, Target: display(r.To.URI)}
	c.info.ReferredBy = referrer(r.By)
	r.report(100, "")
	if c.line.acc.Refer != ReferAsk {
		a.emitTransfer(c)
		r.follow()
		return
	}
	r.waiting = true
	a.emitTransfer(c)
	a.emitCall(c, c.m.State())
	a.after(referAsk, func() {
		if r.waiting {
			r.refuse(480)
		}
	})
}

// referrer is a Referred-By for people.
func referrer(by string) string {
	if by == "" {
		return ""
	}
	uri, _, err := sip.ParseAddress(by)
	if err != nil {
		return ""
	}
	return display(uri)
}

// consentTransfer is the person's answer to a REFER.
func (c *phoneCall) consentTransfer(accept bool) {
	r := c.referral
	if accept {
		r.waiting = false
		r.follow()
		return
	}
	r.refuse(603)
}

func (r *referral) refuse(code int) {
	r.waiting = false
	r.finish(call.TransferFailed, code, "")
	r.call.agent.emitCall(r.call, r.call.m.State())
}

// follow makes the new call.
func (r *referral) follow() {
	c := r.call
	a := c.agent
	headers := []string(nil)
	if r.By != "" {
		headers = append(headers, "Referred-By: "+r.By)
	}
	if r.To.Replaces != nil {
		headers = append(headers, "Replaces: "+r.To.Replaces.String())
	}
	if len(r.To.Require) > 0 {
		headers = append(headers, "Require: "+strings.Join(r.To.Require, ", "))
	}
	id := CallID(a.lastCall.Add(1))
	c.info.Transfer.State, c.info.Transfer.Call = call.TransferAccepted, id
	a.emitTransfer(c)
	a.dial(id, DialRequest{Account: c.line.acc.Name, Target: r.To.URI.String(), Headers: headers, referral: r})
}

// adopt makes c the call that r asks for: it takes the audio of the old one, which
// isn't put on hold where its peer holds us already.
func (c *phoneCall) adopt(r *referral) {
	c.origin = r
	c.info.Replaces, c.info.ReferredBy = r.call.id, referrer(r.By)
	c.info.Muted = r.call.info.Muted
}

// focusReferred gives the new call what the old one has of the audio:
//
//	on hold, or of no matter now   on hold too: a peer can't break into a conversation
//	in a conference                its place there, once answered
//	the audio                      the audio
func (a *Agent) focusReferred(c *phoneCall) {
	old := c.origin.call
	aside := a.focus != nil && !a.together(a.focus, old) && !a.cfg.Parallel
	switch {
	case old.m.Hold().Desired, aside:
		c.step(call.SetHold{On: true})
		return
	case a.confers(old):
		return
	}
	c.origin.held = a.focus == old && !old.m.Hold().Remote && !old.m.Hold().Desired && !a.cfg.Parallel
	if c.origin.held || a.focus != old {
		a.takeFocus(c)
		return
	}
	a.setFocus(c)
	a.stopSignal()
}

// reportReferral tells the transferor how the call that it asked for goes. Called
// after each change of state.
func (c *phoneCall) reportReferral() {
	over := c.ended || c.m.State() == call.Closing
	if r := c.referral; over && r != nil && r.waiting {
		r.refuse(480) // who asked has gone, and the person has nothing left to decide about
	}
	r := c.origin
	if r == nil || r.over {
		return
	}
	switch c.m.State() {
	case call.Early:
		r.report(180, "")
	case call.Confirmed:
		if a := c.agent; a.confers(r.call) {
			a.succeed(r.call, c)
		}
		r.finish(call.TransferDone, 200, "")
	case call.Closing, call.Ended:
		if c.ended {
			r.finish(call.TransferFailed, referralCode(c.info), c.info.Reason)
		}
	case call.Idle, call.Calling, call.Incoming, call.Answering:
	}
}

// referralCode is how a call that didn't come about is reported, when the peer
// gave no code for it.
func referralCode(i CallInfo) int {
	if i.Code >= 300 {
		return i.Code
	}
	switch i.Cause {
	case call.Timeout:
		return 408
	case call.NoAnswer:
		return 480
	case call.Canceled, call.LocalHangup, call.Shutdown:
		return 487
	case call.TransportFailure:
		return 503
	case call.AuthFailure:
		return 403
	case call.MediaFailure:
		return 488
	case call.CauseNone, call.RemoteHangup, call.RemoteCanceled, call.Rejected, call.Declined, call.ProtocolError, call.AnsweredElsewhere:
	}
	return 500
}

// finish reports the outcome and puts the old call in order.
func (r *referral) finish(s call.TransferState, code int, reason string) {
	c := r.call
	a := c.agent
	r.over = true
	r.report(code, reason)
	i := &c.info.Transfer
	i.State, i.Code, i.Reason, i.Err = s, code, reason, nil
	if reason == "" {
		i.Reason = sip.ReasonPhrase(code)
	}
	if s == call.TransferFailed {
		i.Err = failureOf(code, reason, nil)
	}
	a.emitTransfer(c)
	if c.ended || c.m.State() == call.Closing {
		return
	}
	if s == call.TransferDone { // and no other is followed: the transferor is to go
		a.after(referGrace, func() {
			if !c.ended {
				c.step(call.Hangup{})
			}
		})
		return
	}
	c.step(call.ReferralDone{})
	if fresh := a.calls[i.Call]; (a.focus == nil || a.focus == fresh) && (r.held || !c.m.Hold().Desired) {
		a.takeFocus(c)
		if r.held {
			c.step(call.SetHold{On: false})
		}
		a.emitCall(c, c.m.State())
	}
}
