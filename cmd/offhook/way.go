package main

import (
	"errors"
	"fmt"
	"net/netip"

	"offhook/config"
	"offhook/nat/ice"
	"offhook/ua"
)

// wayFlags say how an account's media finds its peer.
func (f *accountFlags) wayFlags() {
	f.group = "network"
	f.text("ice", "`MODE` of finding the way through NATs by ICE: auto (when the caller offers it), off, on, required, or relay, which hides our address from the peer",
		func(a *config.Account) *string { return &a.ICE })
	f.text("turn", "`URI` of a TURN relay for where there is no other way: turn:HOST:PORT?transport=udp|tcp or turns:HOST; several with commas between them",
		func(a *config.Account) *string { return &a.TURN })
	f.text("turn-user", "`USER` for the relays", func(a *config.Account) *string { return &a.TURNUser })
	f.text("turn-password-env", "environment variable `VAR` that holds the relays' password", func(a *config.Account) *string { return &a.TURNPasswordEnv })
	f.text("turn-password-file", "`FILE` whose first line is the relays' password", func(a *config.Account) *string { return &a.TURNPasswordFile })
}

// way puts into an account what the configuration says of ICE and relays.
func (a *app) way(c config.Account, out *ua.Account) error {
	switch c.ICE {
	case "auto":
		out.ICE = ua.ICEAuto
	case "on":
		out.ICE = ua.ICEOn
	case "required":
		out.ICE = ua.ICERequired
	case "relay":
		out.ICE = ua.ICERelay
	}
	servers := config.TURNServers(c.TURN)
	if out.ICE == ua.ICERelay && len(servers) == 0 {
		return &accountError{c.Name, "ice", errors.New("relay needs a relay: name one with turn (--turn)")}
	}
	if len(servers) == 0 {
		return nil
	}
	password, warning, err := a.vault().TURNPasswordOf(c)
	if err != nil {
		return &accountError{c.Name, relayPasswordKey(c), err}
	}
	if warning != "" {
		a.warn("%s", warning)
	}
	for _, uri := range servers {
		if err := ua.ParseTURN(uri); err != nil {
			return &accountError{c.Name, "turn", err}
		}
		out.TURN = append(out.TURN, ua.TURNServer{URI: uri, Username: c.TURNUser, Password: ua.Secret(password)})
	}
	return nil
}

// relayPasswordKey is the key that says where the relays' password is.
func relayPasswordKey(c config.Account) string {
	switch {
	case c.TURNPasswordEnv != "":
		return "turn_password_env"
	case c.TURNPasswordFile != "":
		return "turn_password_file"
	case c.TURNPasswordKeyring:
		return "turn_password_keyring"
	}
	return "turn_password"
}

// iceEvent tells where a call's search for its way stands.
type iceEvent struct {
	callHead
	State string `json:"state"`
	Role  string `json:"role,omitempty"`
	// Local and Remote are the pair that audio goes by.
	Local  *candidateJSON `json:"local,omitempty"`
	Remote *candidateJSON `json:"remote,omitempty"`
	RTTMS  float64        `json:"rtt_ms,omitempty"`
	// Candidates are those that the peer was told.
	Candidates []candidateJSON `json:"candidates,omitempty"`
	PeerLite   bool            `json:"peer_lite,omitempty"`
	Restarts   int             `json:"restarts,omitempty"`
	Error      string          `json:"error,omitempty"`
}

// candidateJSON is an address that media may be sent to.
type candidateJSON struct {
	Type string `json:"type"`
	Addr string `json:"addr"`
	// Related is what it stands for outside of a NAT or on a relay.
	Related string `json:"related,omitempty"`
}

func candidateOf(c ice.Candidate) *candidateJSON {
	if !c.Addr.IsValid() {
		return nil
	}
	out := &candidateJSON{Type: c.Type.String(), Addr: c.Addr.String()}
	if c.Related.IsValid() && c.Related.Addr() != (netip.Addr{}) && !c.Related.Addr().IsUnspecified() {
		out.Related = c.Related.String()
	}
	return out
}

func iceOf(e ua.ICEChanged) iceEvent {
	i := e.Call.ICE
	out := iceEvent{
		callHead: callHeadOf(e.Meta, "ice", e.Call), State: i.State.String(), Role: i.Role.String(),
		Local: candidateOf(i.Local), Remote: candidateOf(i.Remote), RTTMS: ms(i.RTT),
		PeerLite: i.PeerLite, Restarts: i.Restarts, Error: message(i.Err),
	}
	for _, c := range i.Candidates {
		out.Candidates = append(out.Candidates, *candidateOf(c))
	}
	return out
}

// iceLine says the same to a person; empty for what is of no interest.
func iceLine(e ua.ICEChanged) string {
	c, i := e.Call, e.Call.ICE
	switch i.State {
	case ua.ICEConnected:
		return fmt.Sprintf("call %d: audio goes from %s to %s", c.ID, place(i.Local), place(i.Remote))
	case ua.ICEDisconnected:
		return fmt.Sprintf("call %d: the way is broken (%v), another is looked for", c.ID, i.Err)
	case ua.ICEFailed:
		return fmt.Sprintf("call %d: %v", c.ID, i.Err)
	case ua.ICEUnsupported:
		return fmt.Sprintf("call %d: the other side doesn't speak ICE%s", c.ID, byRelay(i))
	case ua.ICEMismatched:
		return fmt.Sprintf("call %d: something on the way rewrites addresses, so ICE is left out%s", c.ID, byRelay(i))
	case ua.ICEUnused:
		if i.Relayed() {
			return fmt.Sprintf("call %d: audio goes through the relay at %s", c.ID, i.Local.Addr)
		}
	case ua.ICEGathered, ua.ICEChecking:
	}
	return ""
}

func byRelay(i ua.ICEInfo) string {
	if i.Relayed() {
		return fmt.Sprintf("; audio goes through the relay at %s", i.Local.Addr)
	}
	return ""
}

// place is a candidate in words.
func place(c ice.Candidate) string {
	switch c.Type {
	case ice.Relayed:
		return fmt.Sprintf("the relay %s", c.Addr)
	case ice.ServerReflexive, ice.PeerReflexive:
		return fmt.Sprintf("%s (a NAT's)", c.Addr)
	case ice.Host:
	}
	return c.Addr.String()
}
