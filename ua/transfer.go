package ua

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"offhook/ua/call"
	"offhook/ua/dialog"
	"offhook/ua/event"
	"offhook/ua/sip"
)

// Conditions that a CommandFailed of a transfer tells.
var (
	ErrTransferring = errors.New("a transfer of this call is under way already")
	ErrSameCall     = errors.New("a call can't be transferred to itself")
)

// TransferRole is our part in a transfer (RFC 5589, section 3).
type TransferRole uint8

const (
	Transferor TransferRole = iota // we send the peer elsewhere
	Transferee                     // the peer sends us elsewhere
)

// String is the role's name in events and logs.
func (r TransferRole) String() string {
	if r == Transferee {
		return "transferee"
	}
	return "transferor"
}

// TransferInfo is where a call's transfer stands. The zero value is: none.
type TransferInfo struct {
	State call.TransferState
	Role  TransferRole
	// Target is where the call is sent, for people.
	Target string
	// Code and Reason are what the transferee last told, or was told, of the new call; 0 for nothing.
	Code   int
	Reason string
	// Err says why it failed, as a sentence for a person.
	Err error
	// Call is the other call of ours that takes part: the consultation, as transferor;
	// the new call, as transferee. 0 for none.
	Call CallID
}

// TransferChanged tells each change of a transfer: Call.Transfer says which.
type TransferChanged struct {
	Meta
	Call CallInfo
}

// replacedGrace is how long the target may take to end our call with it, once it
// has taken over; then we do.
const replacedGrace = 4 * time.Second

// transfers is what a call knows of REFER and Replaces. The loop owns it.
type transfers struct {
	transfer  *transfer  // as transferor
	referral  *referral  // as transferee: the newest REFER that came in this call
	candidate *referral  // one that the machine has yet to let through
	refers    int        // how many came
	origin    *referral  // the REFER that made this call
	replaces  *phoneCall // the call that this one takes the place of, once answered
	joins     *phoneCall // the call that this one makes a conference with, once answered
}

// transfer is a transfer under way, as transferor.
type transfer struct {
	to   event.ReferTo
	with CallID // attended: our call with the target
	x    *exchange
}

// Transfer sends the peer of a call to target: it is put on hold and asked by
// REFER. On success the call is ended, on failure it is taken back; TransferChanged
// tells (RFC 5589, section 6).
func (a *Agent) Transfer(id CallID, target string) {
	a.withCall("transfer", id, func(c *phoneCall) {
		uri, err := targetURI(target, c.line.domain())
		if err != nil {
			a.fail("transfer", c, err)
			return
		}
		uri.Headers = nil
		c.transferTo("transfer", transfer{to: event.ReferTo{URI: uri}})
	})
}

// TransferTo connects the peers of two calls of ours: the peer of id is asked to
// take the place that we have in other (RFC 5589, section 7; RFC 3891). When
// other only rings yet, it is given up, and its target is called afresh (section 7.6).
func (a *Agent) TransferTo(id, other CallID) {
	a.withCall("transfer", id, func(c *phoneCall) {
		o := a.calls[other]
		switch {
		case id == other:
			a.fail("transfer", c, ErrSameCall)
			return
		case o == nil || o.ended:
			a.fail("transfer", c, fmt.Errorf("%w: call %d", ErrNoCall, other))
			return
		case c.m.State() != call.Confirmed || c.m.Transfer().Active():
			c.transferTo("transfer", transfer{}) // says why not
			return
		}
		switch o.m.State() {
		case call.Confirmed:
			leg := o.main()
			d := leg.Replaces()
			c.transferTo("transfer", transfer{to: event.ReferTo{URI: leg.Target(), Replaces: &d}, with: other})
		case call.Idle, call.Calling, call.Early:
			if o.target.Host == "" {
				a.fail("transfer", o, ErrNotUp)
				return
			}
			to := transfer{to: event.ReferTo{URI: o.target}}
			o.step(call.Hangup{})
			c.transferTo("transfer", to)
		case call.Incoming, call.Answering, call.Closing, call.Ended:
			a.fail("transfer", o, ErrNotUp)
		}
	})
}

