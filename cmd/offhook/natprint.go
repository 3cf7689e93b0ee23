package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"offhook/nat"
)

// natEvent is a survey's outcome for one address family.
type natEvent struct {
	head
	// Kind is the NAT by its old name; mapping, filtering and hairpin are by RFC 4787.
	Kind      string         `json:"kind"`
	Family    string         `json:"family"`
	Mapping   string         `json:"mapping"`
	Filtering string         `json:"filtering"`
	Hairpin   string         `json:"hairpin"`
	Server    string         `json:"server,omitempty"`
	Local     string         `json:"local,omitempty"`
	Mapped    string         `json:"mapped,omitempty"`
	PortKept  bool           `json:"port_kept"`
	UDP       bool           `json:"udp"`
	TCP       bool           `json:"tcp"`
	RTTMS     float64        `json:"rtt_ms,omitempty"`
	Lifetime  *lifetimeJSON  `json:"lifetime,omitempty"`
	ALG       algJSON        `json:"alg"`
	Found     []natCandidate `json:"candidates"`
	Means     []string       `json:"means"`
	Advice    []string       `json:"advice"`
	Lack      string         `json:"relay_error,omitempty"`
	Error     string         `json:"error,omitempty"`
}

// lifetimeJSON is how long a silent mapping lives.
type lifetimeJSON struct {
	AtLeastS   float64 `json:"at_least_s"`
	BelowS     float64 `json:"below_s,omitempty"`
	KeepAliveS float64 `json:"keepalive_s,omitempty"`
	Error      string  `json:"error,omitempty"`
}

type algJSON struct {
	Verdict string   `json:"verdict"`
	Why     []string `json:"why,omitempty"`
}

// natCandidate is an address that a call can offer.
type natCandidate struct {
	Type    string `json:"type"`
	Address string `json:"address"`
}

// candidates are the addresses that a call can offer, by ICE's names (RFC 8445, section 5.1.1).
func (p *natReport) candidates() []natCandidate {
	var out []natCandidate
	for _, c := range p.gathered {
		one := natCandidate{c.Type.String(), c.Addr.Addr().String()}
		if c.Addr.Addr().Is4() == p.Local.Addr().Is4() && !slices.Contains(out, one) {
			out = append(out, one)
		}
	}
	if len(out) > 0 {
		return out
	}
	for _, h := range p.hosts {
		out = append(out, natCandidate{"host", h.String()})
	}
	if p.UDP && p.Mapping != nat.MappingNone {
		out = append(out, natCandidate{"srflx", p.Mapped.Addr().String()})
	}
	return out
}

func (p *natReport) family() string {
	if at := p.servers[0].Addr(); at.Is6() {
		return "IPv6"
	}
	return "IPv4"
}

// trouble is why something isn't known.
func (p *natReport) trouble() string {
	if p.err != nil {
		return p.err.Error()
	}
	return message(p.Untold)
}

func (a *app) printNAT(p *natReport) error {
	if a.global.json {
		return json.NewEncoder(a.stdout).Encode(p.event(a))
	}
	_, err := fmt.Fprint(a.stdout, p.text())
	return err
}

func (p *natReport) event(a *app) natEvent {
	e := natEvent{
		head: head{Time: a.now(), Event: "nat"}, Kind: natKinds[p.kind()], Family: p.family(),
		Mapping: p.Mapping.String(), Filtering: p.Filtering.String(), Hairpin: p.Hairpin.String(),
		Server: serverText(p.Server), Local: serverText(p.Local), Mapped: serverText(p.Mapped), PortKept: p.PortKept,
		UDP: p.UDP, TCP: p.TCP, RTTMS: ms(p.RTT), ALG: algJSON{p.alg.verdict.String(), p.alg.why},
		Found: p.candidates(), Means: p.means(), Advice: append([]string{}, natAdvice(p)...), Lack: message(p.lack), Error: p.trouble(),
	}
	if p.measured {
		e.Lifetime = &lifetimeJSON{p.lived.AtLeast.Seconds(), p.lived.Below.Seconds(), p.lived.KeepAlive().Seconds(), message(p.livedErr)}
	}
	return e
}

// text is the report for a person.
func (p *natReport) text() string {
	var b strings.Builder
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "  %-13s %s\n", name, fmt.Sprintf(format, args...))
	}
	fmt.Fprintf(&b, "%s: %s\n", p.family(), p.title())
	if p.UDP {
		line("address", "%s is seen as %s by %s", p.Local, p.Mapped, p.Server)
		line("mapping", "%s", mappingWords(p.Mapping))
		line("filtering", "%s", filteringWords(p.Filtering))
		if p.Mapping != nat.MappingNone {
			line("hairpin", "%s", hairpinWords(p.Hairpin))
			kept := "others than the local ones"
			if p.PortKept {
				kept = "kept as the local ones"
			}
			line("public ports", "%s", kept)
		}
	}
	line("transports", "%s", reachWords(p))
	if p.measured {
		line("lifetime", "%s", livedWords(p.lived, p.livedErr))
	}
	line("SIP ALG", "%s", algWords(p.alg))
	var found []string
	for _, c := range p.candidates() {
		found = append(found, c.Address+" ("+c.Type+")")
	}
	line("candidates", "%s", strings.Join(found, ", "))
	if p.lack != nil {
		line("relays", "%s", strings.ReplaceAll(p.lack.Error(), "\n", "; "))
	}
	if t := p.trouble(); t != "" {
		line("not known", "%s", t)
	}
	section := func(title string, lines []string) {
		if len(lines) == 0 {
			return
		}
		fmt.Fprintf(&b, "%s\n", title)
		for _, l := range lines {
			fmt.Fprintf(&b, "  %s\n", l)
		}
	}
	section("What it means for calls:", p.means())
	section("What to set:", natAdvice(p))
	return b.String()
}
