package rules

import "strings"

// actions checks what a rule does: each direction has actions of its own, and each
// action the keys that it needs.
func (c *compiler) actions() {
	s := c.rule.spec
	incoming := c.rule.direction == Incoming
	allowed := []Action{Undecided, Call, Reject}
	if incoming {
		allowed = []Action{Undecided, Ring, Silence, Answer, Forward, Reject}
	}
	found := false
	var names []string
	for _, a := range allowed {
		if a != Undecided {
			names = append(names, a.String())
		}
		if s.Action == a.String() {
			c.rule.action, found = a, true
		}
	}
	if !found {
		c.fail("action", "must be one of %s, not %q", strings.Join(names, ", "), s.Action)
		return
	}
	c.rule.rewrite = s.Rewrite.compile(c.fail)
	a := c.rule.action
	switch {
	case s.Code != 0 && a != Reject:
		c.fail("code", "is of a refusal: it needs action = \"reject\"")
	case s.Code != 0 && (s.Code < 300 || s.Code > 699):
		c.fail("code", "%d doesn't refuse a call; use a code from 300 to 699", s.Code)
	case s.Reason != "" && a != Reject:
		c.fail("reason", "is of a refusal: it needs action = \"reject\"")
	}
	switch {
	case a == Forward && s.Target == "":
		c.fail("target", "is missing: where shall the call go?")
	case s.Target != "" && incoming && a != Forward:
		c.fail("target", "needs action = \"forward\"")
	}
	if s.After != 0 && a != Answer {
		c.fail("after", "needs action = \"answer\"")
	}
	if incoming {
		if s.UseAccount != "" {
			c.fail("use_account", "is for outgoing calls")
		}
		if !s.Rewrite.empty() || len(s.Headers) > 0 {
			c.fail("action", "numbers are rewritten and headers added in outgoing calls only")
		}
	} else if s.RingName != "" {
		c.fail("ring", "is for incoming calls")
	}
	if a != Undecided && s.Continue {
		c.fail("continue", "goes on to the next rule, but action = %q has decided", s.Action)
	}
}
