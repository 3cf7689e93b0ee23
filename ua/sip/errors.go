package sip

import "errors"

var (
	// ErrTimeout says that no final response came in time (RFC 3261, timers B and F).
	ErrTimeout = errors.New("no answer in time")
	// ErrTransport says that the request couldn't be sent, or that its connection broke.
	ErrTransport = errors.New("can't reach the peer")
	// ErrClosed says that the endpoint is closed.
	ErrClosed = errors.New("the SIP endpoint is closed")
	// ErrACK says that an ACK was to be answered.
	ErrACK = errors.New("an ACK is never answered")
	// ErrAnswered says that the final response is out already.
	ErrAnswered = errors.New("the request has its final response already")
	// ErrNotCancellable says that only a pending INVITE can be cancelled (RFC 3261, section 9.1).
	ErrNotCancellable = errors.New("only an INVITE that has no final response can be cancelled")
)
