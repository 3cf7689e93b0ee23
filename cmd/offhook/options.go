package main

import (
	"github.com/spf13/cobra"

	"offhook/ua"
)

func (a *app) optionsCommand() *cobra.Command {
	var f requestFlags
	c := &cobra.Command{
		Use:   "options TARGET",
		Short: "Ask a peer what it can do",
		Long: `Send OPTIONS to TARGET and print the answer: status, round-trip time, methods,
extensions and codecs. No account is needed for a SIP URI, and none registers.`,
		Example: `  offhook options sip:10.0.0.5
  offhook options sip:bob@example.org --account work
  offhook options sip:10.0.0.5:5060 --transport tcp --timeout 2s --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(cmd); err != nil {
				return err
			}
			return a.runOptions(cmd, args[0], &f.phone, ua.OptionsRequest{Target: args[0], Headers: f.headers, Timeout: f.timeout})
		},
	}
	f.addTo(c, "give up after `TIME` (default 32s)")
	return c
}

func (a *app) runOptions(cmd *cobra.Command, target string, p *phoneFlags, req ua.OptionsRequest) error {
	s, err := a.settings()
	if err != nil {
		return err
	}
	if err := checkTarget("", target); err != nil {
		return err
	}
	accounts, err := a.accountsFor(s, p, target)
	if err != nil {
		return err
	}
	accounts[0].Register = false
	req.Account = accounts[0].Name
	ph, err := a.openPhone(s, accounts, silentPhone, p.trace, phoneOptions{})
	if err != nil {
		return err
	}
	r := newScript(ph, a.printer())
	r.out.brief = true
	r.handle = func(e ua.Event) {
		switch e := e.(type) {
		case ua.OptionsAnswered:
			r.finish(optionsResult(e.Result))
		case ua.CommandFailed:
			r.finish(failf(exitUsage, "%w", e.Err))
		}
	}
	r.start = func() { ph.agent.Options(req) }
	return r.run(cmd.Context())
}

// optionsResult is the exit code of an answer: any 2xx is one.
func optionsResult(r ua.OptionsResult) error {
	switch {
	case r.Err != nil:
		cause, _ := ua.CauseOf(r.Err)
		code := causeCode(cause)
		if code == exitOK {
			code = exitInternal
		}
		return failf(code, "%s: %w", r.Target, r.Err)
	case r.Code >= 300:
		return ended(exitRejected)
	}
	return nil
}
