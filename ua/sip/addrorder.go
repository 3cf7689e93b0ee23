package sip

import (
	"cmp"
	"net/netip"
	"slices"
)

// order sorts a host's addresses by RFC 6724, section 6, as far as its rules can be told
// from the address that each would be reached from: what has no route last (and left out
// where something has one), then matching scope, matching label, and precedence, which
// sets IPv6 before IPv4. Loopback is the other way round: servers on this machine
// seldom listen on ::1.
func (l *Locator) order(addrs []netip.Addr, port uint16) []netip.Addr {
	route := l.Route
	if route == nil {
		route = LocalAddrFor
	}
	ranked := make([]rankedAddr, 0, len(addrs))
	for _, a := range addrs {
		a = a.Unmap()
		r := rankedAddr{addr: a}
		if src, err := route(netip.AddrPortFrom(a, port)); err == nil {
			r.routed = true
			r.scope = scopeOf(a) == scopeOf(src.Unmap())
			r.label = policyOf(a).label == policyOf(src.Unmap()).label
		}
		ranked = append(ranked, r)
	}
	slices.SortStableFunc(ranked, rankedAddr.compare)
	out := make([]netip.Addr, 0, len(ranked))
	for _, r := range ranked {
		if r.routed || !ranked[0].routed {
			out = append(out, r.addr)
		}
	}
	return out
}

type rankedAddr struct {
	addr                 netip.Addr
	routed, scope, label bool
}

func (a rankedAddr) compare(b rankedAddr) int {
	return cmp.Or(
		first(a.routed, b.routed), // rule 1
		first(a.scope, b.scope),   // rule 2
		first(a.label, b.label),   // rule 5
		cmp.Compare(policyOf(b.addr).precedence, policyOf(a.addr).precedence), // rule 6
		cmp.Compare(scopeOf(a.addr), scopeOf(b.addr)),                         // rule 8
	)
}

// first puts what is true before what is false.
func first(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

// policy is a row of the table in RFC 6724, section 2.1.
type policy struct {
	prefix            netip.Prefix
	precedence, label int
}

// policies are in the order of prefix length; they are never written to.
var policies = []policy{
	{netip.MustParsePrefix("::1/128"), 30, 0}, // below IPv4, other than in the RFC: see order
	{netip.MustParsePrefix("::ffff:0:0/96"), 35, 4},
	{netip.MustParsePrefix("2001::/32"), 5, 5},
	{netip.MustParsePrefix("2002::/16"), 30, 2},
	{netip.MustParsePrefix("3ffe::/16"), 1, 12},
	{netip.MustParsePrefix("fec0::/10"), 1, 11},
	{netip.MustParsePrefix("fc00::/7"), 3, 13},
	{netip.MustParsePrefix("::/0"), 40, 1},
}

func policyOf(a netip.Addr) policy {
	if a.Is4() {
		return policies[1]
	}
	for _, p := range policies {
		if p.prefix.Contains(a.WithZone("")) {
			return p
		}
	}
	return policies[len(policies)-1]
}

// scopeOf is the scope of RFC 6724, sections 3.1 and 3.2: link-local or global.
func scopeOf(a netip.Addr) int {
	if a.IsLoopback() || a.IsLinkLocalUnicast() {
		return 2
	}
	return 14
}
