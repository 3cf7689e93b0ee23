package main

import (
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"offhook/config"
	"offhook/ua"
	"offhook/ua/call"
)

// dialogFlags say how calls are set up, kept alive and changed.
type dialogFlags struct {
	reliable, refresher, reinvites string
	expires, minSE                 time.Duration
}

func (f *dialogFlags) addTo(cmd *cobra.Command) {
	s := cmd.Flags()
	s.StringVar(&f.reliable, "100rel", "", "`MODE` of acknowledging provisional responses (PRACK): off, supported or required")
	s.DurationVar(&f.expires, "session-expires", 0, "session timer `TIME` to ask for; 0 asks for none (default 30m)")
	s.DurationVar(&f.minSE, "min-se", 0, "shortest session timer `TIME` to take (default 90s)")
	s.StringVar(&f.refresher, "refresher", "", "`SIDE` that should refresh the session: auto, local or remote")
	s.StringVar(&f.reinvites, "reinvites", "", "`POLICY` for what a re-INVITE changes beside hold: auto, ask or refuse")
	inGroup(s, "account", "100rel", "session-expires", "min-se", "refresher", "reinvites")
}

// override puts what was typed over what the account says.
func (f *dialogFlags) override(set *pflag.FlagSet, a *config.Account) {
	for _, o := range []struct {
		flag, value string
		to          *string
	}{
		{"100rel", f.reliable, &a.Reliable},
		{"refresher", f.refresher, &a.SessionRefresher},
		{"reinvites", f.reinvites, &a.Reinvites},
	} {
		if set.Changed(o.flag) {
			*o.to = o.value
		}
	}
	if set.Changed("session-expires") {
		a.SessionExpires = f.expires
	}
	if set.Changed("min-se") {
		a.MinSE = f.minSE
	}
}

// dialogs puts into an account what the configuration says of its calls.
func dialogs(c config.Account, out *ua.Account) {
	out.SessionExpires, out.MinSE = c.SessionExpires, c.MinSE
	switch c.Reliable {
	case "off":
		out.Reliable = call.ReliableOff
	case "required":
		out.Reliable = call.ReliableRequired
	}
	switch c.SessionRefresher {
	case "local":
		out.Refresher = ua.RefresherLocal
	case "remote":
		out.Refresher = ua.RefresherRemote
	}
	switch c.Reinvites {
	case "ask":
		out.Reinvites = ua.ReinviteAsk
	case "refuse":
		out.Reinvites = ua.ReinviteRefuse
	}
}
