package sip

import (
	"fmt"
	"net"
	"net/netip"
)

// LocalAddrFor is the local address from which the kernel would send to a peer.
// Nothing is sent.
func LocalAddrFor(to netip.AddrPort) (netip.Addr, error) {
	port := to.Port()
	if port == 0 {
		port = 5060
	}
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(to.Addr(), port)))
	if err != nil {
		return netip.Addr{}, fmt.Errorf("no way to %s: %w; check the network, or set the local address", to.Addr(), err)
	}
	defer func() { _ = c.Close() }()
	return c.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap(), nil
}

// defaultLocalAddr is the address that routes to the Internet, of the family of
// addr if that is set; without a route it is loopback.
func defaultLocalAddr(addr netip.Addr) netip.Addr {
	probe, loopback := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("127.0.0.1")
	if addr.Is6() {
		probe, loopback = netip.MustParseAddr("2001:db8::1"), netip.IPv6Loopback()
	}
	if a, err := LocalAddrFor(netip.AddrPortFrom(probe, 5060)); err == nil {
		return a
	}
	return loopback
}
