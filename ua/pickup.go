package ua

import (
	"fmt"
	"time"
)

// PickupRequest names a call that rings elsewhere, to be answered here.
type PickupRequest struct {
	Account string // empty means the first account
	// Target is where it rings: an extension, or whatever DialRequest.Target takes.
	Target string
	// Timeout ends a pickup that doesn't come about. Zero means 120 s.
	Timeout time.Duration
}

// Pickup takes a call that rings at Target. It is a call from the start, and ends as one
// does when there is nothing to pick up. An account with a code for it dials that.
func (a *Agent) Pickup(r PickupRequest) CallID {
	id := CallID(a.lastCall.Add(1))
	a.box.post(func() {
		d := DialRequest{Account: r.Account, Target: r.Target, RingTimeout: r.Timeout}
		l := a.line(r.Account)
		switch {
		case l == nil:
			a.dial(id, d) // says that there is none
		case l.acc.Features.Pickup != "":
			d.Target = featureCode(l.acc.Features.Pickup, r.Target)
			a.dial(id, d)
		default:
			a.refuseDial(id, l, d, fmt.Errorf("%w to pick up a call; set pickup_code of account %q", ErrNoFeature, l.acc.Name))
		}
	})
	return id
}
