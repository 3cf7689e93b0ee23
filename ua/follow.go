package ua

import (
	"errors"
	"fmt"
	"time"

	"offhook/audio"
	"offhook/ua/call"
	"offhook/ua/sip"
)

// follow puts the part of a plan into force that is about a call which rings here.
func (c *phoneCall) follow(plan Plan) {
	a := c.agent
	switch plan.Outcome {
	case PlanAnswer:
		if plan.After == 0 {
			c.answerItself()
			return
		}
		a.after(plan.After, c.answerItself)
	case PlanRing, PlanRefuse, PlanForward:
	}
	if plan.NoAnswer == "" {
		return
	}
	a.after(plan.NoAnswerAfter, func() {
		if c.ended || c.m.State() != call.Incoming || c.answering {
			return
		}
		to, err := c.line.forwardURI(plan.NoAnswer)
		if err != nil {
			a.log.Warn("a call can't be forwarded", "target", plan.NoAnswer, "err", err)
			return
		}
		c.redirect(to, noAnswer)
	})
}

// answerItself takes a call for the person, unless they talk to somebody meanwhile:
// then it goes on ringing, or waiting.
func (c *phoneCall) answerItself() {
	a := c.agent
	if c.ended || c.m.State() != call.Incoming || c.answering {
		return
	}
	if !a.cfg.Parallel && a.open() > 1 {
		c.info.AutoAnswered = false
		c.info.Decision.Did = "not answered automatically: another call is up"
		a.emitCall(c, c.m.State())
		return
	}
	c.info.AutoAnswered, c.answering = true, true
	a.warn()
	a.takeFocus(c)
	c.step(call.Answer{})
}

// warnTime is how long the warning that the microphone opens is heard.
const warnTime = 900 * time.Millisecond

// warn lets the person hear that the phone answers by itself: somebody listens now.
func (a *Agent) warn() {
	a.warning = audio.ToneWarning
	a.warningAt++
	at := a.warningAt
	a.updateTone()
	a.after(warnTime, func() {
		if at == a.warningAt {
			a.warning = audio.ToneNone
			a.updateTone()
		}
	})
}

// errLeadsBack is of a call that would be sent on to where it came.
var errLeadsBack = errors.New("it leads back to the account that was called; forward to another address")

// forwardURI is where calls for the account are sent on to.
func (l *line) forwardURI(target string) (sip.URI, error) {
	to, err := targetURI(target, l.domain())
	if err == nil && l.is(to) {
		err = fmt.Errorf("%s: %w", display(to), errLeadsBack)
	}
	return to, err
}

// is says whether u is the account itself.
func (l *line) is(u sip.URI) bool { return u.User == l.aor.User && sameServer(u, l.aor) }

// answerMode tells a caller that asked how its call was answered (RFC 5373, section 4.3).
func (c *phoneCall) answerMode(req *sip.Request, res *sip.Response) {
	if sip.HeaderValue(req, "Answer-Mode") == "" && sip.HeaderValue(req, "Priv-Answer-Mode") == "" {
		return
	}
	mode := "Manual"
	if c.info.AutoAnswered {
		mode = "Auto"
	}
	set(res, "Answer-Mode", mode)
}

// ringOf is the ring of the oldest call that rings aloud; ok is false when none does.
func (a *Agent) ringOf() (name string, ok bool) {
	for _, id := range a.order {
		if c := a.calls[id]; !c.ended && c.m != nil && c.m.State() == call.Incoming && !c.answering && !c.info.AutoAnswered && c.info.Ring != SilentRing {
			return c.info.Ring, true
		}
	}
	return "", false
}
