package main

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"offhook/nat"
	"offhook/ua"
	"offhook/ua/sip"
)

// TestNATWords: each kind has a title, a meaning and a name for programs, and says what to set.
func TestNATWords(t *testing.T) {
	at := netip.MustParseAddrPort
	for _, c := range []struct {
		mapping   nat.Mapping
		filtering nat.Filtering
		kind      string
		wants     []string
	}{
		{nat.MappingNone, nat.FilteringEndpointIndependent, "none", []string{"There is no NAT", "Calls need no help"}},
		{nat.MappingNone, nat.FilteringAddressDependent, "firewall", []string{"a firewall"}},
		{nat.MappingEndpointIndependent, nat.FilteringEndpointIndependent, "full-cone", []string{"full cone NAT", `stun = "192.0.2.1:3478"`}},
		{nat.MappingEndpointIndependent, nat.FilteringAddressDependent, "address-restricted", []string{"address-restricted cone", "behind any NAT"}},
		{nat.MappingEndpointIndependent, nat.FilteringAddressAndPortDependent, "port-restricted", []string{"port-restricted cone", "any NAT but a symmetric one", "turn"}},
		{nat.MappingEndpointIndependent, nat.FilteringUnknown, "cone", []string{"cone NAT", "isn't known"}},
		{nat.MappingAddressDependent, nat.FilteringAddressDependent, "symmetric", []string{"symmetric NAT", "relay (turn)"}},
		{nat.MappingAddressAndPortDependent, nat.FilteringAddressAndPortDependent, "symmetric", []string{"STUN alone doesn't help"}},
		{nat.MappingUnknown, nat.FilteringUnknown, "unknown", []string{"isn't known", "can't be foretold"}},
	} {
		p := &natReport{servers: []netip.AddrPort{at("192.0.2.1:3478")}, Report: nat.Report{
			Server: at("192.0.2.1:3478"), Local: at("10.0.0.2:4000"), Mapped: at("198.51.100.1:4000"),
			Mapping: c.mapping, Filtering: c.filtering, UDP: true,
		}}
		p.measured, p.lived = true, nat.Lived{AtLeast: 30 * time.Second, Below: time.Minute}
		text := p.text()
		for _, want := range append(c.wants, "lives 30s, and less than 1m0s") {
			if !strings.Contains(text, want) {
				t.Errorf("%s: no %q in\n%s", c.kind, want, text)
			}
		}
		if c.kind != "none" && !strings.Contains(text, `keepalive_interval = "15s"`) {
			t.Errorf("%s: no keep-alive in\n%s", c.kind, text)
		}
		if e := p.event(&app{now: time.Now}); e.Kind != c.kind || e.Lifetime.KeepAliveS != 15 || len(e.Means) == 0 {
			t.Errorf("%s: %+v", c.kind, e)
		}
	}
	inner := &natReport{servers: []netip.AddrPort{at("10.0.0.9:3478")}, Report: nat.Report{
		Server: at("10.0.0.9:3478"), Local: at("10.0.0.2:4000"), Mapped: at("10.0.0.2:4000"),
		Mapping: nat.MappingNone, Filtering: nat.FilteringEndpointIndependent, UDP: true,
	}}
	if text := inner.text(); strings.Contains(text, "has a public address") || strings.Contains(text, "need no help") || !strings.Contains(text, "further out") {
		t.Errorf("a server in the same network tells of the world:\n%s", text)
	}
	if e := inner.event(&app{now: time.Now}); e.Kind != "none" || len(e.Means) != 2 {
		t.Errorf("%+v", e)
	}
	silent := &natReport{servers: []netip.AddrPort{at("192.0.2.1:3478")}, err: nat.ErrNoAnswer}
	if e := silent.event(&app{now: time.Now}); e.Kind != "unknown" || len(e.Advice) > 0 || strings.Contains(silent.text(), "IPv4: UDP is blocked") {
		t.Errorf("a server that is down blocks UDP: %+v", e)
	}
	blocked := &natReport{servers: []netip.AddrPort{at("[2001:db8::1]:3478")}, err: nat.ErrNoAnswer, Report: nat.Report{TCP: true}}
	if text := blocked.text(); !strings.Contains(text, "IPv6: UDP is blocked") || !strings.Contains(text, "over TCP or TLS") {
		t.Error(text)
	}
}

// TestALGVerdict judges what an answer shows of the way.
func TestALGVerdict(t *testing.T) {
	at := netip.MustParseAddrPort
	local, public := netip.MustParseAddr("10.0.0.2"), netip.MustParseAddr("198.51.100.1")
	way := func(t sip.Transport, to, seen string, altered ...string) ua.Way {
		w := ua.Way{Target: sip.Target{Transport: t, Addr: at(to)}, Local: at("10.0.0.2:5060"), Altered: altered}
		if seen != "" {
			w.Seen = at(seen)
		}
		return w
	}
	for _, c := range []struct {
		name   string
		way    ua.Way
		mapped netip.Addr
		want   algVerdict
	}{
		{"an honest NAT", way(sip.UDP, "192.0.2.5:5060", "198.51.100.1:6000"), public, algNone},
		{"no NAT", way(sip.UDP, "192.0.2.5:5060", "10.0.0.2:5060"), local, algNone},
		{"an altered Via", way(sip.UDP, "192.0.2.5:5060", "198.51.100.1:6000", "our Via came back as another"), public, algRewrites},
		{"rewritten there and back", way(sip.UDP, "192.0.2.5:5060", "10.0.0.2:5060"), public, algRewrites},
		{"a server in our own network", way(sip.UDP, "10.0.0.9:5060", "10.0.0.2:5060"), public, algNone},
		{"TLS", way(sip.TLS, "192.0.2.5:5061", "198.51.100.1:6000"), public, algEncrypted},
		{"a server that doesn't say", way(sip.UDP, "192.0.2.5:5060", ""), public, algUntested},
	} {
		if got := judgeALG(c.way, local, c.mapped); got.verdict != c.want {
			t.Errorf("%s: %v, %v", c.name, got.verdict, got.why)
		}
	}
}

// Relays answer as STUN servers do, where they are reached over UDP.
func TestRelaysAsServers(t *testing.T) {
	if got := stunOfRelays("turn:relay.example.org:3478?transport=udp, turns:192.0.2.1, turn:192.0.2.2?transport=tcp,turn:192.0.2.3"); got != "relay.example.org:3478,192.0.2.3" {
		t.Error(got)
	}
}
