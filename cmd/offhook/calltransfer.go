package main

import (
	"errors"

	"offhook/ua"
	"offhook/ua/call"
)

// transferRun is what a run of `offhook call` knows of transfers.
//
//	a peer transferred by us    TransferChanged says how it went, then the call ends
//	transferred by the peer     the new call takes the place of the old one once it is up
//	our peer was transferred    likewise: the new caller takes its place
type transferRun struct {
	joined ua.CallID // the second call, once the two are being connected
	number int       // of calls that took the place of the first
	next   ua.CallID // will take the place of the call when it is up
	second ua.CallID // our call with the target of --transfer-attended
	over   bool      // the transfer is; only the call's end is to come
	ended  bool      // the call has; the transfer's outcome, or next, is to come
	result error
}

// startTransfer does what the flags ask for once the call is up.
func (r *callRun) startTransfer() {
	f := &r.flags.transfer
	if !f.wanted() {
		return
	}
	r.after(f.after, func() {
		switch agent := r.phone.agent; {
		case f.park:
			agent.Park(r.id)
		case f.attended != "":
			request := r.request
			request.Target = f.attended
			r.transfer.second = agent.Dial(request)
		default:
			agent.Transfer(r.id, f.to)
		}
	})
}

// follow looks at a call that isn't the run's own.
func (r *callRun) follow(c ua.CallInfo) {
	switch {
	case c.ID == r.transfer.second && c.State == call.Confirmed && !r.transfer.over && !c.Hold.Desired:
		if r.transfer.joined != r.transfer.second {
			r.transfer.joined = r.transfer.second
			r.phone.agent.TransferTo(r.id, r.transfer.second)
		}
	case c.ID == r.transfer.second && c.State == call.Ended && r.transfer.joined != r.transfer.second:
		r.finish(callResult(c)) // the target of the transfer didn't answer
	case c.Replaces != r.id || r.id == 0:
	case c.State == call.Ended:
		r.transfer.next = 0
		if r.transfer.ended {
			r.finish(callResult(c))
		}
	case c.State == call.Confirmed:
		r.transfer.number++
		r.id, r.prepared = c.ID, false
		r.transfer.next, r.transfer.ended = 0, false
		r.changed(c)
		if r.media.play != "" {
			r.phone.agent.Play(r.id, r.media.play, r.media.playing())
		}
	default:
		r.transfer.next = c.ID
	}
}

// callEnded finishes the run, unless the call goes on as another, or the outcome of its
// transfer isn't known yet.
func (r *callRun) callEnded(c ua.CallInfo) {
	if r.transfer.next != 0 || c.Transfer.Role == ua.Transferor && c.Transfer.State.Active() {
		r.transfer.ended = true
		return
	}
	if r.transfer.over {
		r.finish(r.transfer.result)
		return
	}
	if err := callResult(c); err != nil {
		r.finish(err)
		return
	}
	if r.conference.failed != nil {
		r.finish(r.conference.failed)
		return
	}
	r.finish(r.unmet())
}

// transferChanged hears how a transfer of ours goes.
func (r *callRun) transferChanged(c ua.CallInfo) {
	t := c.Transfer
	if c.ID != r.id || t.Role != ua.Transferor || !t.State.Over() {
		return
	}
	r.transfer.over, r.transfer.result = true, transferResult(c)
	switch {
	case t.State == call.TransferDone && !r.transfer.ended:
		return // the BYE is on its way
	case t.State == call.TransferUnknown && !r.transfer.ended:
		r.finish(failf(exitTimeout, "the transfer to %s: %w", t.Target, t.Err))
	default:
		r.finish(r.transfer.result)
	}
}

// commandCode is the exit code of a command that couldn't be carried out.
func commandCode(err error) exitCode {
	switch {
	case errors.Is(err, ua.ErrNoFeature):
		return exitConfig
	case errors.Is(err, ua.ErrNoTarget):
		return exitUsage
	}
	return exitInternal
}
