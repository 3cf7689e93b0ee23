package main

import (
	"fmt"

	"offhook/ua"
)

type (
	sessionTimerEvent struct {
		callHead
		Expires   float64 `json:"expires_s"`
		Refresher string  `json:"refresher"`
	}
	pendingEvent struct {
		callHead
		What     string   `json:"what"`
		Proposed []string `json:"proposed,omitempty"`
	}
)

// session prints what changed of a call's session timer and of what it asks.
func (p *printer) session(e ua.CallChanged, was ua.CallInfo) {
	c := e.Call
	if t := c.SessionTimer; t != was.SessionTimer && (t.Expires > 0 || was.SessionTimer.Expires > 0) {
		p.emit(e.Time, sessionTimerEvent{callHeadOf(e.Meta, "session_timer", c), t.Expires.Seconds(), t.Refresher.String()}, "")
	}
	if c.Pending == was.Pending {
		return
	}
	line := ""
	switch c.Pending {
	case ua.PendingChange:
		line = fmt.Sprintf("call %d: %s wants to change the call", c.ID, c.RemoteURI)
	case ua.PendingRedirect:
		line = fmt.Sprintf("call %d: %s is to be called elsewhere", c.ID, c.RemoteURI)
	case ua.PendingTransfer:
		line = fmt.Sprintf("call %d: %s wants to transfer the call", c.ID, c.RemoteURI)
	case ua.PendingNone:
	}
	p.emit(e.Time, pendingEvent{callHeadOf(e.Meta, "pending", c), c.Pending.String(), c.Proposed}, "%s", line)
}
