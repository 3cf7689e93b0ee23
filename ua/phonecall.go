package ua

import (
	"net/netip"
	"time"

	"offhook/audio"
	"offhook/nat/ice"
	"offhook/ua/call"
	"offhook/ua/header"
	"offhook/ua/sdp"
	"offhook/ua/sip"
)

// phoneCall is a call's shell: what its machine's effects need. The loop owns it.
type phoneCall struct {
	agent   *Agent
	id      CallID
	line    *line
	m       *call.Machine
	info    CallInfo     // what doesn't follow from the fields below
	intro   introduction // outgoing: how it presents us
	headers []string     // the caller's own, for the INVITE

	proposed []string // what the newest offer that changes the session changes

	// Signalling.
	target   sip.URI // outgoing: the Request-URI
	localTag string
	callID   string
	from     string // outgoing: our From without the tag, and the peer's To
	to       string
	legs     map[string]*leg // by remote tag; an incoming call has one
	invites  map[call.Round]*exchange
	acks     map[ackKey]*sip.Request
	requests map[call.Request]sip.ServerTransaction // unanswered
	lastReq  call.Request
	invite   *sip.Request  // incoming: the first INVITE
	accepted *sip.Response // our newest 200 to an INVITE
	acceptTx sip.ServerTransaction
	flows    bool // audio comes from the peer: from its leg flowTag
	flowTag  string
	terse    bool // the peer finds our offers too large: one codec is enough
	// bareDigits: the peer takes digits by INFO as application/dtmf alone.
	bareDigits bool
	peerInfo   bool          // the peer's Allow lists INFO
	asks       call.Session  // what our newest INVITE says of the session timer
	late       bool          // our INVITE leaves the offer to the peer
	reliable   *sip.Response // our newest reliable 1xx
	reliableTx sip.ServerTransaction

	transfers
	protected callSecurity

	// Media.
	session MediaSession
	public  netip.AddrPort // where a STUN server saw the session's socket; invalid when it wasn't asked
	way     *mediaWay      // how the media finds its peer; nil when its address is enough
	// offersICE: the caller has candidates, or leaves it to us to offer first.
	offersICE bool
	early     ice.Description // candidates that came by INFO before we could use them
	sdp       *sdp.Session
	result    sdp.Result
	agreed    bool
	applied   audio.Params // what the session was last given
	moved     bool         // applied means something
	dtmf      audio.DTMFMode

	timers      [call.NumTimers]*time.Timer
	timerGen    [call.NumTimers]int
	untold      int     // tries left to tell the peer that we have moved; 0 when it knows
	lent        bool    // this call has the audio lease
	music       bool    // on hold, and the peer hears music
	answering   bool    // the person has answered; the media isn't open yet
	diverted    *divert // the refusal is a 302 to there
	ended       bool
	told        bool // ended, and the front ends know
	qualityTold bool // the collector was told how it went
	lingers     bool // ended, but a 2xx may still come
}

type ackKey struct {
	round call.Round
	tag   string
}

func (a *Agent) newCall(id CallID, l *line, d Direction) *phoneCall {
	c := &phoneCall{
		agent: a, id: id, line: l,
		localTag: sip.NewTag(),
		legs:     make(map[string]*leg),
		invites:  make(map[call.Round]*exchange),
		acks:     make(map[ackKey]*sip.Request),
		requests: make(map[call.Request]sip.ServerTransaction),
		info: CallInfo{
			ID: id, Account: l.acc.Name, Direction: d, LocalURI: l.aorURI(), Created: time.Now(),
		},
	}
	a.calls[id] = c
	a.order = append(a.order, id)
	return c
}

// main is the leg that became the call; for an incoming call its only one.
func (c *phoneCall) main() *leg { return c.legs[c.m.Tag()] }

// handle keeps a request until the machine answers it.
func (c *phoneCall) handle(st sip.ServerTransaction) call.Request {
	c.lastReq++
	c.requests[c.lastReq] = st
	return c.lastReq
}

// step runs the machine and does what it says.
func (c *phoneCall) step(in call.Input) {
	was, hold, asking, expiry := c.m.State(), c.m.Hold(), c.m.Asking(), c.m.Expiry()
	for _, e := range c.m.Step(time.Now(), in, nil) {
		c.do(e)
	}
	if c.m.State() == call.Confirmed && c.info.Answered.IsZero() {
		c.info.Answered = time.Now()
		c.stray()
	}
	c.dropRedirect()
	c.followHold(hold)
	c.direct()
	// Before the event: who hears of the call finds its sound as it says.
	c.agent.updateFocus()
	c.agent.updateTone()
	if c.m.State() != was || c.m.Hold() != hold || c.m.Asking() != asking || c.m.Expiry() != expiry {
		c.agent.emitCall(c, was)
	}
	c.tellSecurity()
	c.replaceOld()
	c.keepPlace()
	c.join()
	c.reportReferral()
	if c.ended {
		c.reportQuality()
		c.agent.forget(c)
	}
}

