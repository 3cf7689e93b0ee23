package pbx

import (
	"net/netip"

	"offhook/ua/sip"
)

// ways lists where the phone behind a binding can be reached, the best first.
//
// A stream that the phone opened is used first: it may not listen (RFC 5626,
// section 1). A contact that can't be reached from here (a name, or another
// address than the REGISTER came from) is behind a NAT: the source is the way.
func ways(b binding) []sip.Target {
	contact, numeric := numericTarget(b.uri)
	direct := numeric && !contact.Addr.Addr().IsUnspecified() &&
		(!b.source.Addr.IsValid() || sameHost(contact.Addr.Addr(), b.source.Addr.Addr()))
	switch {
	case !b.source.Addr.IsValid():
		if direct {
			return []sip.Target{contact}
		}
		return nil
	case b.source.Transport != sip.UDP && direct && contact.Addr != b.source.Addr:
		return []sip.Target{b.source, contact}
	case b.source.Transport == sip.UDP && direct:
		return []sip.Target{contact}
	}
	return []sip.Target{b.source}
}

// sameHost: the same address, or two of this machine's own.
func sameHost(a, b netip.Addr) bool {
	a, b = a.Unmap(), b.Unmap()
	return a == b || a.IsLoopback() && b.IsLoopback()
}
