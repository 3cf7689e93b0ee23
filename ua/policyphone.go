package ua

import (
	"errors"
	"fmt"
	"slices"

	"offhook/ua/call"
	"offhook/ua/rules"
	"offhook/ua/sip"
)

// SetPolicy puts a policy in force for calls that come or are made from now on.
func (a *Agent) SetPolicy(p Policy) {
	a.box.post(func() {
		if err := a.takePolicy(p); err != nil {
			a.emit(func(m Meta) Event { return CommandFailed{Meta: m, Command: "policy", Err: err} })
			return
		}
		a.emit(func(m Meta) Event { return PolicyChanged{Meta: m, Policy: p} })
	})
}

// Policy is the policy in force.
func (a *Agent) Policy() Policy { return a.policy.Load().Policy }

// policy is a Policy with its patterns understood. It is never changed once published.
type policy struct {
	Policy
	autoAnswer rules.Matcher
	rings      []ringFor
}

type ringFor struct {
	alert rules.Matcher
	name  string
}

// Check says what is wrong with p, as SetPolicy would.
func (p Policy) Check() error {
	_, err := newPolicy(p)
	return err
}

// newPolicy checks p.
func newPolicy(p Policy) (*policy, error) {
	p.AutoAnswerFrom, p.Rings = slices.Clone(p.AutoAnswerFrom), slices.Clone(p.Rings)
	p.Incoming, p.Outgoing = slices.Clone(p.Incoming), slices.Clone(p.Outgoing)
	if p.Forward.After <= 0 {
		p.Forward.After = defaultForwardAfter
	}
	out := &policy{Policy: p}
	for _, f := range []struct{ what, target string }{
		{"always", p.Forward.Always}, {"when busy", p.Forward.Busy}, {"without answer", p.Forward.NoAnswer},
	} {
		if f.target == "" {
			continue
		}
		if _, err := targetURI(f.target, "example.invalid"); err != nil {
			return nil, fmt.Errorf("calls can't be forwarded %s: %w", f.what, err)
		}
	}
	var err error
	if out.autoAnswer, err = rules.NewMatcher(p.AutoAnswerFrom); err != nil {
		return nil, fmt.Errorf("the callers to answer automatically: %w", err)
	}
	for _, r := range p.Rings {
		m, err := rules.NewMatcher(r.Alert)
		if err != nil {
			return nil, fmt.Errorf("the ring %s: the alert %w", r.Ring, err)
		}
		out.rings = append(out.rings, ringFor{m, r.Ring})
	}
	return out, nil
}

func (a *Agent) takePolicy(p Policy) error {
	now, err := newPolicy(p)
	if err == nil {
		a.policy.Store(now)
	}
	return err
}

// Redirect sends a ringing call on to target, by 302.
func (a *Agent) Redirect(id CallID, target string) {
	a.withCall("redirect", id, func(c *phoneCall) {
		if c.m.State() != call.Incoming || c.answering {
			a.fail("redirect", c, errors.New("the call isn't waiting for an answer"))
			return
		}
		to, err := targetURI(target, c.line.domain())
		if err != nil {
			a.fail("redirect", c, err)
			return
		}
		c.redirect(to, deflection)
	})
}

// redirect ends a ringing call with a 302 to another target.
func (c *phoneCall) redirect(to sip.URI, why diversion) {
	c.diverted = &divert{to: to, why: why}
	c.info.ForwardedTo = display(to)
	c.step(call.Reject{Code: 302})
}
