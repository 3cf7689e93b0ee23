package ua

import (
	"strconv"
	"strings"
	"time"

	"offhook/ua/call"
	"offhook/ua/dialog"
	"offhook/ua/sip"
)

// onRequest sorts what the peer asks (RFC 3261, section 8.2):
//
//	CANCEL               the INVITE's call, or 481
//	To tag               the dialog's call, or 481; an ACK is never answered
//	unknown method       405 with Allow
//	Require              420 with Unsupported
//	INVITE, OPTIONS      a new call, our capabilities
//	REFER                the call that its Target-Dialog names, or 403
//	MESSAGE, SUBSCRIBE   a text, a watcher
//	NOTIFY               a mailbox's summary, or 481
//	the rest             481: it needs a dialog
func (a *Agent) onRequest(l *line, b bound, st sip.ServerTransaction) {
	req := st.Request()
	switch {
	case req.Method == sip.CANCEL:
		a.onCancel(st)
		return
	case sip.Tag(req.To()) != "":
		a.onInDialog(b, st)
		return
	case req.Method == sip.ACK:
		return
	}
	if a.refuseUnknown(l, st) {
		return
	}
	if v := inspect(req); v != nil {
		a.unfit(a.lineFor(l, req), st, v.code, v.reason, v.fill)
		return
	}
	switch req.Method {
	case sip.INVITE, sip.OPTIONS, sip.REFER, sip.MESSAGE, sip.SUBSCRIBE, sip.NOTIFY:
	case sip.BYE, sip.INFO, sip.UPDATE, sip.PRACK:
		// Without a dialog there is nothing they could be about (RFC 3261, section 15.1.2).
		a.reply(st, 481, "", nil)
		return
	default:
		a.reply(st, 405, "", func(res *sip.Response) { set(res, "Allow", allow()) })
		return
	}
	if a.refuseRequire(l, st) {
		return
	}
	switch req.Method {
	case sip.OPTIONS:
		a.answerOptions(a.lineFor(l, req), b, st)
	case sip.REFER:
		a.onReferOutside(l, b, st)
	case sip.MESSAGE:
		a.onMessage(l, nil, st)
	case sip.SUBSCRIBE:
		a.onSubscribe(l, b, st)
	case sip.NOTIFY:
		a.onUnsolicited(l, st)
	default:
		a.onInvite(l, b, st)
	}
}

// refuseRequire answers a request that needs what we don't speak.
func (a *Agent) refuseRequire(l *line, st sip.ServerTransaction) bool {
	var missing []string
	for _, tag := range sip.HeaderValues(st.Request(), "Require") {
		if !l.speaks(tag) {
			missing = append(missing, tag)
		}
	}
	if len(missing) == 0 {
		return false
	}
	a.unfit(l, st, 420, "", func(res *sip.Response) { set(res, "Unsupported", strings.Join(missing, ", ")) })
	return true
}

// reply answers a request that belongs to no call.
func (a *Agent) reply(st sip.ServerTransaction, code int, reason string, fill func(*sip.Response)) {
	res := sip.NewResponse(st.Request(), code, reason)
	if sip.Tag(st.Request().To()) == "" {
		sip.SetToTag(res, sip.NewTag())
	}
	if fill != nil {
		fill(res)
	}
	if err := st.Respond(res); err != nil {
		a.log.Info("response", "code", code, "to", st.Source(), "err", err)
	}
}

// onCancel finds the INVITE by its branch (RFC 3261, section 9.2).
func (a *Agent) onCancel(st sip.ServerTransaction) {
	req := st.Request()
	for _, id := range a.order {
		c := a.calls[id]
		if c.invite != nil && !c.ended && sameTransaction(c.invite, req) {
			if c.m.State() == call.Incoming { // else it comes too late to end anything
				c.said(req)
			}
			c.step(call.RemoteCancel{Req: c.handle(st)})
			return
		}
		if c.m.Asking() && c.waits(req) {
			c.step(call.RemoteCancel{Req: c.handle(st)})
			return
		}
		if c.acceptTx != nil && sameTransaction(c.acceptTx.Request(), req) {
			// A re-INVITE: it has its final response already.
			a.reply(st, 200, "", nil)
			return
		}
	}
	a.reply(st, 481, "", nil)
}

// waits says that a CANCEL is for a request of the call that has no final response.
func (c *phoneCall) waits(cancel *sip.Request) bool {
	for _, st := range c.requests {
		if st.Request().Method == sip.INVITE && sameTransaction(st.Request(), cancel) {
			return true
		}
	}
	return false
}

func sameTransaction(invite, cancel *sip.Request) bool {
	a, b := invite.Via(), cancel.Via()
	if a == nil || b == nil {
		return false
	}
	x, _ := sip.ParamValue(a.Params, "branch")
	y, _ := sip.ParamValue(b.Params, "branch")
	return strings.EqualFold(x, y) && strings.EqualFold(a.Host, b.Host) && a.Port == b.Port
}

