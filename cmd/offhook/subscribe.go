package main

import (
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"offhook/ua"
	"offhook/ua/event"
)

// subscribeFlags are the behaviour of `offhook subscribe`.
type subscribeFlags struct {
	requestFlags
	event             string
	once              bool
	expires, duration time.Duration
}

func (a *app) subscribeCommand() *cobra.Command {
	var f subscribeFlags
	c := &cobra.Command{
		Use:   "subscribe [TARGET]",
		Short: "Watch a mailbox, somebody's calls or presence",
		Long: `Subscribe to what an event package tells of TARGET, and print each notification:
message-summary (how many messages wait), dialog (calls: a busy lamp), presence,
reg (where somebody is registered) or conference. Without TARGET it is the account
itself. The subscription is refreshed, and begun again when it breaks off, until
--duration or Ctrl-C; then it is ended. --once ends after the first notification;
--expires 0s asks once without subscribing.`,
		Example: `  offhook subscribe --account work --event message-summary
  offhook subscribe 102 --account work --event dialog --json
  offhook subscribe sip:bob@10.0.0.5 --event presence --once --timeout 5s`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(cmd); err != nil {
				return err
			}
			if _, err := event.Lookup(f.event); err != nil {
				return failf(exitUsage, "--event: %w", err)
			}
			target := ""
			if len(args) > 0 {
				target = args[0]
			}
			return a.runSubscribe(cmd, target, &f.phone, &f)
		},
	}
	f.addTo(c, "end with exit code 5 when no notification comes within `TIME`")
	s := c.Flags()
	s.StringVar(&f.event, "event", event.MessageSummary, "event `PACKAGE`: message-summary, dialog, presence, reg or conference")
	s.BoolVar(&f.once, "once", false, "end after the first notification")
	s.DurationVar(&f.duration, "duration", 0, "unsubscribe and end after `TIME`")
	subscriptionExpires(s, &f.expires)
	behaviour(c, "event", "expires", "once", "duration")
	return c
}

// subscriptionExpires makes --expires, which is the registration's elsewhere, the
// subscription's.
func subscriptionExpires(s *pflag.FlagSet, to *time.Duration) {
	own := pflag.NewFlagSet("", pflag.ContinueOnError)
	own.DurationVar(to, "expires", 0, "lifetime `TIME` to ask for; 0s asks once, without a subscription (default 1h)")
	flag := s.Lookup("expires")
	flag.Value, flag.Usage = own.Lookup("expires").Value, own.Lookup("expires").Usage
}

func (a *app) runSubscribe(cmd *cobra.Command, target string, p *phoneFlags, f *subscribeFlags) error {
	s, err := a.settings()
	if err != nil {
		return err
	}
	if target != "" {
		if target, err = a.dialled(s, target); err != nil {
			return err
		}
		if err := checkTarget("", target); err != nil {
			return err
		}
	}
	accounts, err := a.accountsFor(s, p, target)
	if err != nil {
		return err
	}
	accounts = accounts[:1]
	alone(&accounts[0])
	ph, err := a.openPhone(s, accounts, silentPhone, p.trace, phoneOptions{})
	if err != nil {
		return err
	}
	fetch := cmd.Flags().Changed("expires") && f.expires == 0
	r := &subscribeRun{script: newScript(ph, a.printer()), once: f.once || fetch}
	r.req = ua.SubscribeRequest{
		Account: accounts[0].Name, Target: target, Event: f.event, Expires: f.expires, Fetch: fetch, Headers: f.headers,
	}
	r.handle = r.event
	r.registered = await(accounts, r.subscribe, func(reg ua.Registration) { r.finish(registrationError(reg)) })
	if !accounts[0].Register {
		r.start = r.subscribe
	}
	if f.timeout > 0 {
		r.after(f.timeout, func() {
			if !r.notified {
				r.finish(failf(exitTimeout, "no notification came within %s", f.timeout))
			}
		})
	}
	if f.duration > 0 {
		r.after(f.duration, func() { r.finish(nil) })
	}
	return r.run(cmd.Context())
}

// subscribeRun is one run of `offhook subscribe`; the script's goroutine owns it.
type subscribeRun struct {
	*script
	req        ua.SubscribeRequest
	once       bool
	registered *registrations
	id         ua.SubscriptionID
	notified   bool
}

func (r *subscribeRun) subscribe() {
	if r.id == 0 {
		r.id = r.phone.agent.SubscribeTo(r.req)
	}
}

func (r *subscribeRun) event(e ua.Event) {
	r.registered.event(e)
	switch e := e.(type) {
	case ua.CallChanged:
		if e.Call.Direction == ua.Incoming && e.Call.Ended.IsZero() {
			r.phone.agent.Reject(e.Call.ID, 0, "")
		}
	case ua.CommandFailed:
		if e.Command == "subscribe" {
			r.finish(failf(exitUsage, "%w", e.Err))
		}
	case ua.SubscriptionChanged:
		if e.Subscription.ID == r.id && r.id != 0 {
			r.changed(e)
		}
	}
}

// changed ends the run with the first notification, when that is all that is wanted,
// or with the first failure, when there was none before it.
func (r *subscribeRun) changed(e ua.SubscriptionChanged) {
	s := e.Subscription
	switch {
	case e.Notified:
		r.notified = true
		switch {
		case e.BodyErr != nil && r.once:
			r.finish(failf(exitInternal, "%s: %w", s.Target, e.BodyErr))
		case r.once:
			r.finish(nil)
		}
	case s.Phase == event.Terminated && s.Err == nil:
		r.finish(nil)
	case s.Phase == event.Terminated, s.Phase == event.Waiting && !r.notified:
		cause, _ := ua.CauseOf(s.Err)
		r.finish(failf(causeCode(cause), "%s: %w", s.Target, s.Err))
	}
}