func (c *phoneCall) transferTo(command string, t transfer) {
	a := c.agent
	switch {
	case c.m.Transfer().Active():
		a.fail(command, c, ErrTransferring)
		return
	case c.m.State() != call.Confirmed:
		a.fail(command, c, ErrNotUp)
		return
	}
	c.transfer = &t
	c.info.Transfer = TransferInfo{Role: Transferor, Target: display(t.to.URI), Call: t.with}
	if o := a.calls[t.with]; o != nil {
		c.info.Transfer.Target = o.info.RemoteURI
	}
	c.step(call.Transfer{})
}

// sendRefer asks the peer, in the dialog.
func (c *phoneCall) sendRefer() {
	leg, t := c.main(), c.transfer
	if leg == nil || t == nil {
		return
	}
	t.x = c.inDialog(leg, sip.REFER, func(req *sip.Request) {
		set(req, "Refer-To", t.to.String())
		set(req, "Referred-By", "<"+c.line.aorURI()+">") // RFC 3892
		set(req, "Accept", event.TypeFragment)
		c.line.addCapabilities(req)
	})
	t.x.onResponse = func(res *sip.Response, err error) {
		switch {
		case res != nil && res.StatusCode < 200:
		case res != nil:
			sub, _, _ := strings.Cut(sip.HeaderValue(res, "Refer-Sub"), ";")
			c.step(call.ReferDone{
				Code: res.StatusCode, Reason: res.Reason, Err: err,
				Silent: strings.EqualFold(strings.TrimSpace(sub), "false"),
			})
		default:
			c.step(call.ReferDone{Err: err})
		}
	}
	c.sendInDialog(leg, t.x)
}

// onReport takes a NOTIFY on how our transfer goes. It may come after the call's
// end: the subscription outlives the call in their dialog (RFC 5057, section 4.1).
func (c *phoneCall) onReport(st sip.ServerTransaction) {
	a := c.agent
	report, code := event.ReadReport(st.Request())
	switch {
	case code == 489:
		a.reply(st, code, "", func(res *sip.Response) { set(res, "Allow-Events", event.PackageRefer) })
		return
	case code != 0:
		a.reply(st, code, "", nil)
		return
	case c.transfer == nil || c.transfer.x == nil || !c.transfer.named(report.ID):
		a.reply(st, 481, "Subscription Does Not Exist", nil) // RFC 6665, section 4.1.3
		return
	}
	a.reply(st, 200, "", nil)
	c.step(call.ReferReport{Code: report.Code, Reason: report.Reason, Over: report.Over})
}

// named says that a NOTIFY's id is this REFER's CSeq; without one it is the only
// REFER there is (RFC 3515, section 2.4.6).
func (t *transfer) named(id uint32) bool {
	if id == 0 || t.x.req == nil || t.x.req.CSeq() == nil {
		return id == 0
	}
	return t.x.req.CSeq().SeqNo == id
}

// transferring tells how a transfer of ours goes.
func (c *phoneCall) transferring(e call.Transferring) {
	a, i := c.agent, &c.info.Transfer
	i.State, i.Code, i.Reason, i.Err = e.State, e.Code, e.Reason, nil
	if i.Reason == "" && i.Code != 0 {
		i.Reason = sip.ReasonPhrase(i.Code)
	}
	switch e.State {
	case call.TransferFailed:
		i.Err = transferFailure(e)
	case call.TransferUnknown:
		i.Err = e.Err
	case call.TransferDone:
		if with := a.calls[i.Call]; with != nil {
			a.after(replacedGrace, func() {
				if !with.ended && with.m.State() == call.Confirmed {
					with.step(call.Hangup{})
				}
			})
		}
	case call.TransferNone, call.TransferHolding, call.TransferAsked, call.TransferAccepted:
	}
	a.emitTransfer(c)
}

func transferFailure(e call.Transferring) error {
	if e.Code == 0 && errors.Is(e.Err, call.ErrTransferEnded) {
		return e.Err
	}
	return failureOf(e.Code, e.Reason, e.Err)
}

func (a *Agent) emitTransfer(c *phoneCall) {
	a.emit(func(m Meta) Event { return TransferChanged{Meta: m, Call: c.snapshot()} })
}

// dialogNamed finds the call whose dialog another user agent names.
func (a *Agent) dialogNamed(r dialog.Replaces) (*phoneCall, *leg) {
	for _, id := range a.order {
		c := a.calls[id]
		for _, l := range c.legs {
			if r.Names(l.ID()) {
				return c, l
			}
		}
	}
	return nil, nil
}
