package main

import (
	"fmt"
	"strings"
	"time"

	"offhook/config"
	"offhook/nat"
	"offhook/ua"
)

// outboundFlags say how an account stays reachable through its registrar.
func (f *accountFlags) outboundFlags() {
	f.text("outbound", "`MODE` of being reached by the flow that we register over (RFC 5626): auto, on or off",
		func(a *config.Account) *string { return &a.Outbound })
	f.text("gruu", "`MODE` of giving peers a globally routable URI (RFC 5627): auto, on or off",
		func(a *config.Account) *string { return &a.GRUU })
	f.text("instance", "`URN` that names this phone among others of the account, such as urn:uuid:…",
		func(a *config.Account) *string { return &a.Instance })
	f.span("retry", "`TIME` until a failed registration is tried again; doubles up to half an hour",
		func(a *config.Account) *time.Duration { return &a.Retry })
}

// outbound puts into an account what the configuration says of its registration.
func (a *app) outbound(c config.Account, out *ua.Account) error {
	out.RetryBase = c.Retry
	switch c.Outbound {
	case "on":
		out.Outbound = ua.OutboundOn
	case "off":
		out.Outbound = ua.OutboundOff
	}
	switch c.GRUU {
	case "on":
		out.GRUU = ua.GRUUOn
	case "off":
		out.GRUU = ua.GRUUOff
	}
	if out.Instance = c.Instance; out.Instance == "" {
		out.Instance = a.instance(c.Name)
	}
	return nil
}

// learntJSON is what a registration has taught us.
type learntJSON struct {
	Instance     string     `json:"instance,omitempty"`
	PubGRUU      string     `json:"pub_gruu,omitempty"`
	TempGRUU     string     `json:"temp_gruu,omitempty"`
	ServiceRoute []string   `json:"service_route,omitempty"`
	Path         []string   `json:"path,omitempty"`
	Flows        []flowJSON `json:"flows,omitempty"`
	Warnings     []string   `json:"warnings,omitempty"`
}

// flowJSON is one way to the registrar.
type flowJSON struct {
	RegID      int        `json:"reg_id"`
	Proxy      string     `json:"proxy,omitempty"`
	Target     string     `json:"target,omitempty"`
	State      string     `json:"state"`
	Outbound   bool       `json:"outbound"`
	FlowTimerS float64    `json:"flow_timer_s,omitempty"`
	Error      string     `json:"error,omitempty"`
	RetryAt    *time.Time `json:"retry_at,omitempty"`
}

func learntOf(r ua.Registration) learntJSON {
	out := learntJSON{
		Instance: r.Instance, PubGRUU: r.PubGRUU, TempGRUU: r.TempGRUU,
		ServiceRoute: r.ServiceRoute, Path: r.Path, Warnings: r.Warnings,
	}
	for _, f := range r.Flows {
		j := flowJSON{
			RegID: f.RegID, Proxy: f.Proxy, State: f.State.String(), Outbound: f.Outbound,
			FlowTimerS: f.Timer.Seconds(), Error: message(f.Err),
		}
		if f.Target.Addr.IsValid() {
			j.Target = f.Target.String()
		}
		if !f.RetryAt.IsZero() {
			j.RetryAt = &f.RetryAt
		}
		out.Flows = append(out.Flows, j)
	}
	return out
}

// learntLines say the same to a person, each line after a line break.
func learntLines(r ua.Registration) string {
	var b strings.Builder
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "\n  %-13s %s", name, fmt.Sprintf(format, args...))
	}
	if r.PubGRUU != "" {
		line("GRUU", "%s", r.PubGRUU)
	}
	if r.TempGRUU != "" {
		line("private GRUU", "%s", r.TempGRUU)
	}
	if len(r.ServiceRoute) > 0 {
		line("service route", "%s", strings.Join(r.ServiceRoute, ", "))
	}
	if len(r.Path) > 0 {
		line("path", "%s", strings.Join(r.Path, ", "))
	}
	for _, f := range r.Flows {
		if len(r.Flows) == 1 && !f.Outbound {
			continue // the account's own state says it
		}
		line(fmt.Sprintf("flow %d", f.RegID), "%s", flowLine(f))
	}
	for _, w := range r.Warnings {
		line("warning", "%s", w)
	}
	return b.String()
}

func flowLine(f ua.Flow) string {
	s := f.State.String()
	if f.Target.Addr.IsValid() {
		s += " at " + f.Target.String()
	}
	if f.Proxy != "" {
		s += " through " + f.Proxy
	}
	switch {
	case f.Outbound && f.Timer > 0:
		s += fmt.Sprintf(", kept open: never silent for more than %s", f.Timer)
	case f.Outbound:
		s += ", kept open"
	}
	if f.Err != nil {
		s += ": " + f.Err.Error()
	}
	return s
}

// networkChangedEvent tells that an account moved to another local address.
type networkChangedEvent struct {
	head
	Was   string   `json:"was,omitempty"`
	Now   string   `json:"now"`
	Calls []uint64 `json:"calls,omitempty"`
}

func networkOf(e ua.NetworkChanged) networkChangedEvent {
	out := networkChangedEvent{head: headOf(e.Meta, "network_changed", e.Account), Now: e.Now.String()}
	if e.Was.IsValid() {
		out.Was = e.Was.String()
	}
	for _, id := range e.Calls {
		out.Calls = append(out.Calls, uint64(id))
	}
	return out
}

func networkLine(e ua.NetworkChanged) string {
	s := fmt.Sprintf("%s: this machine is at %s now", e.Account, e.Now)
	switch n := len(e.Calls); {
	case n == 1:
		s += "; the call moves there"
	case n > 1:
		s += fmt.Sprintf("; %d calls move there", n)
	}
	return s
}

// keepAliveEvent tells how long the NAT remembers what is silent, and what follows.
type keepAliveEvent struct {
	head
	lifetimeJSON
}

func keepAliveOf(e ua.KeepAliveLearnt) keepAliveEvent {
	return keepAliveEvent{headOf(e.Meta, "keepalive", e.Account), lifetimeJSON{AtLeastS: e.AtLeast.Seconds(), BelowS: e.Below.Seconds(), KeepAliveS: e.Every.Seconds()}}
}

func keepAliveLine(e ua.KeepAliveLearnt) string {
	return fmt.Sprintf("%s: %s at the NAT; keep-alives go each %v", e.Account, livedWords(nat.Lived{AtLeast: e.AtLeast, Below: e.Below}, nil), e.Every)
}
