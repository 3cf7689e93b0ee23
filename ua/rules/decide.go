package rules

import (
	"fmt"
	"strings"
)

// Decide asks the rules in their order what is to happen to a call.
func Decide(list []Rule, f Facts) Decision {
	d := Decision{Number: f.Callee.User}
	for _, r := range list {
		if why, ok := r.matches(f); !ok {
			d.Trace = append(d.Trace, Step{Rule: r.spec.Name, Why: why})
			continue
		}
		did := r.apply(&d, &f)
		d.Rule = r.spec.Name
		d.Trace = append(d.Trace, Step{Rule: r.spec.Name, Matched: true, Why: did})
		if !r.spec.Continue {
			break
		}
	}
	return d
}

// matches says whether all conditions hold, and which is the first that doesn't.
func (r Rule) matches(f Facts) (why string, ok bool) {
	for _, t := range r.tests {
		if ok, why := t(f); !ok {
			return why, false
		}
	}
	return "", true
}

// apply puts what the rule does into d, and what it rewrites into f.
func (r Rule) apply(d *Decision, f *Facts) string {
	s := r.spec
	var did []string
	say := func(format string, args ...any) { did = append(did, fmt.Sprintf(format, args...)) }
	if s.RingName != "" {
		d.Ring = s.RingName
		say("rings as %s", s.RingName)
	}
	if s.UseAccount != "" && s.UseAccount != d.Account {
		d.Account, f.Account = s.UseAccount, s.UseAccount
		say("calls from account %s", s.UseAccount)
	}
	if !s.Rewrite.empty() && f.Callee.User != "" {
		if to := r.rewrite.apply(f.Callee.User); to != f.Callee.User {
			say("%s", s.Rewrite.words(f.Callee.User, to))
			f.Callee.URI = strings.Replace(f.Callee.URI, f.Callee.User, to, 1)
			f.Callee.User = to
			d.Number, d.Rewritten = to, true
		}
	}
	if len(s.Headers) > 0 {
		d.Headers = append(d.Headers, s.Headers...)
		say("adds %s", strings.Join(s.Headers, ", "))
	}
	if s.Target != "" {
		d.Target = s.Target
	}
	switch r.action {
	case Undecided:
		if d.Target != "" && r.direction == Outgoing {
			say("calls %s instead", d.Target)
		}
	case Ring:
		say("lets it ring")
	case Silence:
		say("shows it without a sound")
	case Answer:
		d.After = s.After
		say("answers it after %s", s.After)
	case Forward:
		say("forwards it to %s", s.Target)
	case Reject:
		d.Code, d.Reason = s.Code, s.Reason
		if d.Code == 0 {
			d.Code = 480
			if r.direction == Outgoing {
				d.Code = 403
			}
		}
		if r.direction == Outgoing {
			say("keeps it from being made")
		} else {
			say("rejects it with %d", d.Code)
		}
	case Call:
		say("lets it go out")
	}
	d.Action = r.action
	if s.Continue {
		say("goes on to the next rule")
	}
	if len(did) == 0 {
		return "changes nothing"
	}
	return strings.Join(did, ", ")
}
