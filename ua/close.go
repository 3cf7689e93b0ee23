package ua

import (
	"context"
	"time"

	"offhook/ua/call"
)

// How long Close waits for peers: for the end of the calls, then for the
// registrars. A context that ends sooner cuts both short.
const (
	hangupGrace     = 2 * time.Second
	unregisterGrace = 2 * time.Second
	// unsubscribeGrace is for notifiers, watchers and what was published, reports and files.
	unsubscribeGrace = time.Second
)

// Close ends the calls (CANCEL, BYE, or a refusal), removes the registrations,
// closes the sockets and the media, and waits for every goroutine. It is bounded:
// a peer that doesn't answer is left after a few seconds, or when ctx ends. Close
// may be called more than once; it closes every Subscription.
//
//	calls -> subscriptions, publications, recordings -> registrations -> endpoints -> media -> workers -> subscriptions
func (a *Agent) Close(ctx context.Context) error {
	a.closeOnce.Do(func() { a.close(ctx) })
	return nil
}

func (a *Agent) close(ctx context.Context) {
	if !a.started.Swap(true) { // never started: there is only the readers' end to tell
		close(a.done)
		a.end()
		return
	}
	a.waitFor(ctx, hangupGrace, func() {
		a.closing = true
		a.stopSignal()
		for _, id := range append([]CallID(nil), a.order...) {
			if c := a.calls[id]; c != nil && !c.ended {
				c.step(call.Hangup{Cause: call.Shutdown})
			}
		}
	}, func() bool { return a.live() == 0 })
	a.box.post(func() {
		for _, id := range append([]CallID(nil), a.order...) {
			if c := a.calls[id]; c != nil && !c.ended {
				c.step(call.Abandon{}) // whoever waits for the end of the call hears of it
			}
		}
	})
	a.waitFor(ctx, unsubscribeGrace, a.takeLeave, a.tookLeave)
	a.box.post(a.giveUpReports)
	a.waitFor(ctx, unregisterGrace, func() {
		for _, l := range a.lines {
			l.reg.unregister()
		}
	}, func() bool {
		for _, l := range a.lines {
			if !l.reg.idle() {
				return false
			}
		}
		return true
	})
	var sessions []MediaSession
	var lines []*line
	a.box.post(func() {
		a.quit = true
		for _, c := range a.calls {
			for t := range c.timers {
				c.stopTimer(call.Timer(t))
			}
			if c.session != nil {
				sessions = append(sessions, c.session)
				c.session = nil
			}
		}
		for _, l := range a.lines {
			l.reg.stopTimer()
		}
		a.stopClocks()
		lines = a.lines
		if a.cfg.Media != nil {
			a.cfg.Media.Tone(0)
			a.cfg.Media.Focus(nil)
		}
	})
	<-a.done
	a.cancel()
	for _, l := range lines {
		l.closeEndpoints()
	}
	for _, s := range sessions {
		if err := s.Close(); err != nil {
			a.log.Info("media didn't close well", "err", err)
		}
	}
	a.end()
}

// waitFor posts begin, and returns when done says so after some message, or
// after grace, or when ctx ends.
func (a *Agent) waitFor(ctx context.Context, grace time.Duration, begin func(), done func() bool) {
	ready := make(chan struct{})
	a.box.post(func() {
		begin()
		a.onIdle = func() {
			if done() {
				a.onIdle = nil
				close(ready)
			}
		}
	})
	ctx, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	select {
	case <-ready:
		return
	case <-ctx.Done():
	}
	// Late: make sure that nothing closes ready twice, nor waits for it.
	off := make(chan struct{})
	if a.box.post(func() { a.onIdle = nil; close(off) }) {
		<-off
	}
}
