package ua

import (
	"context"
	"fmt"
	"slices"
	"time"

	"offhook/ua/call"
	"offhook/ua/sip"
)

// moveTo brings a call to another endpoint: the media first, so that the re-INVITE can
// tell its address, while what the peer sends to the old one is lost already.
func (c *phoneCall) moveTo(b bound) {
	a, leg := c.agent, c.main()
	leg.end = b
	leg.SetContact(c.contact(b, leg.via.Transport))
	hold := c.m.Hold().Desired // which the end of a re-INVITE for it would revert
	for round, x := range c.invites {
		if round > 0 && !x.done && x.end.addr != b.addr && x.tx != nil {
			x.tx.Abandon() // no answer can come
			x.handle(x.attempt, nil, fmt.Errorf("%w: this machine has another address now", sip.ErrTransport))
		}
	}
	session, ok := c.session.(MovableSession)
	tell := func() {
		c.untold = retells
		if c.m.Hold().Desired != hold {
			c.step(call.SetHold{On: hold})
		}
		c.step(call.Reoffer{})
	}
	if !ok || c.session.LocalAddr().Addr() == b.addr {
		tell()
		return
	}
	a.inWorker(func(ctx context.Context) {
		var seen vantage
		err := session.Move(ctx, b.addr, a.probe(c.line, b.addr, c.way != nil, &seen))
		a.box.post(func() {
			switch {
			case c.ended:
			case err != nil:
				c.info.MediaErr = err
				a.emitMedia(c, MediaError)
			default:
				c.public = seen.public
				a.emitMedia(c, MediaUpdated) // its own address is another
				if c.way != nil {
					c.way.easy = seen.easy
					c.renew(func(bool) { tell() })
					return
				}
				tell()
			}
		})
	})
}

// retells is how often the peer is told again that we have moved, after retellAfter, when it
// didn't answer: the way to it may take longer to come back than ours to the first hop.
const (
	retells     = 3
	retellAfter = 2 * time.Second
)

// retell looks at what became of a re-INVITE that told of a move: without an answer, or
// when the peer can't at the moment, it is told again. A peer that refuses isn't asked twice.
func (c *phoneCall) retell(res *sip.Response, err error) {
	code := 0
	if res != nil {
		code = res.StatusCode
	}
	switch {
	case c.ended || code/100 == 1 || code/100 == 2 || code == 491 || code == 422:
		return // it goes on, or the machine does
	case err == nil && code != 408 && code/100 != 5, c.untold == 1:
		c.untold = 0
		c.agent.fail("move", c, failureOf(code, "", err))
		return
	}
	c.untold--
	c.agent.after(retellAfter, func() {
		if !c.ended {
			c.step(call.Reoffer{})
		}
	})
}

// stray looks after a call that was answered over an address that is gone meanwhile.
func (c *phoneCall) stray() {
	a := c.agent
	leg := c.main()
	if leg == nil || a.addrs == nil || slices.Contains(a.addrs, leg.end.addr) || c.line.fixed() {
		return
	}
	a.relocate()
}
