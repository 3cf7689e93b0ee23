package main

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"offhook/nat"
)

// natKinds are the kinds as programs read them.
var natKinds = map[nat.Kind]string{
	nat.KindUnknown: "unknown", nat.KindNone: "none", nat.KindFirewall: "firewall", nat.KindFullCone: "full-cone",
	nat.KindAddressRestricted: "address-restricted", nat.KindPortRestricted: "port-restricted", nat.KindCone: "cone",
	nat.KindSymmetric: "symmetric", nat.KindBlocked: "blocked",
}

// kind is the NAT's; a server that answers over nothing at all tells nothing, not even that UDP
// is blocked.
func (p *natReport) kind() nat.Kind {
	if !p.UDP && !p.TCP {
		return nat.KindUnknown
	}
	return p.Kind()
}

// inside says that the server saw an address that is no public one: it is in the same network,
// or in the provider's (RFC 1918, RFC 4193, RFC 6598), and doesn't see what lies further out.
func (p *natReport) inside() bool {
	at := p.Mapped.Addr()
	return p.UDP && (at.IsPrivate() || at.IsLoopback() || at.IsLinkLocalUnicast() || sharedSpace.Contains(at))
}

var sharedSpace = netip.MustParsePrefix("100.64.0.0/10")

// title is the finding in a line.
func (p *natReport) title() string {
	switch {
	case !p.UDP && !p.TCP:
		return "No STUN server answered, so nothing is known."
	case p.inside() && p.kind() == nat.KindNone:
		return "There is no NAT on the way to the STUN server, which is in a private network itself."
	}
	return natTitle(p.kind())
}

// means says what the finding means for calls.
func (p *natReport) means() []string {
	further := "The STUN server saw a private address: there may be a NAT further out, of which only a server beyond it can tell."
	switch {
	case !p.UDP && !p.TCP:
		return []string{
			"Either the server's name or address is wrong, or it is down, or nothing gets through to it. Ask another one.",
			"If none answers, UDP is blocked: signalling works over TCP, TLS or WebSockets then; the audio needs a relay (TURN) that is reached over TCP or TLS.",
		}
	case p.inside() && p.kind() == nat.KindNone:
		return []string{"Peers in that network reach this machine directly.", further}
	case p.inside():
		return append(natMeans(p.kind()), further)
	}
	return natMeans(p.kind())
}

// natTitle is the kind in a line.
func natTitle(k nat.Kind) string {
	switch k {
	case nat.KindNone:
		return "There is no NAT: this machine has a public address, and anybody can send to it."
	case nat.KindFirewall:
		return "There is no NAT, but a firewall, which lets in only answers."
	case nat.KindFullCone:
		return "There is a full cone NAT."
	case nat.KindAddressRestricted:
		return "There is an address-restricted cone NAT."
	case nat.KindPortRestricted:
		return "There is a port-restricted cone NAT."
	case nat.KindCone:
		return "There is a cone NAT; whom it lets in isn't known."
	case nat.KindSymmetric:
		return "There is a symmetric NAT."
	case nat.KindBlocked:
		return "UDP is blocked."
	case nat.KindUnknown:
	}
	return "There is a NAT; of which kind isn't known."
}

func mappingWords(m nat.Mapping) string {
	switch m {
	case nat.MappingNone:
		return "none: our own address is the public one"
	case nat.MappingEndpointIndependent:
		return "endpoint-independent: every peer sees the same public address and port"
	case nat.MappingAddressDependent:
		return "address-dependent: each peer's address sees another public port"
	case nat.MappingAddressAndPortDependent:
		return "address-and-port-dependent: each address and port of a peer sees another public port"
	case nat.MappingUnknown:
	}
	return "unknown"
}

func filteringWords(f nat.Filtering) string {
	switch f {
	case nat.FilteringEndpointIndependent:
		return "endpoint-independent: anybody gets in"
	case nat.FilteringAddressDependent:
		return "address-dependent: who gets in has an address that we have sent to"
	case nat.FilteringAddressAndPortDependent:
		return "address-and-port-dependent: who gets in has an address and port that we have sent to"
	case nat.FilteringUnknown:
	}
	return "unknown"
}

func hairpinWords(h nat.Hairpin) string {
	switch h {
	case nat.HairpinWorks:
		return "works: two phones behind this NAT reach each other by public addresses"
	case nat.HairpinFails:
		return "fails: two phones behind this NAT reach each other by local addresses only (ICE finds them)"
	case nat.HairpinUntested:
	}
	return "untested"
}

