package main

import (
	"fmt"
	"strings"

	"offhook/ua"
	"offhook/ua/call"
)

// promises are what the flags of `offhook call` want to happen while the call is up. One that
// ends too early for them has failed, though nobody refused anything: exit code 8 tells.
type promises struct {
	held, resumed  bool
	digits         int  // sent so far
	asked, rekeyed bool // for new keys, and got them
}

// promised takes note of what has come true.
func (r *callRun) promised(e ua.Event) {
	p := &r.promises
	switch e := e.(type) {
	case ua.CallChanged:
		if e.Call.ID != r.id || e.Call.State == call.Ended {
			return
		}
		p.resumed = p.held && (p.resumed || !e.Call.Hold.Local)
		p.held = p.held || e.Call.Hold.Local
	case ua.SecurityChanged:
		if e.Call.ID == r.id && p.asked && e.Call.Security.Media == ua.MediaEncrypted {
			p.rekeyed = true
		}
	case ua.DigitSent:
		if e.Call.ID == r.id {
			p.digits++
		}
	}
}

// unmet says what of it the call ended before; nil when all came true.
func (r *callRun) unmet() error {
	f, p := r.flags, &r.promises
	var left []string
	if n := len(f.dtmf); p.digits < n {
		left = append(left, fmt.Sprintf("%d of %d digits were sent", n-p.digits, n))
	}
	switch {
	case f.holdAfter > 0 && !p.held:
		left = append(left, "it was put on hold")
	case f.resumeAfter > 0 && !p.resumed:
		left = append(left, "it was resumed")
	}
	if f.rekeyAfter > 0 && !p.rekeyed {
		left = append(left, "its keys were exchanged")
	}
	if f.transfer.wanted() && !r.transfer.over {
		left = append(left, "it was transferred")
	}
	for _, who := range r.conference.left {
		left = append(left, who+" was called")
	}
	if len(left) == 0 {
		return nil
	}
	return failf(exitExpectation, "the call ended before %s; a longer --duration, or none, leaves time for it", strings.Join(left, ", and before "))
}
