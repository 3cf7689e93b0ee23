package ua

import (
	"errors"

	"offhook/ua/call"
)

// Pending is what a call asks the person, who answers with Consent.
type Pending uint8

const (
	PendingNone     Pending = iota
	PendingChange           // the peer's re-INVITE would change the call
	PendingRedirect         // the callee's 3xx names other places to call
	PendingTransfer         // the peer's REFER sends us to another place
)

// String is the name in events and logs: "change".
func (p Pending) String() string {
	switch p {
	case PendingNone:
		return "none"
	case PendingChange:
		return "change"
	case PendingRedirect:
		return "redirect"
	case PendingTransfer:
		return "transfer"
	}
	return "unknown"
}

// ReinvitePolicy is what becomes of a re-INVITE that changes more of a call than
// its direction. Hold, resume and a mere refresh need nobody's consent.
type ReinvitePolicy uint8

const (
	ReinviteAuto   ReinvitePolicy = iota // take what we can
	ReinviteAsk                          // ask the person: CallInfo.Pending
	ReinviteRefuse                       // 488: the session goes on as it was
)

// ErrNothingAsked is told when Consent answers a question that isn't open.
var ErrNothingAsked = errors.New("the call asks nothing")

// Consent answers what CallInfo.Pending asks.
func (a *Agent) Consent(id CallID, accept bool) {
	a.withCall("consent", id, func(c *phoneCall) {
		switch c.snapshot().Pending {
		case PendingChange:
			c.consentChange(accept)
		case PendingRedirect:
			c.consentRedirect(accept)
		case PendingTransfer:
			c.consentTransfer(accept)
		case PendingNone:
			a.fail("consent", c, ErrNothingAsked)
		}
	})
}

// consentChange lets a re-INVITE that waits go on.
func (c *phoneCall) consentChange(accept bool) { c.step(call.Consent{Accept: accept}) }
