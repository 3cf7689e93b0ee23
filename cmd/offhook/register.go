package main

import (
	"time"

	"github.com/spf13/cobra"

	"offhook/ua"
)

func (a *app) registerCommand() *cobra.Command {
	var acc accountFlags
	var trace traceFlags
	var duration, timeout time.Duration
	var once bool
	var presence presenceFlags
	c := &cobra.Command{
		Use:   "register",
		Short: "Register, and stay registered",
		Long: `Register every account of the configuration, or the one that --account or --aor
names, and keep it registered until --duration or Ctrl-C; then de-register.
Incoming calls are refused as busy meanwhile; messages, and what the account watches,
are printed. --once ends as soon as it worked. Where the server refuses what
--presence publishes, the run goes on, as watchers may ask the phone itself, and the
exit code tells.`,
		Example: `  offhook register --account work --once
  offhook register --aor sip:1001@10.0.0.5 --password-env PW --transport tcp --json
  offhook register --account work --presence closed --note "at lunch"
  offhook register --duration 1h --expires 60s --sip-log -`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkTimes(cmd); err != nil {
				return err
			}
			if acc.noRegister {
				return failf(exitUsage, "--no-register leaves nothing to do here")
			}
			return a.runRegister(cmd, &acc, trace, &presence, duration, timeout, once)
		},
	}
	acc.addTo(c)
	trace.addTo(c)
	s := c.Flags()
	s.DurationVar(&duration, "duration", 0, "de-register and end after `TIME`")
	s.DurationVar(&timeout, "timeout", 0, "end with exit code 5 when it hasn't worked within `TIME`")
	s.BoolVar(&once, "once", false, "end as soon as all accounts have registered")
	behaviour(c, "duration", "timeout", "once")
	presence.addTo(c)
	return c
}

func (a *app) runRegister(cmd *cobra.Command, f *accountFlags, t traceFlags, p *presenceFlags, duration, timeout time.Duration, once bool) error {
	publish, publishes, err := p.request()
	if err != nil {
		return err
	}
	s, err := a.settings()
	if err != nil {
		return err
	}
	chosen, err := f.choose(s)
	if err != nil {
		return err
	}
	if len(chosen) == 0 {
		return failf(exitConfig, "no account to register: %s has none; add one (offhook account add), or use --aor sip:user@host", s.path)
	}
	accounts := make([]ua.Account, len(chosen))
	for i, c := range chosen {
		if accounts[i], err = a.account(s, c, mediaFlags{}, nil, f.passwordEnv != "" || f.passwordFile != ""); err != nil {
			return f.blame(err)
		}
		accounts[i].Register = true
		if publishes {
			accounts[i].Publish = false // what was typed stands for it
		}
	}
	// No call is taken, so no sound device is needed.
	ph, err := a.openPhone(s, accounts, silentPhone, t, phoneOptions{})
	if err != nil {
		return err
	}
	r := newScript(ph, a.printer())
	r.out.brief = true
	registered := false
	published := awaitPresence(accounts, func(err error) {
		if once {
			r.finish(err)
		}
	})
	wait := await(accounts, func() {
		registered = true
		if publishes {
			for _, acc := range accounts {
				publish.Account = acc.Name
				ph.agent.Publish(publish)
			}
		} else if once {
			r.finish(nil)
		}
	}, func(reg ua.Registration) { r.finish(registrationError(reg)) })
	r.handle = func(e ua.Event) {
		wait.event(e)
		if publishes {
			published.event(e)
		}
		if e, ok := e.(ua.CallChanged); ok && e.Call.Direction == ua.Incoming && e.Call.Ended.IsZero() {
			ph.agent.Reject(e.Call.ID, 0, "")
		}
	}
	if timeout > 0 {
		r.after(timeout, func() {
			switch {
			case !registered:
				r.finish(failf(exitTimeout, "%s not registered within %s: its registrar hasn't answered; is the address right, and does --transport fit? (--sip-log - shows what is sent)", wait.missing(), timeout))
			case publishes && len(published.waiting) > 0:
				r.finish(failf(exitTimeout, "no presence published within %s", timeout))
			}
		})
	}
	if duration > 0 {
		r.after(duration, func() { r.finish(published.err) })
	}
	return r.run(cmd.Context())
}