// natMeans says what a kind means for calls.
func natMeans(k nat.Kind) []string {
	switch k {
	case nat.KindNone:
		return []string{"Peers reach this machine directly. Calls need no help."}
	case nat.KindFirewall:
		return []string{
			"Calls work with everybody, as both sides of a call send. What is silent for long is shut again, so keep-alives matter.",
		}
	case nat.KindFullCone, nat.KindAddressRestricted:
		return []string{
			"Calls connect directly with peers behind any NAT, once they know our public address: by STUN or ICE.",
		}
	case nat.KindPortRestricted:
		return []string{
			"Calls connect directly with peers behind any NAT but a symmetric one, once they know our public address: by STUN or ICE.",
			"With a peer behind a symmetric NAT, the audio needs a relay (TURN), ours or theirs.",
		}
	case nat.KindCone:
		return []string{
			"Calls connect directly with most peers, once they know our public address: by STUN or ICE.",
			"With a peer behind a symmetric NAT, the audio may need a relay (TURN), ours or theirs.",
		}
	case nat.KindSymmetric:
		return []string{
			"The public address that a STUN server sees isn't the one that a peer sees: STUN alone doesn't help.",
			"Calls connect directly with peers that have a public address, or a full or address-restricted cone NAT, and send to where our audio comes from, as most do.",
			"With all others, the audio needs a relay (TURN), ours or theirs.",
		}
	case nat.KindBlocked:
		return []string{
			"No call has audio over UDP from here. Signalling works over TCP, TLS or WebSockets; the audio needs a relay (TURN) that is reached over TCP or TLS.",
		}
	case nat.KindUnknown:
	}
	return []string{"Whether calls connect can't be foretold. ICE tries whatever there is."}
}

// natAdvice says what to set, each as a line of the configuration and why.
func natAdvice(p *natReport) []string {
	if !p.UDP && !p.TCP {
		return nil // a server that doesn't answer isn't one to set
	}
	var out []string
	server := first(serverText(p.Server), serverTexts(p.servers))
	stun := fmt.Sprintf("stun = %q, so that peers learn our public address", server)
	switch p.kind() {
	case nat.KindNone:
	case nat.KindFirewall:
	case nat.KindFullCone, nat.KindAddressRestricted, nat.KindUnknown:
		out = append(out, stun)
	case nat.KindPortRestricted, nat.KindCone:
		out = append(out, stun, "ice = \"on\" and a relay (turn) for peers behind symmetric NATs")
	case nat.KindSymmetric:
		out = append(out, "ice = \"on\" and a relay (turn): without one, peers behind port-restricted and symmetric NATs can't be talked to")
	case nat.KindBlocked:
		if p.TCP {
			out = append(out, `transport = "auto" finds TCP, TLS or WSS by itself; "tls" saves the search`, "a relay (turn) that is reached over TCP or TLS")
		}
	}
	if every := p.lived.KeepAlive(); every > 0 && p.kind() != nat.KindNone {
		out = append(out, fmt.Sprintf("keepalive = \"crlf\" and keepalive_interval = %q: half of what a silent mapping lives", every.String()))
	}
	if p.alg.verdict == algRewrites {
		out = append(out, `switch the SIP ALG of the router off, or set transport = "tls"`)
	}
	return out
}

func serverText(at netip.AddrPort) string {
	if !at.IsValid() {
		return ""
	}
	return at.String()
}

func serverTexts(all []netip.AddrPort) string {
	var out []string
	for _, at := range all {
		out = append(out, at.String())
	}
	return strings.Join(out, ",")
}

// livedWords says how long a silent mapping lives.
func livedWords(l nat.Lived, err error) string {
	switch {
	case err != nil:
		return "unknown: " + err.Error()
	case l.Below == 0:
		return fmt.Sprintf("a silent mapping lives %v and longer", l.AtLeast)
	case l.AtLeast == 0:
		return fmt.Sprintf("a silent mapping lives less than %v", l.Below)
	}
	return fmt.Sprintf("a silent mapping lives %v, and less than %v", l.AtLeast, l.Below)
}

func algWords(r algReport) string {
	why := strings.Join(r.why, "; ")
	switch r.verdict {
	case algNone:
		return "nothing on the way rewrites SIP"
	case algEncrypted:
		return "SIP goes encrypted: nothing on the way can rewrite it"
	case algRewrites:
		return "something on the way rewrites SIP: " + why
	case algUntested:
	}
	return first(why, "untested: it takes an account whose server can be asked")
}

// reachWords says which transports get through.
func reachWords(p *natReport) string {
	switch {
	case p.UDP && p.TCP:
		return fmt.Sprintf("UDP and TCP get through to the STUN server; %.1f ms there and back", float64(p.RTT)/float64(time.Millisecond))
	case p.UDP:
		return fmt.Sprintf("UDP gets through to the STUN server, %.1f ms there and back; over TCP it doesn't answer", float64(p.RTT)/float64(time.Millisecond))
	case p.TCP:
		return "only TCP gets through to the STUN server"
	}
	return "nothing gets through to the STUN server"
}
