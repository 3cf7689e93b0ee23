package ua

import (
	"fmt"
	"time"

	"offhook/ua/rules"
)

// CallFacts are all that policy knows of an incoming call.
type CallFacts struct {
	rules.Facts
	// OnlyKnown says that the account takes calls from known sources only.
	OnlyKnown bool
	// Full says that there are as many calls as may be.
	Full bool
	// Alone says that an answered call would hold no other: nobody talks, or calls
	// run side by side.
	Alone bool
	// Diverted is how often the call has been sent on before it came here.
	Diverted int
}

// Outcome is what becomes of a call.
type Outcome uint8

const (
	// PlanRing lets it ring; PlanAnswer too, and answers it after Plan.After.
	PlanRing Outcome = iota
	PlanAnswer
	// PlanRefuse refuses it with Plan.Code.
	PlanRefuse
	// PlanForward sends it on to Plan.Target.
	PlanForward
)

// Plan is what is to happen to an incoming call, and why.
type Plan struct {
	Outcome Outcome
	Code    int
	Reason  string
	// Refusal says why a call is refused or sent on.
	Refusal Refusal
	Target  string
	// After is how long a call rings before it is answered by itself.
	After time.Duration
	// Ring is the ring's name; empty is the standard one.
	Ring string
	// NoAnswer is where the call goes when nobody answers for NoAnswerAfter.
	NoAnswer      string
	NoAnswerAfter time.Duration
	// Decision is for CallInfo.
	Decision Decision
	// Trace has a step for everything that was asked, in order.
	Trace []rules.Step

	why diversion
}

// SilentRing is the name of the ring that isn't heard.
const SilentRing = "silent"

// PlanIncoming says what p makes of a call in.
func PlanIncoming(p Policy, f CallFacts) (Plan, error) {
	now, err := newPolicy(p)
	if err != nil {
		return Plan{}, err
	}
	return now.incoming(f), nil
}

// incoming asks in the order that Policy shows. The first who decides, does.
func (p *policy) incoming(f CallFacts) Plan {
	var plan Plan
	note := func(what string, matched bool, format string, args ...any) {
		plan.Trace = append(plan.Trace, rules.Step{Rule: what, Matched: matched, Why: fmt.Sprintf(format, args...)})
	}
	decided := func(did string) { plan.Decision.Did = did }

	switch {
	case f.Known:
		note("source", false, "the caller's address is known")
	case f.OnlyKnown:
		plan.Outcome, plan.Code, plan.Refusal = PlanRefuse, 403, RefusedUnknown
		decided("refused: unknown source")
		note("source", true, "the account takes calls from known sources only, and this one is unknown: refuses with 403")
		return plan
	default:
		note("source", false, "the account takes calls from everybody")
	}

	d := rules.Decide(p.Incoming, f.Facts)
	plan.Trace = append(plan.Trace, ruleSteps(d.Trace)...)
	plan.Ring = d.Ring
	plan.Decision.Rule = d.Rule
	mayForward := f.Diverted < maxDiversions
	switch d.Action {
	case rules.Reject:
		plan.Outcome, plan.Code, plan.Reason, plan.Refusal = PlanRefuse, d.Code, d.Reason, RefusedRule
		decided(fmt.Sprintf("rejected with %d", d.Code))
		return plan
	case rules.Forward:
		if mayForward {
			plan.forward(d.Target, unknownReason, RefusedForwarded)
			return plan
		}
		note("forward", false, "the call has been sent on too often already")
	case rules.Silence:
		plan.Ring = SilentRing
	case rules.Undecided, rules.Ring, rules.Answer, rules.Call:
	}
	pierces := d.Action == rules.Ring || d.Action == rules.Silence || d.Action == rules.Answer

	switch {
	case p.Forward.Always == "":
		note("forward always", false, "is off")
	case pierces:
		note("forward always", false, "a rule has decided")
	case !mayForward:
		note("forward always", false, "the call has been sent on too often already")
	default:
		note("forward always", true, "sends it on to %s", p.Forward.Always)
		plan.forward(p.Forward.Always, unconditional, RefusedForwarded)
		return plan
	}
	switch {
	case !p.DND:
		note("do not disturb", false, "is off")
	case pierces:
		note("do not disturb", false, "a rule has decided")
	default:
		note("do not disturb", true, "refuses with 480")
		plan.Outcome, plan.Code, plan.Refusal = PlanRefuse, 480, RefusedDND // RFC 3261, section 21.4.18
		decided("refused: do not disturb")
		return plan
	}
	switch {
	case !f.Full:
		note("room", false, "there is room for the call")
	case p.Forward.Busy != "" && mayForward:
		note("room", true, "there are as many calls as may be: sends it on to %s", p.Forward.Busy)
		plan.forward(p.Forward.Busy, userBusy, RefusedForwarded)
		return plan
	default:
		note("room", true, "there are as many calls as may be: refuses with 486")
		plan.Outcome, plan.Code, plan.Refusal = PlanRefuse, 486, RefusedBusy
		decided("refused: busy")
		return plan
	}
	p.answering(&plan, d, f, note)
	if plan.Outcome == PlanRefuse {
		return plan
	}
	if plan.Ring == "" {
		var why string
		plan.Ring, why = p.ringFor(f.Headers)
		note("ring", plan.Ring != "", "%s", why)
	}
	// What is to be answered later may ring on instead: see answerItself.
	rings := plan.Outcome == PlanRing || plan.After > 0 && plan.After < p.Forward.After
	if p.Forward.NoAnswer != "" && rings && mayForward {
		plan.NoAnswer, plan.NoAnswerAfter = p.Forward.NoAnswer, p.Forward.After
		note("forward without answer", true, "sends it on to %s after %s", plan.NoAnswer, plan.NoAnswerAfter)
	}
	if plan.Decision.Did == "" && plan.Ring != "" {
		decided("rings as " + plan.Ring)
	}
	return plan
}

