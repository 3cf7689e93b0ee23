package main

import (
	"time"

	"offhook/config"
	"offhook/ua"
	"offhook/ua/call"
)

// dialogFlags say how calls are set up, kept alive and changed.
func (f *accountFlags) dialogFlags() {
	f.text("100rel", "`MODE` of acknowledging provisional responses (PRACK): off, supported or required",
		func(a *config.Account) *string { return &a.Reliable })
	f.span("session-expires", "session timer `TIME` to ask for; at least 90s; 0 asks for none (default 30m)",
		func(a *config.Account) *time.Duration { return &a.SessionExpires })
	f.span("min-se", "shortest session timer `TIME` to take (default 90s)",
		func(a *config.Account) *time.Duration { return &a.MinSE })
	f.text("refresher", "`SIDE` that should refresh the session: auto, local or remote",
		func(a *config.Account) *string { return &a.SessionRefresher })
	f.text("reinvites", "`POLICY` for what a re-INVITE changes beside hold: auto, ask or refuse",
		func(a *config.Account) *string { return &a.Reinvites })
}

// dialogs puts into an account what the configuration says of its calls.
func dialogs(c config.Account, out *ua.Account) error {
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
	return nil
}