// onInDialog gives a request to its dialog's call.
func (a *Agent) onInDialog(b bound, st sip.ServerTransaction) {
	req := st.Request()
	c, l := a.findLeg(req)
	if c == nil {
		switch {
		case req.Method == sip.NOTIFY && a.onNotify(st, b), req.Method == sip.SUBSCRIBE && a.onSubscribeAgain(st):
			return
		case req.Method != sip.ACK:
			a.reply(st, 481, "", nil)
		}
		return
	}
	if req.Method == sip.ACK {
		c.onAck(req)
		return
	}
	if code := l.CheckRequest(req).StatusCode(); code != 0 {
		a.reply(st, code, "", nil)
		return
	}
	switch req.Method {
	case sip.INVITE:
		if a.refuseRequire(c.line, st) {
			return
		}
		body, kind := findSDP(req)
		if kind == otherBody {
			a.reply(st, 415, "", func(res *sip.Response) { set(res, "Accept", acceptInvites) })
			return
		}
		c.afterRestart(body, func() {
			c.step(call.RemoteInvite{Req: c.handle(st), Body: c.offerBody(l, body, kind), Session: sessionOf(req), Peer: peerOf(req)})
		})
	case sip.BYE:
		if c.m.Established() {
			c.said(req)
		}
		c.step(call.RemoteBye{Req: c.handle(st)})
	case sip.MESSAGE:
		a.onMessage(c.line, c, st)
	case sip.PRACK:
		c.onPrack(st)
	case sip.UPDATE:
		if a.refuseRequire(c.line, st) {
			return
		}
		c.onUpdate(l, st)
	case sip.INFO:
		if pkg := sip.HeaderValue(req, "Info-Package"); pkg != "" {
			c.onInfoPackage(pkg, st)
			return
		}
		digit, duration, ok := parseDTMFInfo(sip.HeaderValue(req, "Content-Type"), req.Body())
		c.step(call.RemoteInfo{Req: c.handle(st), OK: ok, Digit: digit, Duration: duration, Empty: len(req.Body()) == 0})
	case sip.REFER:
		if !a.refuseRequire(c.line, st) {
			c.onRefer(l, st)
		}
	case sip.NOTIFY:
		c.onReport(st)
	case sip.SUBSCRIBE:
		c.onReferAgain(l, st)
	case sip.OPTIONS:
		a.answerOptions(c.line, l.end, st)
	default:
		a.reply(st, 405, "", func(res *sip.Response) { set(res, "Allow", allow()) })
	}
}

// findLeg finds the call of a request within a dialog.
func (a *Agent) findLeg(req *sip.Request) (*phoneCall, *leg) {
	want := dialog.RequestID(req)
	for _, id := range a.order {
		c := a.calls[id]
		if c.callID != want.CallID {
			continue
		}
		for _, l := range c.legs {
			if l.ID() == want {
				return c, l
			}
		}
	}
	return nil, nil
}

// onAck matches an ACK to our newest 200 by its number (RFC 3261, section 13.3.1.4).
func (c *phoneCall) onAck(req *sip.Request) {
	if c.acceptTx == nil {
		return
	}
	want, got := c.acceptTx.Request().CSeq(), req.CSeq()
	if want == nil || got == nil || want.SeqNo != got.SeqNo {
		return
	}
	c.step(call.RemoteAck{Body: c.ackBody(req)})
}

// merged says that the same INVITE is here already by another way.
func (a *Agent) merged(req *sip.Request) bool {
	for _, c := range a.calls {
		if c.invite == nil || c.ended || c.callID != dialog.RequestID(req).CallID {
			continue
		}
		if s, t := c.invite.CSeq(), req.CSeq(); s != nil && t != nil && s.SeqNo == t.SeqNo &&
			strings.EqualFold(sip.Tag(c.invite.From()), sip.Tag(req.From())) {
			return true
		}
	}
	return false
}

// lineFor is the account that a request is for: the one whose socket it came by,
// unless another account is named in the Request-URI or, failing that, in To.
func (a *Agent) lineFor(l *line, req *sip.Request) *line {
	for _, other := range a.lines {
		if other.named(req.Recipient) { // RFC 5627, section 5.4
			return other
		}
	}
	users := []string{req.Recipient.User}
	if to := req.To(); to != nil {
		users = append(users, to.Address.User)
	}
	for _, user := range users {
		if user == "" || user == l.aor.User {
			continue
		}
		for _, other := range a.lines {
			if other.aor.User == user && other.shares(l) {
				return other
			}
		}
	}
	return l
}

// shares says that two accounts live at one domain, so that a request for one may
// come by the other's socket.
func (l *line) shares(m *line) bool { return strings.EqualFold(l.aor.Host, m.aor.Host) }

// ringTimeout is how long to ring: ours, or the caller's Expires if that is
// shorter (RFC 3261, section 13.3.1).
func (a *Agent) ringTimeout(req *sip.Request) time.Duration {
	d := a.cfg.RingTimeout
	if d <= 0 {
		d = call.DefaultRing
	}
	if n, err := strconv.ParseUint(sip.HeaderValue(req, "Expires"), 10, 32); err == nil && n > 0 {
		d = min(d, time.Duration(n)*time.Second)
	}
	return d
}
