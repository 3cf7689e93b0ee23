package ua

import (
	"time"

	"offhook/ua/header"
)

// What messages say to people, as package header reads it.
type (
	// PeerHeaders is what the other side says of itself and of its call.
	PeerHeaders = header.Peer
	// Reason is why a call ended, in the words of RFC 3326: {SIP 200 "Call completed elsewhere"}.
	Reason       = header.Reason
	Warning      = header.Warning
	Identity     = header.Identity
	RemoteParty  = header.RemoteParty
	Diversion    = header.Diversion
	HistoryEntry = header.HistoryEntry
	// Privacy is what a call asks to be kept back (RFC 3323), a set.
	Privacy = header.Privacy
)

// EndHeaders is what came with the response or the request that ended a call.
type EndHeaders struct {
	// Warning is the first of a response's (RFC 3261, section 20.43): often why there was a 488.
	Warning Warning
	// RetryAfter is how long the peer asks to wait; 0 when it doesn't.
	RetryAfter time.Duration
	// EndReason is the Reason header of the CANCEL, the BYE or the response.
	EndReason Reason
}
