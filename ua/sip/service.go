package sip

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"offhook/ua/sip/resolve"
)

// service is a name to ask for SRV records and the transport that they are of.
type service struct {
	transport Transport
	name      string
	direct    bool // the name has addresses, not SRV records: NAPTR's flag "a"
}

// srvOf is where the SRV records of a transport are (RFC 3263, section 4.1). WebSockets
// have none: they are found by NAPTR or at their own port (RFC 7118).
func srvOf(t Transport, host string) []service {
	switch t {
	case UDP:
		return []service{{transport: UDP, name: "_sip._udp." + host}}
	case TCP:
		return []service{{transport: TCP, name: "_sip._tcp." + host}}
	case TLS:
		return []service{{transport: TLS, name: "_sips._tcp." + host}}
	case WS, WSS, AnyTransport:
	}
	return nil
}

// defaultServices are asked for when a domain has no NAPTR: what we would rather
// use first.
func defaultServices(host string, sips bool) []service {
	if sips {
		return srvOf(TLS, host)
	}
	return slices.Concat(srvOf(UDP, host), srvOf(TCP, host), srvOf(TLS, host))
}

// naptrServices are the services of RFC 3263, section 4.1, and RFC 7118, section 9.
func naptrService(s string) (t Transport, sips, ok bool) {
	switch strings.ToUpper(s) {
	case "SIP+D2U":
		return UDP, false, true
	case "SIP+D2T":
		return TCP, false, true
	case "SIPS+D2T":
		return TLS, true, true
	case "SIP+D2W":
		return WS, false, true
	case "SIPS+D2W":
		return WSS, true, true
	}
	return UDP, false, false
}

// naptr asks a domain which transports it wants, the most wanted first. nil means that
// it doesn't say.
func (q *query) naptr(ctx context.Context) []service {
	q.asked = append(q.asked, "NAPTR "+q.host)
	records, err := q.names.NAPTR(ctx, q.host)
	if err != nil {
		return nil
	}
	return chooseServices(records, q.sips)
}

// chooseServices sorts NAPTR records, and leaves out what we can't speak and, for sips,
// what isn't encrypted.
func chooseServices(records []resolve.NAPTR, sips bool) []service {
	records = slices.Clone(records)
	slices.SortStableFunc(records, func(a, b resolve.NAPTR) int {
		return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.Preference, b.Preference))
	})
	var out []service
	for _, r := range records {
		t, secure, ok := naptrService(r.Service)
		if !ok || sips && !secure || r.Replacement == "" {
			continue
		}
		s := service{transport: t, name: r.Replacement, direct: strings.EqualFold(r.Flags, "a")}
		if !s.direct && !strings.EqualFold(r.Flags, "s") {
			continue
		}
		if !slices.Contains(out, s) && len(out) < maxTargets {
			out = append(out, s)
		}
	}
	return out
}
