package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"offhook/config"
	"offhook/ua"
	"offhook/ua/rules"
	"offhook/ua/sip"
)

// explainFlags make up a call to explain.
type explainFlags struct {
	from     string
	name     string
	account  string
	at       string
	calls    int
	headers  []string
	incoming bool
	outgoing bool
	unknown  bool
}

func (a *app) explainCommand() *cobra.Command {
	var f explainFlags
	c := &cobra.Command{
		Use:   "explain-call URI",
		Short: "Say what would happen to a call, and why",
		Long: `Ask the rules and the policy of the configuration what would become of a call,
without making one. URI is who is called: any target for a call of yours, your
own address for an incoming one. A call with --from is incoming, unless
--outgoing says otherwise.

Every rule is listed with what it did, or the first condition that didn't hold.`,
		Example: `  offhook config explain-call 0301234567
  offhook config explain-call sip:bob@example.org --account work --at 22:30
  offhook config explain-call alice --from sip:1002@example.org --header 'Alert-Info: <x>;info=external'
  offhook config explain-call alice --from sip:100@203.0.113.9 --unknown-source --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return a.runExplain(args[0], f) },
	}
	s := c.Flags()
	s.StringVar(&f.from, "from", "", "`URI` of the caller of an incoming call")
	s.StringVar(&f.name, "from-name", "", "`NAME` that the caller shows")
	s.StringVar(&f.account, "account", "", "`NAME` of the account that calls or is called")
	s.StringVar(&f.at, "at", "", "`TIME` of the call: 22:30, '2026-12-24 22:30' or RFC 3339 (default now)")
	s.IntVar(&f.calls, "calls", 0, "`N` calls are there already")
	s.StringArrayVar(&f.headers, "header", nil, "`'Name: value'` in the INVITE; may be repeated")
	s.BoolVar(&f.incoming, "incoming", false, "explain a call that comes in")
	s.BoolVar(&f.outgoing, "outgoing", false, "explain a call that goes out")
	s.BoolVar(&f.unknown, "unknown-source", false, "the call comes from elsewhere than the account's own servers")
	behaviour(c, "from", "from-name", "account", "at", "calls", "header", "incoming", "outgoing", "unknown-source")
	c.MarkFlagsMutuallyExclusive("incoming", "outgoing")
	return c
}

// explanation is what --json prints.
type explanation struct {
	Direction string `json:"direction"`
	Account   string `json:"account"`
	From      string `json:"from,omitempty"`
	Target    string `json:"target"`
	At        string `json:"at"`
	// Outcome is ring, answer, refuse, forward, call or nothing.
	Outcome   string        `json:"outcome"`
	Code      int           `json:"code,omitempty"`
	URI       string        `json:"uri,omitempty"`
	ForwardTo string        `json:"forward_to,omitempty"`
	AfterS    float64       `json:"after_s,omitempty"`
	Ring      string        `json:"ring,omitempty"`
	Headers   []string      `json:"headers,omitempty"`
	Rule      string        `json:"rule,omitempty"`
	Says      string        `json:"says"`
	Steps     []explainStep `json:"steps"`
}

type explainStep struct {
	What    string `json:"what"`
	Matched bool   `json:"matched"`
	Why     string `json:"why"`
}

func (a *app) runExplain(target string, f explainFlags) error {
	s, err := a.settings()
	if err != nil {
		return err
	}
	policy, _, err := a.policy(s, nil)
	if err != nil {
		return err
	}
	when, err := parseWhen(f.at, a.now())
	if err != nil {
		return err
	}
	if f.calls < 0 {
		return failf(exitUsage, "--calls: %d is less than nothing", f.calls)
	}
	for _, h := range f.headers {
		if !strings.Contains(h, ":") {
			return failf(exitUsage, "--header: %q isn't of the form \"Name: value\"", h)
		}
	}
	if f.account != "" {
		if _, ok := s.Account(f.account); !ok {
			return fail(exitConfig, unknownAccount(s, f.account))
		}
	}
	accounts := s.Ordered()
	if len(accounts) == 0 {
		direct := config.NewAccount()
		direct.Name, direct.AOR, direct.Register = "direct", "sip:offhook@localhost", false
		accounts = []config.Account{direct}
	}
	var out explanation
	if f.incoming || f.from != "" && !f.outgoing {
		out, err = explainIncoming(s, policy, accounts, target, f, when)
	} else {
		out, err = explainOutgoing(policy, accounts, target, f, when)
	}
	if err != nil {
		return err
	}
	out.At = when.Format(time.RFC3339)
	if a.global.json {
		return json.NewEncoder(a.stdout).Encode(out)
	}
	_, err = fmt.Fprint(a.stdout, out.text())
	return err
}

func (e explanation) text() string {
	var b strings.Builder
	switch e.Direction {
	case "incoming":
		fmt.Fprintf(&b, "A call from %s to %s (account %s), %s:\n", e.From, e.Target, e.Account, e.At)
	default:
		fmt.Fprintf(&b, "A call to %s, %s:\n", e.Target, e.At)
	}
	for _, s := range e.Steps {
		mark := "-"
		if s.Matched {
			mark = "*"
		}
		fmt.Fprintf(&b, "  %s %s: %s\n", mark, s.What, s.Why)
	}
	fmt.Fprintf(&b, "%s\n", e.Says)
	return b.String()
}

func stepsOf(trace []rules.Step) []explainStep {
	out := []explainStep{}
	for _, t := range trace {
		out = append(out, explainStep{What: t.Rule, Matched: t.Matched, Why: t.Why})
	}
	return out
}

func explainOutgoing(policy ua.Policy, accounts []config.Account, target string, f explainFlags, when time.Time) (explanation, error) {
	var list []ua.Account
	for _, c := range accounts {
		list = append(list, ua.Account{Name: c.Name, AOR: c.AOR, DisplayName: c.DisplayName})
	}
	out := explanation{Direction: "outgoing", Target: target}
	plan, err := ua.PlanOutgoing(policy, list, ua.DialRequest{Account: f.account, Target: target, Headers: f.headers}, when, f.calls)
	if err != nil {
		return out, fail(exitUsage, err)
	}
	out.Account, out.Rule, out.Steps = plan.Request.Account, plan.Decision.Rule, stepsOf(plan.Trace)
	out.Headers = plan.Request.Headers
	if plan.Rejected {
		out.Outcome, out.Says = "nothing", fmt.Sprintf("The call isn't made: the rule %s keeps it from going out.", plan.Decision.Rule)
		return out, nil
	}
	out.Outcome, out.URI = "call", plan.URI
	out.Says = fmt.Sprintf("Calls %s from account %s.", plan.URI, plan.Request.Account)
	return out, nil
}

func explainIncoming(s settings, policy ua.Policy, accounts []config.Account, target string, f explainFlags, when time.Time) (explanation, error) {
	out := explanation{Direction: "incoming", Target: target, From: f.from}
	if f.from == "" {
		out.From = "sip:anonymous@anonymous.invalid"
	}
	account := accounts[0]
	user, _, _ := strings.Cut(strings.TrimPrefix(target, "sip:"), "@")
	for _, c := range slices.Backward(accounts) {
		aor, err := sip.ParseURI(c.AOR)
		if c.Name == f.account || f.account == "" && err == nil && aor.User == user {
			account = c
		}
	}
	out.Account = account.Name
	caller, err := ua.PartyOf(out.From, account.AOR)
	if err != nil {
		return out, failf(exitUsage, "--from: %w", err)
	}
	callee, err := ua.PartyOf(target, account.AOR)
	if err != nil {
		return out, fail(exitUsage, err)
	}
	caller.Name = f.name
	facts := ua.CallFacts{
		Facts: rules.Facts{
			Caller: caller, Callee: callee, Account: account.Name, At: when, Calls: f.calls, Known: !f.unknown,
			Anonymous: strings.EqualFold(caller.User, "anonymous") || strings.EqualFold(caller.Domain, "anonymous.invalid"),
		},
		OnlyKnown: account.Accept == "known" || account.Accept == "auto" && account.Register,
		Full:      f.calls >= s.Calls.Max, Alone: f.calls == 0,
	}
	for _, h := range f.headers {
		name, value, _ := strings.Cut(h, ":")
		facts.Headers = append(facts.Headers, rules.Header{Name: strings.TrimSpace(name), Value: strings.TrimSpace(value)})
	}
	plan, err := ua.PlanIncoming(policy, facts)
	if err != nil {
		return out, fail(exitConfig, err)
	}
	out.Rule, out.Ring, out.Code, out.Steps = plan.Decision.Rule, plan.Ring, plan.Code, stepsOf(plan.Trace)
	switch plan.Outcome {
	case ua.PlanRefuse:
		out.Outcome = "refuse"
		out.Says = fmt.Sprintf("The call is refused with %d %s.", plan.Code, first(plan.Reason, sip.ReasonPhrase(plan.Code)))
	case ua.PlanForward:
		out.Outcome, out.ForwardTo = "forward", plan.Target
		out.Says = fmt.Sprintf("The call is sent on to %s, without ringing.", plan.Target)
	case ua.PlanAnswer:
		out.Outcome, out.AfterS = "answer", plan.After.Seconds()
		out.Says = "The phone answers at once by itself, after a warning tone."
		if plan.After > 0 {
			out.Says = fmt.Sprintf("The phone rings and answers by itself after %s, after a warning tone.", plan.After)
		}
	case ua.PlanRing:
		out.Outcome = "ring"
		out.Says = "The phone rings" + ringWords(plan.Ring) + "."
		if plan.NoAnswer != "" {
			out.ForwardTo, out.AfterS = plan.NoAnswer, plan.NoAnswerAfter.Seconds()
			out.Says = fmt.Sprintf("The phone rings%s; after %s without an answer the call is sent on to %s.", ringWords(plan.Ring), plan.NoAnswerAfter, plan.NoAnswer)
		}
	}
	return out, nil
}

func ringWords(ring string) string {
	switch ring {
	case "":
		return ""
	case ua.SilentRing:
		return " without a sound"
	}
	return " as " + ring
}

// parseWhen reads a time of day, a date with it, or RFC 3339.
func parseWhen(s string, now time.Time) (time.Time, error) {
	if s == "" {
		return now, nil
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t, nil
	}
	for _, layout := range []string{"2006-01-02 15:04", "2006-01-02T15:04", "2006-01-02 15:04:05", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, s, now.Location()); err == nil {
			return t, nil
		}
	}
	if t, err := time.Parse("15:04", s); err == nil {
		y, m, d := now.Date()
		return time.Date(y, m, d, t.Hour(), t.Minute(), 0, 0, now.Location()), nil
	}
	return time.Time{}, failf(exitUsage, "--at: %q is no time: write 22:30, \"2026-12-24 22:30\" or 2026-12-24T22:30:00+01:00", s)
}

// byRule gives the account that a rule calls from, for a command that would otherwise
// know only the default one.
func (a *app) byRule(s settings, p *phoneFlags, target string, headers []string) error {
	if p.account.account != "" || p.account.aor != "" || len(s.Rules.Outgoing) == 0 || len(s.Accounts) == 0 {
		return nil
	}
	policy, _, err := a.policy(s, nil)
	if err != nil {
		return err
	}
	out, err := explainOutgoing(policy, s.Ordered(), target, explainFlags{headers: headers}, a.now())
	if err != nil || out.Outcome != "call" {
		return nil // the call itself will tell
	}
	p.account.account = out.Account
	return nil
}
