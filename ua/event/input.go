package event

import "time"

// Input is what happened. Sealed. Each says which machine takes it; the others
// ignore it.
type Input interface{ input() }

type (
	// Start asks for the subscription, now, also when a retry would come later. Subscriber.
	Start struct{}
	// Stop asks for its end, or for the publication's removal. Subscriber, Publisher.
	Stop struct{}
	// Refresh says that the way may be better now, or our address another: a wait is cut
	// short, what lives is refreshed. Subscriber, Publisher.
	Refresh struct{}
	// Response is the final response to our newest request. All machines.
	Response struct {
		Code   int
		Reason string
		// Expires is of the header, when there is one.
		Expires    time.Duration
		HasExpires bool
		// MinExpires and RetryAfter are 0 when not given.
		MinExpires, RetryAfter time.Duration
		// ETag names what was published (SIP-ETag).
		ETag string
	}
	// Lost: our newest request has no final response that counts. All machines.
	Lost struct {
		Cause Cause
		Err   error // adds to the Snapshot's text
	}
	// Notify is a NOTIFY of the subscription's dialog. Subscriber.
	Notify struct{ State State }
	// Publish asks for what is to be published now, for the first time or anew. Publisher.
	Publish struct{}
	// Subscribe is a SUBSCRIBE of the watcher: the first, a refresh or, with Expires 0,
	// the last. Notifier.
	Subscribe struct {
		Expires    time.Duration
		HasExpires bool
	}
	// Approve and Update: the watcher may see now; there is something new to see. Notifier.
	Approve struct{}
	Update  struct{}
	// Terminate ends a watcher's subscription from our side. Notifier.
	Terminate struct {
		Reason     Reason
		RetryAfter time.Duration
	}
	// Tick: the time set by SetTimer has come. All machines.
	Tick struct{}
)

func (Start) input()     {}
func (Stop) input()      {}
func (Refresh) input()   {}
func (Response) input()  {}
func (Lost) input()      {}
func (Notify) input()    {}
func (Publish) input()   {}
func (Subscribe) input() {}
func (Approve) input()   {}
func (Update) input()    {}
func (Terminate) input() {}
func (Tick) input()      {}

// Cause is why a request was lost.
type Cause uint8

const (
	Timeout     Cause = iota
	Transport         // sockets, DNS
	Credentials       // challenged, and no password, or a wrong one, or an unknown scheme
)
