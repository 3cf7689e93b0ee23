package ua

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"offhook/ua/rules"
	"offhook/ua/sip"
)

// ErrByRule is told when a rule keeps a call from being made.
var ErrByRule = errors.New("a rule keeps this call from being made")

// OutgoingPlan is what rules make of a call that somebody asks for.
type OutgoingPlan struct {
	// Request is the call as it goes out: account, target and headers.
	Request DialRequest
	// URI is the Request-URI.
	URI string
	// Rejected says that a rule keeps it from being made.
	Rejected bool
	Decision Decision
	Trace    []rules.Step

	uri sip.URI
}

// PlanOutgoing says what p makes of a call out. accounts are those of the phone, the
// first one the default; calls is how many there are already.
func PlanOutgoing(p Policy, accounts []Account, r DialRequest, at time.Time, calls int) (OutgoingPlan, error) {
	find := func(name string) (rules.Party, string, string, error) {
		for _, acc := range accounts {
			if name == "" || acc.Name == name {
				aor, err := sip.ParseURI(acc.AOR)
				if err != nil {
					return rules.Party{}, "", "", fmt.Errorf("account %q: %w", acc.Name, err)
				}
				l := &line{acc: acc, aor: aor}
				return party(aor, acc.DisplayName), acc.Name, l.domain(), nil
			}
		}
		return rules.Party{}, "", "", fmt.Errorf("%w: %q", ErrNoAccount, name)
	}
	return planOutgoing(p.Outgoing, find, r, at, calls)
}

// planOutgoing applies rules to a call. find gives an account's own address, name and
// domain.
func planOutgoing(list []rules.Rule, find func(string) (rules.Party, string, string, error), r DialRequest, at time.Time, calls int) (OutgoingPlan, error) {
	plan := OutgoingPlan{Request: r}
	self, name, domain, err := find(r.Account)
	if err != nil {
		return plan, err
	}
	plan.Request.Account = name
	if plan.uri, err = targetURI(r.Target, domain); err != nil {
		return plan, err
	}
	plan.URI = plan.uri.String()
	f := rules.Facts{Caller: self, Callee: party(plan.uri, ""), Account: name, At: at, Calls: calls, Known: true}
	for _, h := range r.Headers {
		if k, v, ok := strings.Cut(h, ":"); ok {
			f.Headers = append(f.Headers, rules.Header{Name: strings.TrimSpace(k), Value: strings.TrimSpace(v)})
		}
	}
	d := rules.Decide(list, f)
	plan.Trace = ruleSteps(d.Trace)
	plan.Decision = Decision{Rule: d.Rule}
	if d.Action == rules.Reject {
		plan.Rejected = true
		plan.Decision.Did = "not made"
		return plan, nil
	}
	if d.Account != "" && d.Account != name {
		if _, plan.Request.Account, domain, err = find(d.Account); err != nil {
			return plan, fmt.Errorf("the rule %s calls from another account: %w", d.Rule, err)
		}
		plan.Decision.Did = "from account " + d.Account
	}
	switch {
	case d.Target != "":
		plan.Request.Target = d.Target
	case hasHost(r.Target) && d.Rewritten:
		plan.uri.User = escapeUser(d.Number)
		plan.Request.Target = plan.uri.String()
	case d.Rewritten:
		plan.Request.Target = d.Number // at the domain of whichever account it is now
	}
	if plan.uri, err = targetURI(plan.Request.Target, domain); err != nil {
		return plan, fmt.Errorf("after the rule %s: %w", d.Rule, err)
	}
	plan.URI = plan.uri.String()
	if plan.Request.Target != r.Target {
		plan.Decision.Did = strings.TrimPrefix(plan.Decision.Did+", dialled as "+plan.Request.Target, ", ")
	}
	if len(d.Headers) > 0 {
		plan.Request.Headers = append(append([]string(nil), r.Headers...), d.Headers...)
	}
	return plan, nil
}

// hasHost says whether a target names a host of its own.
func hasHost(target string) bool {
	if i := strings.IndexByte(target, '<'); i >= 0 {
		target = target[i+1:]
	}
	scheme, rest, _ := cutScheme(strings.TrimSpace(target))
	_, _, at := cutUser(rest)
	return at || strings.HasPrefix(scheme, "sip") && rest != strings.TrimSpace(target)
}

// obey applies the outgoing rules to a call of ours. A target that can't be understood
// is left for dial to complain about.
func (a *Agent) obey(r DialRequest) (DialRequest, Decision, error) {
	list := a.policy.Load().Outgoing
	if len(list) == 0 {
		return r, Decision{}, nil
	}
	plan, err := planOutgoing(list, func(name string) (rules.Party, string, string, error) {
		l := a.line(name)
		if l == nil {
			return rules.Party{}, "", "", fmt.Errorf("%w: %q", ErrNoAccount, name)
		}
		return party(l.aor, l.acc.DisplayName), l.acc.Name, l.domain(), nil
	}, r, time.Now(), a.open())
	switch {
	case err != nil && errors.Is(err, ErrNoTarget) && plan.Decision.Rule == "":
		return r, Decision{}, nil
	case err != nil:
		return r, plan.Decision, err
	case plan.Rejected:
		return r, plan.Decision, fmt.Errorf("%w: %s", ErrByRule, plan.Decision.Rule)
	}
	return plan.Request, plan.Decision, nil
}
