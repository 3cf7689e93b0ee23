package call

import "time"

// Peer is what a message says of its sender.
type Peer struct {
	// Known says that the message lists the methods that its sender takes (Allow).
	// Without a list nothing is known, and what was known stays.
	Known bool
	// Update says that UPDATE is among them (RFC 3311, section 4).
	Update bool
	// Timer says that the sender understands session timers (Supported: timer).
	Timer bool
	// Reliable says that the sender acknowledges provisional responses, and Requires
	// that it insists on that (RFC 3262).
	Reliable, Requires bool
}

// Side is a party of one request: its sender or its receiver.
type Side uint8

const (
	NoSide Side = iota
	UAC
	UAS
)

// Session is what a message says of the session timer (RFC 4028).
type Session struct {
	Expires   time.Duration // zero for none
	MinSE     time.Duration // zero for none
	Refresher Side
}

// What comes of reliable provisional responses and of UPDATE.
type (
	// PrackDone: our PRACK in the dialog of Tag has its answer. Code 0 with an Err is a
	// time-out or a broken transport.
	PrackDone struct {
		Tag  string
		Code int
		Body Body
		Err  error
	}
	// UpdateDone: our UPDATE has its answer.
	UpdateDone struct {
		Code    int
		Reason  string
		Body    Body
		Session Session
		Err     error
	}
	// RemotePrack acknowledges the reliable provisional response of that RSeq.
	RemotePrack struct {
		Req  Request
		RSeq uint32
		Body Body
	}
	// RemoteUpdate is an UPDATE in the dialog of Tag; Tag is empty for an incoming call.
	RemoteUpdate struct {
		Req     Request
		Tag     string
		Body    Body
		Session Session
		Peer    Peer
	}
)

func (PrackDone) input()    {}
func (UpdateDone) input()   {}
func (RemotePrack) input()  {}
func (RemoteUpdate) input() {}

// Their effects.
type (
	// SendPrack acknowledges a reliable provisional response. With WithAnswer, Desc is the
	// offer that came in it.
	SendPrack struct {
		Tag  string
		RSeq uint32
		Role SDPRole
		Hold bool
		Desc any
	}
	// SendUpdate sends an UPDATE in the dialog of Tag; without an offer it refreshes.
	SendUpdate struct {
		Tag     string
		Role    SDPRole
		Hold    bool
		Session Session
	}
	// AcceptUpdate answers an UPDATE with 200.
	AcceptUpdate struct {
		Req     Request
		Tag     string
		Role    SDPRole
		Hold    bool
		Desc    any
		Session Session
	}
	// AcceptPrack answers a PRACK with 200.
	AcceptPrack struct {
		Req  Request
		Role SDPRole
		Hold bool
		Desc any
	}
	// Reliable sends a provisional response that the peer has to acknowledge.
	Reliable struct {
		Req  Request
		Code int
		RSeq uint32
		Role SDPRole
		Hold bool
		Desc any
	}
	// Repeat sends the newest reliable provisional response again.
	Repeat struct{}
	// Retry sends the INVITE of a round again as a new request: a 422 asked for another
	// session timer.
	Retry struct {
		Round   Round
		Session Session
	}
	// Follow makes the media of the early dialog of Tag the call's; an empty Tag
	// is that there is none.
	Follow struct{ Tag string }
	// ReofferFailed: the peer didn't take the description that has changed here. Its media
	// may go to a place that is left.
	ReofferFailed struct {
		Code   int
		Reason string
		Err    error
	}
	// Rollback forgets our offer: it was refused, and nobody asked for a change.
	Rollback struct{ Tag string }
)

func (SendPrack) effect()     {}
func (SendUpdate) effect()    {}
func (AcceptUpdate) effect()  {}
func (AcceptPrack) effect()   {}
func (Reliable) effect()      {}
func (Repeat) effect()        {}
func (Retry) effect()         {}
func (Follow) effect()        {}
func (ReofferFailed) effect() {}
func (Rollback) effect()      {}
