package rules

import "time"

// Direction says which calls a rule is for.
type Direction uint8

const (
	Incoming Direction = iota
	Outgoing
)

func (d Direction) String() string {
	if d == Outgoing {
		return "outgoing"
	}
	return "incoming"
}

// Action is what a rule decides.
type Action uint8

const (
	// Undecided leaves the call to what comes after the rules.
	Undecided Action = iota
	// Ring lets an incoming call ring, do-not-disturb or not.
	Ring
	// Silence shows an incoming call without a sound.
	Silence
	// Answer takes an incoming call by itself.
	Answer
	// Forward sends an incoming call to another target (302).
	Forward
	// Reject refuses an incoming call, or keeps an outgoing one from being made.
	Reject
	// Call lets an outgoing call go out.
	Call
)

// String is the action as a rule spells it.
func (a Action) String() string {
	switch a {
	case Undecided:
		return ""
	case Ring:
		return "ring"
	case Silence:
		return "silence"
	case Answer:
		return "answer"
	case Forward:
		return "forward"
	case Reject:
		return "reject"
	case Call:
		return "call"
	}
	return "unknown"
}

// Spec is a rule as a person writes it. A condition that is left out holds always;
// all that are given must hold.
type Spec struct {
	// Name is how explanations call the rule; empty: by its number.
	Name string

	// Caller and Callee are patterns; see the package's pattern type.
	Caller, Callee []string
	// Account are patterns of the account's name.
	Account []string
	// Time are spans "09:00-17:00", Days "mon-fri" or "sat", Dates "2026-12-24",
	// "2026-12-24..2027-01-06" or, every year, "12-24..01-06".
	Time, Days, Dates []string
	// Zone is an IANA time zone; empty is the machine's own.
	Zone string
	// Calls is how many other calls there are: "0", "1-3" or "2-".
	Calls string
	// Header are conditions that must all hold: "Name" is there, "!Name" isn't,
	// "Name: pattern" has a value that matches.
	Header []string
	// Source is "known", "unknown" or empty; Identity "anonymous", "shown" or empty.
	Source, Identity string

	// Action is one of "", "ring", "silence", "answer", "forward" and "reject" for
	// incoming calls, "", "call" and "reject" for outgoing ones.
	Action string
	// Code and Reason are of a refusal: 0 means 480 for incoming, 403 for outgoing.
	Code   int
	Reason string
	// Target is where a forwarded call, or an outgoing one, goes instead.
	Target string
	// After is how long an answered call rings first.
	After time.Duration
	// RingName is how the call rings.
	RingName string

	// What follows is for outgoing calls. UseAccount is who calls.
	UseAccount string
	Rewrite    Rewrite
	// Headers are added to the INVITE, "Name: value".
	Headers []string

	// Continue goes on to the rules below after a match.
	Continue bool
}

// Rule is a Spec that was understood.
type Rule struct {
	spec      Spec
	direction Direction
	action    Action
	when      when
	tests     []test
	rewrite   rewriter
}

// Name is how explanations call the rule.
func (r Rule) Name() string { return r.spec.Name }

// Party is a caller or callee.
type Party struct {
	// Name is the display name, URI the whole address, User and Domain its parts,
	// with escapes resolved.
	Name, User, Domain, URI string
}

// Header is one header line of a request.
type Header struct{ Name, Value string }

// Facts are what a rule can ask about a call.
type Facts struct {
	Caller, Callee Party
	Account        string
	At             time.Time
	// Calls is how many other calls there are.
	Calls   int
	Headers []Header
	// Known says that the request came from the account's own servers; Anonymous
	// that the caller hides who they are.
	Known, Anonymous bool
}

// Decision is the outcome of the rules for one call.
type Decision struct {
	Action Action
	Code   int
	Reason string
	Target string
	After  time.Duration
	// Ring is how the call rings; empty for as it would without rules.
	Ring string
	// Account is who calls; empty for as it was asked.
	Account string
	// Number is the user part to dial when Rewritten.
	Number    string
	Rewritten bool
	Headers   []string
	// Rule is the last rule that matched, empty when none did.
	Rule string
	// Trace has a step for each rule that was asked.
	Trace []Step
}

// Step tells how one rule was judged.
type Step struct {
	Rule    string
	Matched bool
	// Why is which condition didn't hold, or what the rule did.
	Why string
}
