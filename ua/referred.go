package ua

import (
	"strconv"
	"strings"
	"time"

	"offhook/ua/call"
	"offhook/ua/dialog"
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
	}
	c.refers++
	c.candidate = &referral{Referral: r, call: c, leg: l, named: c.refers > 1}
	c.step(call.RemoteRefer{Req: c.handle(st)})
	c.candidate = nil
}

// onReferOutside takes a REFER outside any call: only with a call's own name (RFC
// 4538, section 4), which nobody else could know.
func (a *Agent) onReferOutside(l *line, b bound, st sip.ServerTransaction) {
	req := st.Request()
	c := a.targetDialog(req)
	if c == nil || c.ended {
		a.reply(st, 403, "", nil)
		return
	}
	tag, via := sip.NewTag(), sip.PeerOf(st)
	d, err := dialog.NewUAS(req, tag, l.contact(b, via.Transport), via)
	if err != nil {
		a.log.Info("REFER makes no dialog", "from", st.Source(), "err", err)
		a.reply(st, 400, "", nil)
		return
	}
	d.Established()
	c.onRefer(&leg{Dialog: d, end: b, via: via}, taggedTransaction{st, tag})
}

// taggedTransaction answers with one To tag, as all responses that make a dialog must.
type taggedTransaction struct {
	sip.ServerTransaction
	tag string
}

func (t taggedTransaction) Respond(res *sip.Response) error {
	sip.SetToTag(res, t.tag)
	return t.ServerTransaction.Respond(res)
}

// targetDialog finds the call that a Target-Dialog header names. Its tags are the
// sender's local and remote, which are ours the other way round (RFC 4538, section 7).
func (a *Agent) targetDialog(req *sip.Request) *phoneCall {
	values := sip.HeaderValues(req, "Target-Dialog")
	if len(values) != 1 {
		return nil
	}
	id, params, _ := strings.Cut(values[0], ";")
	var local, remote string
	for p := range strings.SplitSeq(params, ";") {
		k, v, _ := strings.Cut(p, "=")
		switch strings.ToLower(strings.TrimSpace(k)) {
		case "local-tag":
			local = strings.TrimSpace(v)
		case "remote-tag":
			remote = strings.TrimSpace(v)
		}
	}
	if local == "" || remote == "" {
		return nil
	}
	c, _ := a.dialogNamed(dialog.Replaces{CallID: strings.TrimSpace(id), ToTag: remote, FromTag: local})
	return c
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

// focusReferred gives the new call the audio.
func (a *Agent) focusReferred(c *phoneCall) {
	old := c.origin.call
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
	r := c.origin
	if r == nil || r.over {
		return
	}
	switch c.m.State() {
	case call.Early:
		r.report(180, "")
	case call.Confirmed:
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
	if c.ended {
		return
	}
	c.step(call.ReferralDone{})
	if s == call.TransferDone {
		a.after(referGrace, func() {
			if !c.ended {
				c.step(call.Hangup{})
			}
		})
		return
	}
	if fresh := a.calls[i.Call]; a.focus == nil || a.focus == fresh {
		a.takeFocus(c)
		if r.held {
			c.step(call.SetHold{On: false})
		}
		a.emitCall(c, c.m.State())
	}
}

// onReferAgain takes a SUBSCRIBE to a REFER's subscription: a refresh, or its end (RFC 3515,
// section 2.4.4).
func (c *phoneCall) onReferAgain(l *leg, st sip.ServerTransaction) {
	a, r := c.agent, c.referral
	name, params := event.EventOf(st.Request())
	switch {
	case name != event.PackageRefer:
		a.reply(st, 489, "", addAllowEvents)
		return
	case r == nil || r.notifier == nil || r.leg != l || r.notifier.Over() ||
		params["id"] != "" && params["id"] != strconv.FormatUint(uint64(r.ID), 10):
		a.reply(st, 481, "Subscription Does Not Exist", nil)
		return
	}
	expires := event.ReferTime
	if d, ok := secondsOf(st.Request(), "Expires"); ok {
		expires = d
	}
	now := time.Now()
	n, send := r.notifier.Again(now, expires)
	a.reply(st, 200, "", func(res *sip.Response) {
		set(res, "Expires", event.Seconds(r.notifier.Left(now)))
		set(res, "Contact", c.line.contact(l.end, l.via.Transport))
	})
	if send {
		r.notify(n)
	}
}

// report sends a NOTIFY, now or when the one before is answered.
func (r *referral) report(code int, reason string) {
	if r.notifier == nil {
		return
	}
	if n, ok := r.notifier.Report(time.Now(), event.Fragment{Code: code, Reason: reason}); ok {
		r.notify(n)
	}
}

func (r *referral) notify(n event.Notice) {
	c := r.call
	x := c.inDialog(r.leg, sip.NOTIFY, func(req *sip.Request) {
		name := event.PackageRefer
		if r.named {
			name += ";id=" + strconv.FormatUint(uint64(r.ID), 10)
		}
		set(req, "Event", name)
		set(req, "Subscription-State", n.SubscriptionState())
		set(req, "Content-Type", event.TypeFragment+";version=2.0")
		req.SetBody(n.Body())
	})
	x.onResponse = func(res *sip.Response, _ error) {
		code := 0
		if res != nil {
			if code = res.StatusCode; code < 200 {
				return
			}
		}
		if next, ok := r.notifier.Answered(time.Now(), code); ok {
			r.notify(next)
		}
	}
	c.sendInDialog(r.leg, x)
}
