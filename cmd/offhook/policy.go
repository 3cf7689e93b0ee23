package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // rules name time zones on machines that have none

	"github.com/spf13/cobra"

	"offhook/audio"
	"offhook/config"
	"offhook/ua"
	"offhook/ua/rules"
)

// policyFlags say what becomes of incoming calls.
type policyFlags struct {
	overrides[config.Calls]
	forwardAfter time.Duration
	accept       string
}

func (f *policyFlags) addTo(cmd *cobra.Command) {
	f.overrides = overriding[config.Calls](cmd, "behaviour")
	f.yes("dnd", "do not disturb: refuse calls with 480, but those that a rule lets ring", func(c *config.Calls) *bool { return &c.DND })
	f.text("forward-always", "send all calls on to `URI` (302)", func(c *config.Calls) *string { return &c.ForwardAlways })
	f.text("forward-busy", "send calls on to `URI` when there are as many as may be", func(c *config.Calls) *string { return &c.ForwardBusy })
	f.text("forward-no-answer", "send calls on to `URI` that nobody answers in time", func(c *config.Calls) *string { return &c.ForwardNoAnswer })
	f.set.DurationVar(&f.forwardAfter, "forward-after", 0, "`TIME` that a call rings before --forward-no-answer (default 20s)")
	f.text("auto-answer", "`WHOSE` calls are answered at once when they ask for it: off, listed or all",
		func(c *config.Calls) *string { return &c.AutoAnswer })
	f.set.StringVar(&f.accept, "accept", "", "`WHOSE` calls are taken: known (those from the account's servers) or any")
	behaviour(cmd, "forward-after", "accept")
}

// override puts what was typed over what the configuration says.
func (f *policyFlags) override(c *config.Calls) error {
	if f == nil || f.set == nil {
		return nil
	}
	f.apply(c)
	switch {
	case !slices.Contains([]string{"off", "listed", "all"}, c.AutoAnswer):
		return failf(exitUsage, "--auto-answer: take off, listed or all, not %q", c.AutoAnswer)
	case !slices.Contains([]string{"", "auto", "known", "any"}, f.accept):
		return failf(exitUsage, "--accept: take known or any, not %q", f.accept)
	case f.forwardAfter < 0:
		return failf(exitUsage, "--forward-after: %s is less than nothing", f.forwardAfter)
	case f.forwardAfter > 0 && c.ForwardNoAnswer == "":
		return failf(exitUsage, "--forward-after needs --forward-no-answer")
	case f.forwardAfter > 0:
		c.ForwardAfter = f.forwardAfter
	}
	return nil
}

// typed says whether a target was given on the command line.
func (f *policyFlags) typed() bool {
	if f == nil || f.set == nil {
		return false
	}
	var typed config.Calls
	f.apply(&typed)
	return typed.ForwardAlways+typed.ForwardBusy+typed.ForwardNoAnswer != ""
}

// admit puts --accept into the accounts.
func (f *policyFlags) admit(accounts []ua.Account) {
	if f.accept == "" {
		return
	}
	for i := range accounts {
		accounts[i].Accept = acceptOf(f.accept)
	}
}

func acceptOf(s string) ua.Accept {
	switch s {
	case "known":
		return ua.AcceptKnown
	case "any":
		return ua.AcceptAny
	}
	return ua.AcceptAuto
}

