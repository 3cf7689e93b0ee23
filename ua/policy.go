package ua

import (
	"net/netip"
	"time"

	"offhook/ua/rules"
)

// Accept says whose calls an account takes.
type Accept uint8

const (
	// AcceptAuto is AcceptKnown for an account that registers or has registered, else AcceptAny.
	AcceptAuto Accept = iota
	// AcceptKnown takes calls from the account's own servers only, and from whoever
	// was told by them where we are.
	AcceptKnown
	// AcceptAny takes calls from everybody.
	AcceptAny
)

// AutoAnswer says whose wish to be answered automatically is granted.
type AutoAnswer uint8

const (
	AutoAnswerOff AutoAnswer = iota
	// AutoAnswerListed grants it to the callers in Policy.AutoAnswerFrom.
	AutoAnswerListed
	AutoAnswerAll
)

// String is how the configuration and events write it: "listed".
func (a AutoAnswer) String() string {
	switch a {
	case AutoAnswerOff:
		return "off"
	case AutoAnswerListed:
		return "listed"
	case AutoAnswerAll:
		return "all"
	}
	return "unknown"
}

// Forward says where calls go that aren't taken here. Each target is dialled as
// DialRequest.Target is; empty for none.
type Forward struct {
	Always, Busy, NoAnswer string
	// After is how long a call rings before NoAnswer. Zero means 20 s.
	After time.Duration
}

const defaultForwardAfter = 20 * time.Second

// RingFor gives calls with a certain Alert-Info a ring of their own.
type RingFor struct {
	// Alert are patterns of the label in Alert-Info, such as "Bellcore-dr2" or "external".
	Alert []string
	// Ring is the name of the ring.
	Ring string
}

// Policy is what happens to calls across accounts. The zero value lets every
// call ring.
//
//	known source? -> rules -> forward always -> do-not-disturb -> busy (forward, 486)
//	  -> auto-answer -> ring, as Alert-Info asks -> forward without answer
type Policy struct {
	// DND refuses calls with 480, but those that a rule lets ring.
	DND     bool
	Forward Forward
	// AutoAnswer is about callers that ask for it (Call-Info, Alert-Info,
	// Answer-Mode); AutoAnswerFrom are patterns of callers, as rules have them.
	AutoAnswer     AutoAnswer
	AutoAnswerFrom []string
	// Incoming and Outgoing are asked before all else.
	Incoming, Outgoing []rules.Rule
	// Rings come before the standard ones for Alert-Info.
	Rings []RingFor
}

// Decision is what policy made of a call.
type Decision struct {
	// Rule is the rule that decided, empty when none did.
	Rule string
	// Did is what policy did with the call, in words; empty for nothing special.
	Did string
}

// Refusal is why an INVITE never became a call.
type Refusal uint8

const (
	RefusedUnknown   Refusal = iota // it came from a source that the account doesn't know
	RefusedBusy                     // there are as many calls as may be
	RefusedDND                      // do-not-disturb
	RefusedRule                     // a rule rejected it
	RefusedForwarded                // it was sent on to Target
	RefusedUnfit                    // no call can be made of it: Code says why
)

var refusalNames = [...]string{
	RefusedUnknown: "unknown_source", RefusedBusy: "busy", RefusedDND: "dnd", RefusedRule: "rule",
	RefusedForwarded: "forwarded", RefusedUnfit: "unfit",
}

// String is the refusal's name in events: "unknown_source".
func (r Refusal) String() string {
	if int(r) < len(refusalNames) {
		return refusalNames[r]
	}
	return "unknown"
}

type (
	// PolicyChanged tells the policy that is in force from now on.
	PolicyChanged struct {
		Meta
		Policy Policy
	}
	// CallRefused tells of a call that was refused or sent on without ringing. Refusals
	// of one unknown source come as one event with a count, at most every ten seconds.
	CallRefused struct {
		Meta
		Account string
		// Method is INVITE, or what else would have disturbed.
		Method string
		// From and Name are the caller, Dialed the callee, as the request says.
		From, Name, Dialed string
		SIPCallID          string
		Source             netip.AddrPort
		Why                Refusal
		// Code is what it was answered with; 0 for nothing at all.
		Code int
		// Err is what was wrong with it, when there is more to say than Code does.
		Err error
		// Target is where a forwarded call was sent.
		Target string
		// Rule is the rule that refused it.
		Rule string
		// Count is how many refusals the event is for, Total how many of unknown sources
		// there were since the start.
		Count, Total uint64
	}
)
