package call

import (
	"errors"
	"time"
)

// How long a transfer is followed.
const (
	// TransferTime: the peer accepted, and says nothing final.
	TransferTime = 3 * time.Minute
	// TransferLinger: the call has ended, and its last report may be on its way
	// behind the BYE (interop 33).
	TransferLinger = 5 * time.Second
)

// Errors that a Transferring carries.
var (
	ErrTransferEnded  = errors.New("the call ended before the other side was asked")
	ErrTransferSilent = errors.New("the other side never said how it went")
)

// TransferState is where sending the peer elsewhere stands (RFC 5589).
//
//	None -> Holding -> Asked -> Accepted -> Done     the call is ended with BYE
//	            \         \         \-----> Unknown  the peer left, or stopped reporting
//	             \---------\---------\----> Failed   the call is taken back
type TransferState uint8

const (
	TransferNone     TransferState = iota
	TransferHolding                // the peer is put on hold first
	TransferAsked                  // REFER sent; as transferee: came, and waits for consent
	TransferAccepted               // the peer tries
	TransferDone
	TransferFailed
	TransferUnknown
)

// Over says that nothing more will come.
func (s TransferState) Over() bool {
	return s == TransferDone || s == TransferFailed || s == TransferUnknown
}

// Active says that a transfer is under way.
func (s TransferState) Active() bool { return s != TransferNone && !s.Over() }

// String is the state's name in events and logs.
func (s TransferState) String() string {
	switch s {
	case TransferNone:
		return "none"
	case TransferHolding:
		return "holding"
	case TransferAsked:
		return "asked"
	case TransferAccepted:
		return "accepted"
	case TransferDone:
		return "done"
	case TransferFailed:
		return "failed"
	case TransferUnknown:
		return "unknown"
	}
	return "unknown"
}

// Inputs.
type (
	// Transfer asks the peer to go elsewhere; the shell knows where.
	Transfer struct{}
	// ReferDone is the final answer to our REFER. Code 0 with an Err is a time-out or
	// a broken transport. Silent says that no reports will come (RFC 4488).
	ReferDone struct {
		Code   int
		Reason string
		Err    error
		Silent bool
	}
	// ReferReport is a NOTIFY on how the transfer goes. Code 0 says nothing; Over
	// says that it is the last.
	ReferReport struct {
		Code   int
		Reason string
		Over   bool
	}
	// RemoteRefer: the peer asks us to go elsewhere.
	RemoteRefer struct{ Req Request }
	// ReferralDone: what RemoteRefer asked for is done, or refused; another may come.
	ReferralDone struct{}
)

// Effects.
type (
	// SendRefer asks the peer.
	SendRefer struct{}
	// Transferring tells each change.
	Transferring struct {
		State  TransferState
		Code   int
		Reason string
		Err    error
	}
	// Referred: the REFER fits the call; the shell answers it by policy.
	Referred struct{ Req Request }
)

func (Transfer) input()     {}
func (ReferDone) input()    {}
func (ReferReport) input()  {}
func (RemoteRefer) input()  {}
func (ReferralDone) input() {}

func (SendRefer) effect()    {}
func (Transferring) effect() {}
func (Referred) effect()     {}

// transfer is the part of a Machine that this file owns.
type transfer struct {
	state    TransferState
	code     int  // of the newest report
	held     bool // the peer stays on hold if it fails
	orphan   bool // the call ended meanwhile
	referred bool // a REFER of the peer is being followed
}

// Transfer is where a transfer of the peer stands.
func (m *Machine) Transfer() TransferState { return m.transfer.state }

func (m *Machine) onTransferInput(in Input) {
	switch in := in.(type) {
	case Transfer:
		m.onTransfer()
	case ReferDone:
		m.onReferDone(in)
	case ReferReport:
		m.onReferReport(in)
	case RemoteRefer:
		m.onRemoteRefer(in)
	case ReferralDone:
		m.transfer.referred = false
	}
}

func (m *Machine) onTransfer() {
	if m.state != Confirmed || m.transfer.state.Active() {
		return
	}
	m.transfer.held, m.transfer.orphan, m.transfer.code = m.hold.Desired, false, 0
	m.tellTransfer(TransferHolding, 0, "", nil)
	m.onSetHold(true)
}

func (m *Machine) tellTransfer(s TransferState, code int, reason string, err error) {
	m.transfer.state, m.transfer.code = s, code
	m.do(Transferring{State: s, Code: code, Reason: reason, Err: err})
}