// policy is what the configuration and the flags say about calls, and the recorded
// rings that it names.
func (a *app) policy(s settings, f *policyFlags) (ua.Policy, map[string]audio.Ringtone, error) {
	calls := s.Calls
	if err := f.override(&calls); err != nil {
		return ua.Policy{}, nil, err
	}
	p := ua.Policy{
		DND:            calls.DND,
		Forward:        ua.Forward{Always: calls.ForwardAlways, Busy: calls.ForwardBusy, NoAnswer: calls.ForwardNoAnswer, After: calls.ForwardAfter},
		AutoAnswerFrom: calls.AutoAnswerFrom,
	}
	switch calls.AutoAnswer {
	case "listed":
		p.AutoAnswer = ua.AutoAnswerListed
	case "all":
		p.AutoAnswer = ua.AutoAnswerAll
	}
	var errs []error
	var err error
	if p.Incoming, err = rules.Compile(rules.Incoming, specs(s.Rules.Incoming)); err != nil {
		errs = append(errs, located(s, err))
	}
	if p.Outgoing, err = rules.Compile(rules.Outgoing, specs(s.Rules.Outgoing)); err != nil {
		errs = append(errs, located(s, err))
	}
	for i, r := range s.Rules.Outgoing {
		if _, ok := s.Account(r.UseAccount); r.UseAccount != "" && !ok {
			errs = append(errs, at(s, fmt.Sprintf("rule.outgoing[%d].use_account", i), "use_account: %w", unknownAccount(s, r.UseAccount)))
		}
	}
	tones := map[string]audio.Ringtone{}
	for _, ring := range ringsOf(s) {
		if err := a.loadRing(tones, ring.name); err != nil {
			errs = append(errs, at(s, ring.key, "ring: %w", err))
		}
	}
	for _, r := range s.Rings {
		p.Rings = append(p.Rings, ua.RingFor{Alert: r.Alert, Ring: r.Ring})
	}
	if _, err := rules.NewMatcher(calls.AutoAnswerFrom); err != nil {
		errs = append(errs, at(s, "calls.auto_answer_from", "calls.auto_answer_from: %w", err))
	}
	for i, r := range s.Rings {
		if _, err := rules.NewMatcher(r.Alert); err != nil {
			errs = append(errs, at(s, fmt.Sprintf("ring[%d].alert", i), "ring.alert: %w", err))
		}
	}
	if len(errs) == 0 {
		if err := p.Check(); err != nil {
			code := exitConfig
			if f.typed() {
				code = exitUsage
			}
			return ua.Policy{}, nil, fail(code, err)
		}
	}
	if len(errs) > 0 {
		return ua.Policy{}, nil, fail(exitConfig, errors.Join(errs...))
	}
	return p, tones, nil
}

// namedRing is a ring that the configuration names, and where.
type namedRing struct{ name, key string }

func ringsOf(s settings) []namedRing {
	var out []namedRing
	for i, r := range s.Rings {
		out = append(out, namedRing{r.Ring, fmt.Sprintf("ring[%d].ring", i)})
	}
	for i, r := range s.Rules.Incoming {
		if r.Ring != "" {
			out = append(out, namedRing{r.Ring, fmt.Sprintf("rule.incoming[%d].ring", i)})
		}
	}
	return out
}

// loadRing checks a ring's name, and reads the file that it names.
func (a *app) loadRing(tones map[string]audio.Ringtone, name string) error {
	path, recorded := strings.CutPrefix(name, "file:")
	switch {
	case !recorded && slices.Contains(audio.RingNames(), name):
		return nil
	case !recorded:
		return fmt.Errorf("there is no ring %q: take one of %s, or file:PATH", name, strings.Join(audio.RingNames(), ", "))
	}
	tone, err := audio.LoadRing(a.home(path))
	if err == nil {
		tones[name] = tone
	}
	return err
}

// at is a mistake with the line on which it stands.
func at(s settings, key, format string, args ...any) error {
	return fmt.Errorf("%s:%d: %w", s.path, config.Line(s.path, key), fmt.Errorf(format, args...))
}

// located gives each mistake in a rule its line.
func located(s settings, err error) error {
	list, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return err
	}
	var out []error
	for _, one := range list.Unwrap() {
		var e *rules.Error
		if errors.As(one, &e) {
			one = at(s, fmt.Sprintf("rule.%s[%d].%s", e.Direction, e.Index, e.Key), "%w", e)
		}
		out = append(out, one)
	}
	return errors.Join(out...)
}

// specs are rules as ua/rules reads them.
func specs(list []config.Rule) []rules.Spec {
	var out []rules.Spec
	for _, r := range list {
		out = append(out, rules.Spec{
			Name: r.Name, Caller: r.Caller, Callee: r.Callee, Account: r.Account,
			Time: r.Time, Days: r.Days, Dates: r.Dates, Zone: r.Zone, Calls: r.Calls, Header: r.Header,
			Source: r.Source, Identity: r.Identity,
			Action: r.Action, Code: r.Code, Reason: r.Reason, Target: r.Target, After: r.After, RingName: r.Ring,
			UseAccount: r.UseAccount, Headers: r.Headers, Continue: r.Continue,
			Rewrite: rules.Rewrite{
				Strip: r.Strip, StripPrefix: r.StripPrefix, Replace: r.Replace, With: r.With, AddPrefix: r.AddPrefix,
				CountryCode: r.CountryCode, AreaCode: r.AreaCode, TrunkPrefix: r.TrunkPrefix, InternationalPrefix: r.InternationalPrefix,
			},
		})
	}
	return out
}
