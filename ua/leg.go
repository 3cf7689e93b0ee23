package ua

import (
	"context"
	"fmt"
	"time"

	"offhook/ua/call"
	"offhook/ua/dialog"
	"offhook/ua/sdp"
	"offhook/ua/sip"
)

// leg is one dialog of a call: a fork's, or the one that became the call. Each has
// its own numbers, route set and memory of offer and answer.
type leg struct {
	*dialog.Dialog
	end bound      // where its requests leave
	via sip.Target // where the message came from that made it

	sdp    *sdp.Session // nil until there is something to remember
	result sdp.Result
	agreed bool             // result means something
	offer  *sdp.Description // the peer's newest, to see what a later one changes

	trickles  bool       // the peer takes candidates by INFO
	refreshed call.Round // of the newest INVITE of ours whose 2xx gave the target

	// waiting are messages whose next hop is being looked up. They leave in their order.
	waiting []func(sip.Target, error)
}

// talk is the memory of offer and answer in a dialog; before there is one, that of
// our offer to all.
func (c *phoneCall) talk(tag string) *sdp.Session {
	if l := c.legs[tag]; l != nil && l.sdp != nil {
		return l.sdp
	}
	return c.sdp
}

// inDialog prepares a request in a dialog; fill adds what it carries.
func (c *phoneCall) inDialog(l *leg, method sip.Method, fill func(*sip.Request)) *exchange {
	return &exchange{agent: c.agent, line: c.line, make: func(b bound, t sip.Target, prev *sip.Request) (*sip.Request, error) {
		if prev != nil {
			return l.Retry(prev), nil
		}
		req := l.Request(method)
		if method == sip.UPDATE {
			set(req, "Contact", c.contact(b, t.Transport))
		}
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
// address, after a worker has looked up a name. What is sent while a look-up is under
// way waits for its turn: a BYE mustn't overtake the ACK.
func (c *phoneCall) toLeg(l *leg, do func(sip.Target), failed ...func(error)) {
	hop := l.NextHop()
	if t, ok := numericTarget(hop, l.via.Transport); ok && len(l.waiting) == 0 {
		do(l.proved(t))
		return
	}
	l.waiting = append(l.waiting, func(t sip.Target, err error) {
		if err == nil {
			do(l.proved(t))
			return
		}
		c.logErr("next hop", err)
		for _, f := range failed {
			f(err)
		}
	})
	if len(l.waiting) == 1 {
		c.locateLeg(l)
	}
}

// locateLeg looks up the next hop for the first that waits, then for the next: the
// target may have changed in between.
func (c *phoneCall) locateLeg(l *leg) {
	a := c.agent
	hop := l.NextHop()
	tell := func(t sip.Target, err error) {
		first := l.waiting[0]
		l.waiting = l.waiting[1:]
		first(t, err)
		if len(l.waiting) > 0 {
			c.locateLeg(l)
		}
	}
	if t, ok := numericTarget(hop, l.via.Transport); ok {
		tell(t, nil)
		return
	}
	a.inWorker(func(ctx context.Context) {
		targets, err := a.net.Locate(ctx, hop, l.via.Transport)
		if err == nil && len(targets) == 0 {
			err = fmt.Errorf("%w: no address for %s", sip.ErrTransport, hop.Host)
		}
		a.box.post(func() {
			if err != nil {
				tell(sip.Target{}, err)
				return
			}
			tell(a.avoid.Order(targets, time.Now())[0], nil)
		})
	})
}