// followTransfer looks after each step at what the rest of the call means for a transfer:
// the hold is through (or refused: then without), or the call has ended.
func (m *Machine) followTransfer() {
	switch m.transfer.state {
	case TransferHolding:
		switch {
		case m.state == Closing || m.state == Ended:
			m.endTransfer(TransferFailed, 0, "", ErrTransferEnded)
		case m.atRest():
			m.tellTransfer(TransferAsked, 0, "", nil)
			m.do(SendRefer{})
		}
	case TransferAsked, TransferAccepted:
		if m.state == Ended && !m.transfer.orphan {
			m.transfer.orphan = true
			m.setTimer(TransferTimer, TransferLinger)
		}
	case TransferNone, TransferDone, TransferFailed, TransferUnknown:
	}
}

// atRest says that no offer is under way, nor about to be.
func (m *Machine) atRest() bool {
	return m.state == Confirmed && m.client == clientNone && m.server == serverNone && !m.update.on && !m.prack.on && !m.timers[GlareTimer]
}

func (m *Machine) onReferDone(in ReferDone) {
	if m.transfer.state != TransferAsked {
		if m.transfer.state == TransferAccepted && in.Silent {
			m.endTransfer(TransferDone, in.Code, in.Reason, nil)
		}
		return // a NOTIFY was faster
	}
	switch {
	case in.Code >= 200 && in.Code < 300 && in.Silent:
		// RFC 4488, section 4: nobody will say how it went, and it was agreed to.
		m.endTransfer(TransferDone, in.Code, in.Reason, nil)
	case in.Code >= 200 && in.Code < 300:
		m.accepted(0, "")
	case in.Code == 481 && m.state == Confirmed: // RFC 5057, section 5.1: the dialog is gone
		m.tellTransfer(TransferFailed, in.Code, in.Reason, in.Err)
		m.lost(in.Code, in.Reason, nil)
	default:
		m.endTransfer(TransferFailed, in.Code, in.Reason, in.Err)
	}
}

func (m *Machine) accepted(code int, reason string) {
	m.tellTransfer(TransferAccepted, code, reason, nil)
	if !m.transfer.orphan {
		m.setTimer(TransferTimer, TransferTime)
	}
}

// onReferReport is the table of RFC 3515, section 2.4.5:
//
//	1xx              it is being tried
//	2xx              done: BYE
//	3xx to 6xx       failed: the call is taken back
//	over, no final   nobody knows: the call is taken back, if the peer is still there
func (m *Machine) onReferReport(in ReferReport) {
	switch {
	case m.transfer.state != TransferAsked && m.transfer.state != TransferAccepted:
	case in.Code >= 300:
		m.endTransfer(TransferFailed, in.Code, in.Reason, nil)
	case in.Code >= 200:
		m.endTransfer(TransferDone, in.Code, in.Reason, nil)
	case in.Over:
		m.endTransfer(TransferUnknown, in.Code, in.Reason, ErrTransferSilent)
	case m.transfer.state == TransferAsked:
		m.accepted(in.Code, in.Reason) // the NOTIFY was faster than the 202
	case in.Code != 0 && in.Code != m.transfer.code:
		m.tellTransfer(TransferAccepted, in.Code, in.Reason, nil)
	}
}

func (m *Machine) endTransfer(s TransferState, code int, reason string, err error) {
	m.stopTimer(TransferTimer)
	m.tellTransfer(s, code, reason, err)
	if m.state != Confirmed {
		return
	}
	if s == TransferDone {
		m.onHangup(CauseNone)
	} else if !m.transfer.held {
		m.onSetHold(false)
	}
}

func (m *Machine) onTransferTimer() {
	if m.transfer.state == TransferAsked || m.transfer.state == TransferAccepted {
		m.endTransfer(TransferUnknown, 0, "", ErrTransferSilent)
	}
}

// onRemoteRefer: one at a time, and only in a call that is up. The peer may be in the
// middle of something, or has hung up.
func (m *Machine) onRemoteRefer(in RemoteRefer) {
	switch m.state {
	case Confirmed:
		if m.transfer.referred || m.transfer.state.Active() {
			m.respond(in.Req, 491, "")
			return
		}
		m.transfer.referred = true
		m.do(Referred(in))
	case Calling, Early, Incoming, Answering:
		m.respond(in.Req, 491, "")
	case Idle, Closing, Ended:
		m.respond(in.Req, 481, "")
	}
}
