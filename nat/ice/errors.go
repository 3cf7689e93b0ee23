package ice

import "errors"

var (
	// ErrNoWay: no pair of addresses worked.
	ErrNoWay = errors.New("no way to the other side was found; a TURN server may help")
	// ErrConsent: the peer answers no longer.
	ErrConsent = errors.New("the other side has stopped answering")
	// ErrRelay: a TURN server that was in use is so no longer.
	ErrRelay = errors.New("the relay is lost")
	// ErrCredentials: a TURN server refuses us.
	ErrCredentials = errors.New("it refuses us")
	// ErrNoCandidates: there is no address to offer.
	ErrNoCandidates = errors.New("there is no address to offer")
	// ErrRemote: the other side's description can't be used.
	ErrRemote = errors.New("the other side's ICE description can't be used")
	// ErrClosed: Close was called.
	ErrClosed = errors.New("ICE is closed")
	// ErrOrder: a method was called before one that it needs.
	ErrOrder = errors.New("ICE isn't so far yet")
)
