package ua

import (
	"net/netip"
	"slices"
	"time"

	"offhook/nat/ice"
)

// ICEMode says whether an account's calls find their way by ICE (RFC 8445).
type ICEMode uint8

const (
	// ICEOff: the address in the description is all that peers are told.
	ICEOff ICEMode = iota
	// ICEAuto: with callers that offer it; our own offers don't.
	ICEAuto
	// ICEOn: with peers that speak it.
	ICEOn
	// ICERequired: a call with any other peer fails.
	ICERequired
	// ICERelay: by relays alone, so that a peer learns the relay's address and not ours.
	ICERelay
)

// String is how flags and the configuration write it.
func (m ICEMode) String() string {
	switch m {
	case ICEOff:
		return "off"
	case ICEAuto:
		return "auto"
	case ICEOn:
		return "on"
	case ICERequired:
		return "required"
	case ICERelay:
		return "relay"
	}
	return "unknown"
}

// of is the mode of one call; asked says that its caller offered ICE.
func (m ICEMode) of(asked bool) ICEMode {
	switch {
	case m != ICEAuto:
		return m
	case asked:
		return ICEOn
	}
	return ICEOff
}

// iceMode is whether a call finds its way by ICE. In the loop.
func (c *phoneCall) iceMode() ICEMode {
	return c.line.acc.ICE.of(c.info.Direction == Incoming && c.offersICE)
}

// ICEState is where a call's search for its way stands.
//
//	Unused
//	Gathered ──answer──> Checking ──> Connected <──> Disconnected ──> Failed
//	    │                    └──────────────────────────────────────────^
//	    └──> Unsupported, Mismatched: c= and m= count
type ICEState uint8

const (
	// ICEUnused: the account has it off, or the caller didn't offer it.
	ICEUnused ICEState = iota
	// ICEGathered: the candidates are known; the peer hasn't said its own.
	ICEGathered
	ICEChecking
	// ICEConnected: both sides agreed on a pair, and audio goes by it.
	ICEConnected
	// ICEDisconnected: the peer doesn't answer any more; another way is looked for.
	ICEDisconnected
	// ICEFailed: there is no way.
	ICEFailed
	// ICEUnsupported: the peer doesn't speak it.
	ICEUnsupported
	// ICEMismatched: something on the way rewrites descriptions and leaves candidates alone.
	ICEMismatched
)

// String is the word of events.
func (s ICEState) String() string {
	switch s {
	case ICEUnused:
		return "unused"
	case ICEGathered:
		return "gathered"
	case ICEChecking:
		return "checking"
	case ICEConnected:
		return "connected"
	case ICEDisconnected:
		return "disconnected"
	case ICEFailed:
		return "failed"
	case ICEUnsupported:
		return "unsupported"
	case ICEMismatched:
		return "mismatch"
	}
	return "unknown"
}

// ICERole is which side chooses the pair.
type ICERole uint8

const (
	ICERoleNone ICERole = iota
	ICEControlling
	ICEControlled
)

// String is the word of events; empty for none.
func (r ICERole) String() string {
	switch r {
	case ICERoleNone:
	case ICEControlling:
		return "controlling"
	case ICEControlled:
		return "controlled"
	}
	return ""
}

// ICEInfo says how a call's media finds its way.
type ICEInfo struct {
	State ICEState
	Role  ICERole
	// Local and Remote are the pair that audio goes by; zero before there is one. Without ICE,
	// Local is where the peer was told to send, when that isn't the socket itself: a NAT's
	// address or a relay's.
	Local, Remote ice.Candidate
	// RTT is that of the check which chose the pair; 0 when it wasn't measured.
	RTT time.Duration
	// Candidates are those that we told.
	Candidates []ice.Candidate
	// PeerLite: the peer answers checks and makes none.
	PeerLite bool
	// Restarts counts how often the search began anew.
	Restarts int
	// Err says why there is no way, or why a candidate is missing.
	Err error
}

// Relayed says that audio goes through a relay.
func (i ICEInfo) Relayed() bool { return i.Local.Type == ice.Relayed }

// PeerRelayed says that it goes through a relay of the peer's.
func (i ICEInfo) PeerRelayed() bool { return i.Remote.Type == ice.Relayed }

// Direct says that no NAT and no relay is between.
func (i ICEInfo) Direct() bool { return i.Local.Type == ice.Host && i.Remote.Type == ice.Host }

// ICEChanged tells that a call's search for its way has got on.
type ICEChanged struct {
	Meta
	Call CallInfo
}

// defaultCandidate is the one for c= and m=: what most peers without ICE can reach (RFC 8445,
// section 5.1.4). own is the media socket's address.
//
//	nobody to ask                          the socket's own
//	a NAT that has one mapping for all     what the STUN server saw
//	any other, or not known, and a relay   the relay
func defaultCandidate(candidates []ice.Candidate, own netip.AddrPort, easy bool) ice.Candidate {
	var host, mapped, relayed ice.Candidate
	several := false
	for _, c := range candidates {
		same := c.Addr.Addr().Is4() == own.Addr().Is4()
		switch {
		case c.Component > 1 || !same:
		case c.Type == ice.Relayed && !relayed.Addr.IsValid():
			relayed = c
		case c.Type == ice.ServerReflexive && c.Related == own:
			// Two servers saw two: the NAT has a mapping for each place (RFC 5780, section 4.3).
			several = several || mapped.Addr.IsValid() && mapped.Addr != c.Addr
			mapped = c
		case c.Type == ice.Host && c.Addr == own:
			host = c
		}
	}
	switch {
	case host.Addr.IsValid() && public(own.Addr()):
		return host
	case mapped.Addr.IsValid() && !several && easy, !relayed.Addr.IsValid() && mapped.Addr.IsValid():
		return mapped
	case relayed.Addr.IsValid():
		return relayed
	case host.Addr.IsValid():
		return host
	}
	if i := slices.IndexFunc(candidates, func(c ice.Candidate) bool { return c.Component <= 1 }); i >= 0 {
		return candidates[i] // of the other family: better than none
	}
	return ice.Candidate{Component: 1, Transport: "udp", Type: ice.Host, Addr: own}
}

// public says that an address isn't one that only our own network knows.
func public(a netip.Addr) bool {
	return a.IsGlobalUnicast() && !a.IsPrivate() && !carrierGrade.Contains(a)
}

// carrierGrade are the addresses between a provider's NAT and its customers' (RFC 6598).
var carrierGrade = netip.MustParsePrefix("100.64.0.0/10")
