package ua

import (
	"errors"
	"fmt"
	"strings"

	"offhook/ua/call"
	"offhook/ua/event"
)

// Features are the codes by which an account's PBX is asked for what phones have
// no SIP for. A code is dialled as it is; where it needs a number, that follows it,
// or takes the place of "{}". Empty: the PBX has no such code.
type Features struct {
	// Park is where a call is transferred to be parked: "*68".
	Park string
	// Retrieve takes a parked call back: "*86", then the slot.
	Retrieve string
	// Pickup takes a call that rings elsewhere: "*8", then the extension.
	Pickup string
}

// ErrNoFeature is wrapped where an account has no code for what is asked.
var ErrNoFeature = errors.New("the account has no such feature code")

// featureCode is a code with its number in it.
func featureCode(code, number string) string {
	if strings.Contains(code, "{}") {
		return strings.ReplaceAll(code, "{}", number)
	}
	return code + number
}

// Park hands a call to the PBX's parking: a transfer to the account's code.
func (a *Agent) Park(id CallID) {
	a.withCall("park", id, func(c *phoneCall) {
		code := c.line.acc.Features.Park
		if code == "" {
			a.fail("park", c, fmt.Errorf("%w for parking; set park_code of account %q", ErrNoFeature, c.line.acc.Name))
			return
		}
		uri, err := targetURI(featureCode(code, ""), c.line.domain())
		if err != nil {
			a.fail("park", c, err)
			return
		}
		c.transferTo("park", transfer{to: event.ReferTo{URI: uri}})
	})
}

// Retrieve takes a parked call back from a slot: a call to the account's code.
func (a *Agent) Retrieve(account, slot string) CallID {
	id := CallID(a.lastCall.Add(1))
	a.box.post(func() {
		r := DialRequest{Account: account, Target: slot}
		l := a.line(account)
		if l != nil && l.acc.Features.Retrieve == "" {
			a.refuseDial(id, l, r, fmt.Errorf("%w to take a parked call back; set retrieve_code of account %q", ErrNoFeature, l.acc.Name))
			return
		}
		if l != nil {
			r.Target = featureCode(l.acc.Features.Retrieve, slot)
		}
		a.dial(id, r)
	})
	return id
}

// refuseDial makes a call that ends at once, so that it is told as any failed call is.
func (a *Agent) refuseDial(id CallID, l *line, r DialRequest, err error) {
	c := a.newCall(id, l, Outgoing)
	c.m = call.New(l.machineConfig(true, r.RingTimeout))
	c.info.RemoteURI = r.Target
	a.emitCall(c, call.Idle)
	c.step(call.Unready{Cause: call.ProtocolError, Err: err})
}
