package ice

import (
	"net/netip"
	"slices"
	"strconv"
)

// Which addresses are candidates, and what a candidate of ours says of itself.

// others are the addresses worth a socket beside own (RFC 8445, section 5.1.1.1): no loopback
// unless own is, and nothing that means a different host for each link.
func others(own netip.Addr, local []netip.Addr) []netip.Addr {
	var out []netip.Addr
	for _, l := range local {
		l = l.Unmap()
		switch {
		case !l.IsValid(), l == own, l.Zone() != "", l.IsUnspecified(), l.IsMulticast(), l.IsLinkLocalUnicast(),
			l.IsLoopback() != own.IsLoopback(), slices.Contains(out, l), len(out) == maxLocal:
			continue
		}
		out = append(out, l)
	}
	return out
}

// hidden is the related address that tells nothing (RFC 8839, section 5.1).
func hidden(like netip.AddrPort) netip.AddrPort {
	if like.Addr().Is6() {
		return netip.AddrPortFrom(netip.IPv6Unspecified(), 9)
	}
	return netip.AddrPortFrom(netip.IPv4Unspecified(), 9)
}

// candidate makes one of ours. index orders those of a type: 0 is the best. The foundation is
// the same for the same type, base and server (RFC 8445, section 5.1.1.3).
func (r *round) candidate(t Type, addr, related netip.AddrPort, server netip.Addr, index int) Candidate {
	from := addr.Addr()
	if t == ServerReflexive {
		from = related.Addr()
	}
	preference := uint32(max(0, 65535-index))
	return Candidate{
		Foundation: foundation(t, from, server), Component: 1, Transport: "udp", Type: t, Addr: addr, Related: related,
		Priority: t.preference()<<24 | preference<<8 | 255,
	}
}

// foundation is a short name of type, base and server.
func foundation(t Type, from, server netip.Addr) string {
	h := uint64(14695981039346656037) // FNV-1a
	for _, s := range [...]string{t.String(), from.String(), server.String()} {
		for i := range len(s) {
			h = (h ^ uint64(s[i])) * 1099511628211
		}
	}
	return strconv.FormatUint(h>>32, 36)
}