// do carries out one effect.
func (c *phoneCall) do(e call.Effect) {
	switch e := e.(type) {
	case call.SendInvite:
		c.sendInvite(e)
	case call.Resend:
		if x := c.invites[e.Round]; x != nil {
			x.send()
		}
	case call.SendCancel:
		c.sendCancel(e.Round)
	case call.SendAck:
		c.sendAck(e)
	case call.SendBye:
		c.sendBye(e.Tag)
	case call.SendInfo:
		c.sendInfo(e.Digit)
	case call.SendPrack:
		c.sendPrack(e)
	case call.SendUpdate:
		c.sendUpdate(e)
	case call.AcceptUpdate:
		c.acceptUpdate(e)
	case call.AcceptPrack:
		c.acceptPrack(e)
	case call.Reliable:
		c.sendReliable(e)
	case call.Repeat:
		c.repeat()
	case call.Retry:
		c.retry(e)
	case call.Follow:
		c.followLeg(e.Tag)
	case call.Rollback:
		if s := c.talk(e.Tag); s != nil {
			s.Rollback()
		}
	case call.Respond:
		c.respond(e)
	case call.Accept:
		c.accept(e)
	case call.Preview:
		c.preview(e)
	case call.Reaccept:
		if c.acceptTx != nil {
			c.logErr("200 again", c.acceptTx.Respond(c.accepted))
		}
	case call.Apply:
		c.apply(e)
	case call.Establish:
		c.establish(e.Tag)
	case call.StopMedia:
		c.stopMedia()
	case call.SetTimer:
		c.setTimer(e.Timer, e.After)
	case call.StopTimer:
		c.stopTimer(e.Timer)
	case call.Digit:
		c.agent.emitDigit(c, e.Digit, e.Duration, audio.DTMFInfo)
	case call.DigitSent:
		c.agent.emit(func(m Meta) Event {
			return DigitSent{Meta: m, Call: c.snapshot(), Digit: e.Digit, Duration: infoDuration, Method: audio.DTMFInfo}
		})
	case call.DigitsFailed:
		c.agent.fail("dtmf", c, failureOf(e.Code, e.Reason, e.Err))
	case call.ReofferFailed:
		if !c.refusedRestart() {
			c.agent.fail("update", c, failureOf(e.Code, e.Reason, e.Err))
		}
	case call.HoldFailed:
		if c.sdp != nil {
			c.sdp.Rollback()
		}
		_ = c.refusedRestart()
		command := "resume"
		if e.On {
			command = "hold"
		}
		c.agent.fail(command, c, failureOf(e.Code, e.Reason, e.Err))
	case call.SendRefer:
		c.sendRefer()
	case call.Transferring:
		c.transferring(e)
	case call.Referred:
		c.referred(e)
	case call.End:
		c.end(e)
	}
}

// failureOf is a refused request within a call.
func failureOf(code int, reason string, err error) error {
	f := &Failure{Cause: call.Rejected, Code: code, Reason: reason, Err: err}
	if code == 0 {
		f.Cause = causeOf(err)
	}
	return f
}

func (c *phoneCall) setTimer(t call.Timer, d time.Duration) {
	c.stopTimer(t)
	gen := c.timerGen[t]
	c.timers[t] = c.agent.after(d, func() {
		if c.timerGen[t] == gen && (!c.ended || t == call.TransferTimer) {
			c.step(call.Expired{Timer: t})
		}
	})
}

func (c *phoneCall) stopTimer(t call.Timer) {
	c.timerGen[t]++
	if c.timers[t] != nil {
		c.timers[t].Stop()
		c.timers[t] = nil
	}
}

// end notes why the call is over.
func (c *phoneCall) end(e call.End) {
	c.ended = true
	c.agent.remember(c)
	c.info.Ended = time.Now()
	c.info.Cause, c.info.Code, c.info.Reason = c.cause(e), e.Code, header.Clean(e.Reason)
	if e.Code != 0 && e.Reason == "" {
		c.info.Reason = sip.ReasonPhrase(e.Code)
	}
	if e.Cause == call.MediaFailure && c.protected.unmet != nil {
		e.Err = c.protected.unmet // more than that the description can't be met
	}
	if e.Err == nil && c.refusedSRTP(e) {
		e.Err = errSRTPOnly
	}
	if !ordinary(e.Cause) || e.Err != nil {
		c.info.Err = &Failure{Cause: e.Cause, Code: e.Code, Reason: c.info.Reason, EndHeaders: c.info.EndHeaders, Err: e.Err}
	}
	c.agent.signalEnd(c)
}

func (c *phoneCall) logErr(what string, err error) {
	if err != nil {
		c.agent.log.Info("call: "+what, "call", uint64(c.id), "err", err)
	}
}
