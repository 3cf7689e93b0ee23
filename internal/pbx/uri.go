package pbx

import (
	"net/netip"
	"strings"

	"offhook/ua/sip"
)

// sameURI compares as RFC 3261, section 19.1.4 says: the user with its case, a
// parameter that only one side has is ignored unless it decides where requests go.
func sameURI(a, b sip.URI) bool {
	if !strings.EqualFold(a.Scheme, b.Scheme) || a.User != b.User || a.Password != b.Password ||
		!strings.EqualFold(a.Host, b.Host) || a.Port != b.Port || a.Raw() != b.Raw() {
		return false
	}
	for _, name := range [...]string{"transport", "user", "ttl", "method", "maddr"} {
		va, oka := sip.ParamValue(a.UriParams, name)
		vb, okb := sip.ParamValue(b.UriParams, name)
		if oka != okb || !strings.EqualFold(va, vb) {
			return false
		}
	}
	for _, p := range a.UriParams {
		if v, ok := sip.ParamValue(b.UriParams, p.K); ok && !strings.EqualFold(v, sip.Unquote(p.V)) {
			return false
		}
	}
	return true
}

// transportOf is the transport that a URI asks for; UDP when it doesn't say (RFC
// 3263, section 4.1, for a numeric host).
func transportOf(u sip.URI) sip.Transport {
	if v, ok := sip.ParamValue(u.UriParams, "transport"); ok {
		if t, err := sip.ParseTransport(v); err == nil {
			return t
		}
	}
	if strings.EqualFold(u.Scheme, "sips") {
		return sip.TLS
	}
	return sip.UDP
}

// numericTarget is where u leads when its host is an address.
func numericTarget(u sip.URI) (sip.Target, bool) {
	host := u.Host
	if maddr, ok := sip.ParamValue(u.UriParams, "maddr"); ok && maddr != "" {
		host = maddr
	}
	addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
	if err != nil || u.Port < 0 || u.Port > 65535 {
		return sip.Target{}, false
	}
	t := transportOf(u)
	port := u.Port
	if port == 0 {
		port = int(t.DefaultPort())
	}
	return sip.Target{Transport: t, Addr: netip.AddrPortFrom(addr.Unmap(), uint16(port)), Host: host}, true
}

// domain is what this PBX answers for: its own address, its name, and the names of
// the machine itself.
type domain struct {
	name string // lower case
	addr netip.AddrPort
	// ports are those of TLS, WS and WSS, where we listen on them.
	ports map[sip.Transport]uint16
}

// at is the address that we have over a transport.
func (d domain) at(t sip.Transport) netip.AddrPort {
	if p, ok := d.ports[t]; ok {
		return netip.AddrPortFrom(d.addr.Addr(), p)
	}
	return d.addr
}

// listens says whether a port is ours.
func (d domain) listens(port int) bool {
	for t := sip.UDP; t <= sip.WSS; t++ {
		if int(d.at(t).Port()) == port {
			return true
		}
	}
	return false
}

// owns says whether a URI's host and port are ours. The port may be missing for a
// name: a client that was told the address by an outbound proxy needn't repeat it.
func (d domain) owns(u sip.URI) bool {
	if u.Port != 0 && !d.listens(u.Port) {
		return false
	}
	host := strings.ToLower(strings.Trim(u.Host, "[]"))
	if host == d.name {
		return true
	}
	if host == "localhost" {
		return d.addr.Addr().IsLoopback()
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.Unmap() == d.addr.Addr()
}

// isHop says whether a Route names this very hop: here the port always counts.
func (d domain) isHop(u sip.URI) bool {
	port := u.Port
	if port == 0 {
		port = int(transportOf(u).DefaultPort())
	}
	u.Port = 0
	return d.listens(port) && d.owns(u)
}