// ruleSteps marks the steps of rules among all others.
func ruleSteps(trace []rules.Step) []rules.Step {
	var out []rules.Step
	for _, s := range trace {
		s.Rule = "rule " + s.Rule
		out = append(out, s)
	}
	return out
}

// forward makes the plan a 302.
func (plan *Plan) forward(target string, why diversion, r Refusal) {
	plan.Outcome, plan.Code, plan.Target, plan.why, plan.Refusal = PlanForward, 302, target, why, r
	plan.Decision.Did = "forwarded to " + target
}

// answering decides whether the phone takes the call by itself.
func (p *policy) answering(plan *Plan, d rules.Decision, f CallFacts, note func(string, bool, string, ...any)) {
	wish := answerWish(f.Headers)
	refuse := func() {
		if wish.Require { // RFC 5373, section 4.3
			plan.Outcome, plan.Code, plan.Refusal = PlanRefuse, 403, RefusedRule
			plan.Decision.Did = "refused: the caller insists on an automatic answer"
			note("auto-answer", true, "the caller takes no other answer: refuses with 403")
		}
	}
	switch {
	case d.Action == rules.Answer && f.Alone:
		plan.Outcome, plan.After = PlanAnswer, d.After
		plan.Decision.Did = "answered automatically"
	case d.Action == rules.Answer:
		note("auto-answer", false, "another call is up: it rings instead")
		refuse()
	case wish.Manual:
		note("auto-answer", false, "the caller wants a person to answer (%s)", wish.By)
	case !wish.Auto:
		note("auto-answer", false, "the caller doesn't ask for it")
	case p.AutoAnswer == AutoAnswerOff:
		note("auto-answer", false, "the caller asks for it (%s), but it is off", wish.By)
		refuse()
	case p.AutoAnswer == AutoAnswerListed && !p.autoAnswer.Match(f.Caller):
		note("auto-answer", false, "the caller asks for it (%s), but isn't listed", wish.By)
		refuse()
	case !f.Alone:
		note("auto-answer", false, "the caller asks for it (%s), but another call is up: it rings instead", wish.By)
		refuse()
	default:
		note("auto-answer", true, "the caller asks for it (%s): answers after %s", wish.By, wish.After)
		plan.Outcome, plan.After = PlanAnswer, wish.After
		plan.Decision.Did = "answered automatically: " + wish.By
	}
}
