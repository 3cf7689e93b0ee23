package registration

import (
	"time"

	"offhook/ua/sip"
)

// Input is what happened. Sealed.
type Input interface{ input() }

type (
	// Start asks for a binding: now, also when a retry would come later.
	Start struct{}
	// Stop asks for its removal.
	Stop struct{}
	// Rebind asks for another Contact. Moved says that it is of another network: then
	// also one that was tried before.
	Rebind struct {
		Contact string
		Moved   bool
	}
	// Response is the final response to a request, read by ParseResponse.
	Response struct {
		// CSeq is the response's own. 0 counts as the newest request's.
		CSeq     uint32
		Code     int
		Reason   string
		Bindings []Binding
		// Expires is of the header, when there is one.
		Expires    time.Duration
		HasExpires bool
		// MinExpires and RetryAfter are 0 when not given.
		MinExpires, RetryAfter time.Duration
	}
	// Lost: a request has no final response that counts.
	Lost struct {
		CSeq  uint32 // of the last attempt; 0 counts as the newest request's
		Cause Cause
		Err   error // adds to the Snapshot's text
	}
	// Tick: the time set by SetTimer has come.
	Tick struct{}
)

func (Start) input()    {}
func (Stop) input()     {}
func (Rebind) input()   {}
func (Response) input() {}
func (Lost) input()     {}
func (Tick) input()     {}

// Cause is why a request was lost.
type Cause uint8

const (
	Timeout     Cause = iota
	Transport         // sockets, DNS
	Credentials       // challenged, and no password, or a wrong one, or an unknown scheme
)

// Binding is one Contact of a 2xx.
type Binding struct {
	URI        sip.URI
	Expires    time.Duration
	HasExpires bool
}

// Effect is what the caller is to do, in order. Sealed.
type Effect interface{ effect() }

type (
	// Send sends a REGISTER: see NewRequest.
	Send struct {
		CSeq    uint32
		Expires time.Duration // 0 removes the binding
		Contact string
		// Drop are former Contacts to remove in the same request.
		Drop []string
	}
	// SetTimer asks for a Tick at the given time, in place of any before.
	SetTimer struct{ At time.Time }
	// StopTimer takes back SetTimer.
	StopTimer struct{}
	// Changed tells a new state.
	Changed struct{ Snapshot }
)

func (Send) effect()      {}
func (SetTimer) effect()  {}
func (StopTimer) effect() {}
func (Changed) effect()   {}
