package ua

import (
	"errors"
	"time"

	"offhook/ua/call"
	"offhook/ua/dialog"
	"offhook/ua/event"
)

// PickupRequest names a call that rings elsewhere, to be answered here.
type PickupRequest struct {
	Account string // empty means the first account
	// Target is where it rings: an extension, or whatever DialRequest.Target takes.
	Target string
	// Timeout ends a pickup that doesn't come about. Zero means 120 s.
	Timeout time.Duration
}

// What a pickup fails of, beside what a call does.
var (
	ErrNothingRings = errors.New("nothing rings there that could be picked up")
	ErrDialogHidden = errors.New("a call rings there, but its name isn't told; a pickup code of the PBX may help")
	ErrPickupSilent = errors.New("it didn't tell which calls it has")
)

// pickupWait is how long somebody may take to tell which calls they have.
const pickupWait = 10 * time.Second

// pickup is a Pickup whose target is asked for its calls.
type pickup struct {
	call *phoneCall
	req  DialRequest
}

// Pickup takes a call that rings at Target. It is a call from the start, and ends as one
// does when there is nothing to pick up.
//
//	account has a pickup code   dial it
//	otherwise                   ask Target for its calls (RFC 4235), and call the peer of the
//	                            first that rings, in its place (RFC 3891, early-only)
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
			a.askForCalls(id, l, d)
		}
	})
	return id
}

// askForCalls fetches the target's dialogs, once.
func (a *Agent) askForCalls(id CallID, l *line, d DialRequest) {
	c := a.newCall(id, l, Outgoing)
	c.m = call.New(l.machineConfig(true, d.RingTimeout))
	c.info.RemoteURI = d.Target
	a.emitCall(c, call.Idle)
	sub := SubscriptionID(a.lastSubscription.Add(1))
	p := &pickup{call: c, req: d}
	a.pickups[sub] = p
	r := SubscribeRequest{Account: d.Account, Target: d.Target, Event: event.Dialogs, Fetch: true}
	if err := a.subscribeTo(sub, r, false); err != nil {
		a.failPickup(sub, call.ProtocolError, err)
		return
	}
	a.after(pickupWait, func() { a.failPickup(sub, call.Timeout, ErrPickupSilent) })
}

func (a *Agent) failPickup(sub SubscriptionID, cause call.Cause, err error) {
	p := a.pickups[sub]
	if p == nil {
		return
	}
	delete(a.pickups, sub)
	p.call.step(call.Unready{Cause: cause, Err: err})
}

// hearPickup takes what a pickup's target tells. Called for each change of a subscription.
func (a *Agent) hearPickup(s SubscriptionInfo) {
	p := a.pickups[s.ID]
	if p == nil {
		return
	}
	info, told := s.Info.(event.DialogInfo)
	if !told {
		switch s.Phase {
		case event.Waiting, event.Terminated: // it would ask again; the person would not wait
			cause, err := call.Rejected, s.Err
			if err == nil {
				err = ErrPickupSilent
			}
			if s.Code == 0 {
				cause = call.Timeout
			}
			if sub := a.subscription(s.ID); sub != nil {
				sub.stop()
			}
			a.failPickup(s.ID, cause, err)
		case event.Idle, event.Starting, event.Pending, event.Active, event.Ending:
		}
		return
	}
	d, err := ringing(info)
	if err != nil {
		a.failPickup(s.ID, call.Rejected, err)
		return
	}
	delete(a.pickups, s.ID)
	c := p.call
	if c.ended {
		return // the person gave up
	}
	// What names the dialog to the caller: its own tag is the target's remote one.
	replaces := dialog.Replaces{CallID: d.CallID, ToTag: d.RemoteTag, FromTag: d.LocalTag, EarlyOnly: true}
	p.req.Target = d.Remote.Target
	if p.req.Target == "" {
		p.req.Target = d.Remote.Identity
	}
	p.req.Headers = append(p.req.Headers, "Replaces: "+replaces.String(), "Require: replaces")
	a.remove(c)
	a.dial(c.id, p.req)
}

// ringing chooses the first call that rings at its owner, and that may be named.
func ringing(info event.DialogInfo) (event.Dialog, error) {
	err := ErrNothingRings
	for _, d := range info.Dialogs {
		if d.State != event.DialogEarly && d.State != event.DialogProceeding || d.Direction == event.Initiator {
			continue
		}
		text := d.CallID + ";to-tag=" + d.RemoteTag + ";from-tag=" + d.LocalTag
		if _, bad := dialog.ParseReplaces(text); bad != nil || d.Remote.Target == "" && d.Remote.Identity == "" {
			err = ErrDialogHidden
			continue
		}
		return d, nil
	}
	return event.Dialog{}, err
}
