package main

import (
	"fmt"
	"net/netip"
	"strings"

	"offhook/config"
	"offhook/ua"
	"offhook/ua/sip"
)

// overrideSIP puts what was typed over what the file says for all accounts.
func (a *app) overrideSIP(s settings) (settings, error) {
	if len(a.global.nameservers) == 0 {
		return s, nil
	}
	s.SIP.Nameservers = a.global.nameservers
	for _, n := range s.SIP.Nameservers {
		if _, err := parseNameserver(n); err != nil {
			return s, failf(exitUsage, "--nameserver: %w", err)
		}
	}
	return s, nil
}

// nameservers are whom to ask in the place of the system's; none for the system's.
func nameservers(s settings) []netip.AddrPort {
	var out []netip.AddrPort
	for _, n := range s.SIP.Nameservers {
		if at, err := parseNameserver(n); err == nil { // checked by the configuration, or above
			out = append(out, at)
		}
	}
	return out
}

// parseNameserver reads ADDRESS or ADDRESS:PORT.
func parseNameserver(s string) (netip.AddrPort, error) {
	if a, err := netip.ParseAddr(s); err == nil {
		return netip.AddrPortFrom(a, 53), nil
	}
	at, err := netip.ParseAddrPort(s)
	if err != nil {
		return at, fmt.Errorf("%q is no numeric address, such as 192.0.2.53 or [2001:db8::53]:53", s)
	}
	return at, nil
}

// locatingFlags say which transport is taken, and what becomes of a redirection.
func (f *accountFlags) locatingFlags() {
	f.text("transport", "`PROTOCOL` where an address doesn't say: auto, udp, tcp, tls, ws or wss",
		func(a *config.Account) *string { return &a.Transport })
	f.text("redirects", "`POLICY` when a call is sent elsewhere (3xx): follow, ask (only on the screen) or refuse",
		func(a *config.Account) *string { return &a.Redirects })
}

// locating puts into an account how its servers are found, and what becomes of a redirection.
func locating(c config.Account, out *ua.Account) error {
	switch c.Redirects {
	case "ask":
		out.Redirects = ua.RedirectAsk
	case "refuse":
		out.Redirects = ua.RedirectRefuse
	}
	if c.Transport == "" || c.Transport == "auto" {
		out.TransportChoice = ua.TransportByDNS
		return nil
	}
	var err error
	if out.Transport, err = sip.ParseTransport(c.Transport); err != nil {
		return failf(exitUsage, "--transport: %w", err)
	}
	return nil
}

// redirectedEvent tells that a server sent a request elsewhere.
type redirectedEvent struct {
	head
	// Call is 0 for a request outside calls.
	Call    uint64   `json:"call,omitempty"`
	Method  string   `json:"method"`
	Code    int      `json:"code"`
	Reason  string   `json:"reason,omitempty"`
	Targets []string `json:"targets"`
	// Policy is what is done about it.
	Policy string `json:"policy"`
	Error  string `json:"error,omitempty"`
}

func redirectedOf(e ua.Redirected) redirectedEvent {
	return redirectedEvent{
		head: headOf(e.Meta, "redirected", e.Account), Call: uint64(e.Call), Method: e.Method,
		Code: e.Code, Reason: e.Reason, Targets: append([]string{}, e.Targets...), Policy: e.Policy.String(), Error: message(e.Err),
	}
}

func redirectLine(e ua.Redirected) string {
	what := e.Method
	if e.Call != 0 {
		what = fmt.Sprintf("call %d", e.Call)
	}
	to := strings.Join(e.Targets, ", ")
	switch e.Policy {
	case ua.RedirectFollow:
		return fmt.Sprintf("%s: sent on to %s", what, to)
	case ua.RedirectAsk:
		return fmt.Sprintf("%s: to be sent on to %s?", what, to)
	case ua.RedirectRefuse:
	}
	return fmt.Sprintf("%s: redirected, not followed: %s", what, message(e.Err))
}
