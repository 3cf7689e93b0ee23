package ua

import (
	"net/netip"
	"slices"
	"strings"

	"offhook/ua/sip"
)

// maxOwnServers bounds what an account that runs for months remembers of a DNS that
// names others each day.
const maxOwnServers = 64

// ownServers are the addresses of an account's registrar and outbound proxy, as locating
// gave them. What comes from there is believed where the account's provider is the one to
// say it: a network-asserted identity (RFC 3325, section 5: the trust domain). The line's
// mutex guards it.
type ownServers []netip.Addr

// noteServers remembers where a URI led, when it is the registrar's or the outbound
// proxy's. Any goroutine.
func (l *line) noteServers(u sip.URI, targets []sip.Target) {
	where := whereTo(u)
	own := func(s sip.URI) bool { return strings.EqualFold(whereTo(s), where) }
	l.mu.Lock()
	defer l.mu.Unlock()
	served := func(host string) bool { return strings.EqualFold(host, where) } // by the Service-Route
	if !own(l.registrar) && !slices.ContainsFunc(l.proxies, own) && !slices.ContainsFunc(l.serviceHosts, served) {
		return
	}
	for _, t := range targets {
		addr := t.Addr.Addr().Unmap().WithZone("")
		if !addr.IsValid() || slices.Contains(l.servers, addr) {
			continue
		}
		if len(l.servers) == maxOwnServers {
			l.servers = slices.Delete(l.servers, 0, 1)
		}
		l.servers = append(l.servers, addr)
	}
}

// whereTo is what is located for a URI: its maddr, which may lead anywhere, or its host (RFC
// 3263, section 4).
func whereTo(u sip.URI) string {
	if m, ok := sip.ParamValue(u.UriParams, "maddr"); ok && m != "" {
		return m
	}
	return u.Host
}

// ownServer says that an address is of the account's registrar or outbound proxy. An
// account that was never registered and has called nobody at home knows none.
func (l *line) ownServer(addr netip.Addr) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Contains(l.servers, addr.Unmap().WithZone(""))
}

// goesHome says that a request is sent to the account's registrar or outbound proxy.
func (l *line) goesHome(req *sip.Request) bool {
	to, err := netip.ParseAddrPort(req.Destination())
	return err == nil && l.ownServer(to.Addr())
}
