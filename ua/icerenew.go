package ua

import (
	"context"
	"time"

	"offhook/ua/call"
	"offhook/ua/sdp"
)

// ICE anew (RFC 8839, section 4.4.1.1.1): what is lost, or what the peer begins anew, gets other
// credentials and candidates, while audio goes on the old way.

const (
	// maxRestarts is how often in a row we look for another way.
	maxRestarts = 3
	// restartPause keeps restarts apart: one needs a while to show whether it helps.
	restartPause = 3 * time.Second
	// politeness is how much later the controlled side begins: both notice at the same time.
	politeness = 1500 * time.Millisecond
)

// restartSoon looks for another way, the controlling side first.
func (c *phoneCall) restartSoon() {
	w := c.way
	wait := max(time.Until(w.again), 0)
	if w.role == ICEControlled {
		wait = max(wait, politeness)
	}
	c.agent.after(wait, func() {
		lost := w.state == ICEDisconnected || w.state == ICEFailed
		if !c.ended && c.way == w && lost && !w.renewing && !w.fresh && !time.Now().Before(w.again) && c.m.State() == call.Confirmed {
			c.restartICE()
		}
	})
}

// restartICE begins anew with new credentials, and tells the peer (RFC 8839, section 4.4.1.1.1).
// Audio goes on the old way while there is one.
func (c *phoneCall) restartICE() {
	w := c.way
	w.again, w.updating = time.Now().Add(restartPause), false
	w.restarts++
	c.renew(func(renewed bool) {
		if renewed {
			c.step(call.Reoffer{})
		}
	})
}

// renew gathers anew in a worker, then calls do in the loop, also when that failed or the call has
// ended. Two at a time would undo each other: the second waits for the first.
func (c *phoneCall) renew(do func(renewed bool)) {
	a, w := c.agent, c.way
	if w == nil {
		do(false)
		return
	}
	if w.renewing {
		w.waiting = append(w.waiting, func() { c.renew(do) })
		return
	}
	w.renewing = true
	w.total++
	w.session.Attentive(true)
	a.inWorker(func(ctx context.Context) {
		fresh := mediaWay{session: w.session, mode: w.mode} // for what is missing now: w is the loop's
		local, stun, relays := a.surroundings(ctx, c.line, &fresh)
		w.finder.Reconfigure(local, stun, relays)
		err := w.finder.Restart()
		if err == nil {
			fresh.finder = w.finder
			err = a.gather(ctx, c.line, &fresh)
		}
		a.box.post(func() {
			w.renewing, w.fresh, w.lack = false, err == nil, fresh.lack
			if c.way == w {
				if err != nil {
					w.finder.Abandon()
					w.err = err
				}
				c.tellICE()
			}
			do(err == nil)
			waiting := w.waiting
			w.waiting = nil
			for _, f := range waiting {
				f()
			}
		})
	})
}

// refusedRestart goes on as before when the peer refused our newest offer. It says whether that
// offer told no more than the pair in use, whose refusal concerns nobody.
func (c *phoneCall) refusedRestart() (idle bool) {
	w := c.way
	if w == nil {
		return false
	}
	idle = w.updating
	w.updating = false
	if w.fresh {
		w.fresh = false
		w.finder.Abandon()
	}
	return idle
}

// afterRestart gives an offer of the peer's to do: at once, or after new candidates were gathered
// when it begins anew with other credentials (RFC 8839, section 4.4.3.1).
func (c *phoneCall) afterRestart(body []byte, do func()) {
	w := c.way
	if w == nil || w.peer.Ufrag == "" {
		do()
		return
	}
	ufrag, pwd := sdp.Credentials(body)
	if w.renewing {
		w.waiting = append(w.waiting, func() { c.afterRestart(body, do) })
		return
	}
	same := ufrag == w.peer.Ufrag && pwd == w.peer.Pwd
	switch {
	case ufrag == "", same && !w.fresh, !same && w.fresh:
		do()
	case same: // it came before our restart was told, which waits for this round's end
		_ = c.refusedRestart()
		do()
		c.restartSoon()
	default:
		c.renew(func(bool) { do() })
	}
}
