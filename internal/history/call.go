package history

import "time"

// Outcome is how a call ended, in one word.
type Outcome string

const (
	Answered  Outcome = "answered"  // somebody talked
	Missed    Outcome = "missed"    // it rang here and nobody took it
	Elsewhere Outcome = "elsewhere" // another phone of the same person took it
	Declined  Outcome = "declined"  // refused here, by a person or a rule
	NoAnswer  Outcome = "no_answer" // it rang there and nobody took it, or we gave up
	Refused   Outcome = "refused"   // refused there: Code says how
	Failed    Outcome = "failed"    // network, media, authentication
)

// Call is one call detail record. Times are zero for what never happened.
type Call struct {
	ID        int64   `json:"id"`
	Account   string  `json:"account"`
	Direction string  `json:"direction"` // "incoming" or "outgoing", as in events
	Outcome   Outcome `json:"outcome"`
	// Remote is the peer's URI, RemoteName its display name, Local our address
	// and Dialed what the caller of an incoming call dialled.
	Remote     string `json:"remote"`
	RemoteName string `json:"remote_name,omitempty"`
	Local      string `json:"local,omitempty"`
	Dialed     string `json:"dialed,omitempty"`

	Started  time.Time `json:"started"`
	Answered time.Time `json:"answered,omitzero"`
	Ended    time.Time `json:"ended"`
	// Cause is the event's cause ("remote_hangup"); Code and Reason are of the
	// final response, when a response ended it.
	Cause     string `json:"cause"`
	Code      int    `json:"code,omitempty"`
	Reason    string `json:"reason,omitempty"`
	Codec     string `json:"codec,omitempty"`
	SIPCallID string `json:"sip_call_id,omitempty"`
	Recording string `json:"recording,omitempty"`
}

// Talked is how long the call lasted from its answer; 0 when nobody answered.
func (c Call) Talked() time.Duration {
	if c.Answered.IsZero() || c.Ended.Before(c.Answered) {
		return 0
	}
	return c.Ended.Sub(c.Answered)
}

// Query chooses calls. The zero value is all of them, newest first.
type Query struct {
	// Limit is how many at most. Zero means all.
	Limit int
	// Before pages on: only calls with a smaller ID. Zero starts at the newest.
	Before int64
	// Account, Direction and Outcome are exact; empty matches all.
	Account, Direction string
	Outcome            Outcome
	// With is a part of the peer's URI or name, without case.
	With string
	// Since and Until bound the start of the call; zero doesn't.
	Since, Until time.Time
}
