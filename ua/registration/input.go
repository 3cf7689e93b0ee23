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
	// also one that was tried before, and at once, as nothing that is under way can
	// still come to an end.
	Rebind struct {
		Contact string
		Moved   bool
	}
	// FlowLost: the connection, or the NAT binding, by which the registrar reaches us is
	// gone (RFC 5626, section 4.5).
	FlowLost struct{ Err error }
	// Company says whether another flow of the account works: then there is less hurry
	// (RFC 5626, section 4.5).
	Company struct{ Others bool }
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
		// Outbound says that the registrar took the flow as one (RFC 5626, section 6); FlowTimer
		// is the silence that it bears then, 0 when not given.
		Outbound  bool
		FlowTimer time.Duration
		// ServiceRoute and Path are header values, nearest hop first (RFC 3608, RFC 3327).
		ServiceRoute, Path []string
	}
	// Lost: a request has no final response that counts.
	Lost struct {
		CSeq  uint32 // of the last attempt; 0 counts as the newest request's
		Cause Cause
		Err   error // adds to the Snapshot's text
		// Code and Reason are of the response behind it, as a challenge that can't be met; 0 for none.
		Code   int
		Reason string
	}
	// Tick: the time set by SetTimer has come.
	Tick struct{}
)

func (Start) input()    {}
func (Stop) input()     {}
func (Rebind) input()   {}
func (Response) input() {}
func (Lost) input()     {}
func (FlowLost) input() {}
func (Company) input()  {}
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
	// Instance is the URN of +sip.instance, RegID its reg-id; empty and 0 for none.
	Instance string
	RegID    int
	// PubGRUU and TempGRUU are URIs (RFC 5627); empty for none.
	PubGRUU, TempGRUU string
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
		// RegID numbers the flow; 0 asks for no outbound.
		RegID int
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
