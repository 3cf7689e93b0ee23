package ua

import "time"

// Refresher is who keeps a session with a timer alive (RFC 4028).
type Refresher uint8

const (
	RefresherNone   Refresher = iota // no timer runs; as a wish: either
	RefresherLocal                   // we do
	RefresherRemote                  // the peer does
)

// String is the name in events and logs: "local".
func (r Refresher) String() string {
	switch r {
	case RefresherNone:
		return "none"
	case RefresherLocal:
		return "local"
	case RefresherRemote:
		return "remote"
	}
	return "unknown"
}

// SessionTimer is the timer that a call's sides agreed on. The zero value is none.
type SessionTimer struct {
	Expires   time.Duration
	Refresher Refresher
}
