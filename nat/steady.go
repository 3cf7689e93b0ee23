package nat

import (
	"context"
	"net/netip"
	"slices"
	"time"
)

// steadyWaits is how long the second place is waited for: a call waits along.
var steadyWaits = []time.Duration{150 * time.Millisecond, 150 * time.Millisecond}

// Steady is First, and says whether a second place sees the socket at the same address: then
// the NAT has one mapping for all (RFC 5780, section 4.3), and whoever is told the address
// reaches the socket by it. The second place is the server's other address, or another server
// of the list; without an answer from one nothing is known, and Steady false.
func Steady(ctx context.Context, conn Conn, servers []netip.AddrPort) (at netip.AddrPort, steady bool, err error) {
	a, err := first(ctx, conn, servers)
	if err != nil {
		return netip.AddrPort{}, false, err
	}
	second := netip.AddrPort{}
	if a.other.IsValid() && a.other.Addr() != a.server.Addr() {
		second = netip.AddrPortFrom(a.other.Addr(), a.server.Port())
	} else if i := slices.IndexFunc(servers, func(s netip.AddrPort) bool { return s.Addr() != a.server.Addr() }); i >= 0 {
		second = servers[i]
	}
	if !second.IsValid() {
		return a.mapped, false, nil
	}
	r, err := newRequest(second)
	if err != nil {
		return a.mapped, false, nil
	}
	b, err := exchange(ctx, conn, []*request{r}, steadyWaits)
	return a.mapped, err == nil && b.mapped == a.mapped, nil
}
