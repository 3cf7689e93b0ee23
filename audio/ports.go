package audio

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"syscall"
)

// ErrNoPorts says that no pair of ports is free in the engine's range.
var ErrNoPorts = errors.New("no free pair of RTP ports")

// portTries bounds how often the system is asked for an even port with a free next.
const portTries = 64

// listenPair binds RTP to an even port and RTCP to the next one (RFC 3550, section
// 11). A range of zero leaves the choice to the system. Inside a range it starts at
// a random pair: a port that was used last gets late packets of the last call.
func listenPair(addr netip.Addr, lo, hi int) (rtp, rtcp *net.UDPConn, err error) {
	if !addr.IsValid() {
		return nil, nil, errors.New("no local address to bind RTP to")
	}
	if lo == 0 && hi == 0 {
		for range portTries {
			rtp, rtcp, err = listenFrom(addr, 0)
			if !errors.Is(err, syscall.EADDRINUSE) {
				return rtp, rtcp, err
			}
		}
		return nil, nil, fmt.Errorf("%w on %s: %w", ErrNoPorts, addr, err)
	}
	first := lo + lo%2
	pairs := (hi - first + 1) / 2
	if pairs < 1 {
		return nil, nil, fmt.Errorf("%w: the range %d-%d holds none; give it two ports or more, even first", ErrNoPorts, lo, hi)
	}
	start := rand.IntN(pairs)
	for i := range pairs {
		rtp, rtcp, err = listenFrom(addr, first+2*((start+i)%pairs))
		if !errors.Is(err, syscall.EADDRINUSE) {
			return rtp, rtcp, err
		}
	}
	return nil, nil, fmt.Errorf("%w: all %d pairs of %d-%d on %s are in use; widen the range", ErrNoPorts, pairs, lo, hi, addr)
}

// listenFrom binds port and port+1, or any even port and its next for port 0.
func listenFrom(addr netip.Addr, port int) (rtp, rtcp *net.UDPConn, err error) {
	if rtp, err = listenUDP(addr, port); err != nil {
		return nil, nil, err
	}
	got := localAddr(rtp)
	if got.Port()%2 == 1 { // its even neighbour may be free
		rtcp = rtp
		if rtp, err = listenUDP(addr, int(got.Port())-1); err != nil {
			rtcp.Close()
			return nil, nil, err
		}
		return rtp, rtcp, nil
	}
	if rtcp, err = listenUDP(addr, int(got.Port())+1); err != nil {
		rtp.Close()
		return nil, nil, err
	}
	return rtp, rtcp, nil
}

// expeditedForwarding is the DSCP of voice, EF, in the place of the TOS byte (RFC 4594).
const expeditedForwarding = 46 << 2

func listenUDP(addr netip.Addr, port int) (*net.UDPConn, error) {
	network := "udp4"
	if addr.Is6() && !addr.Is4In6() {
		network = "udp6"
	}
	c, err := net.ListenUDP(network, net.UDPAddrFromAddrPort(netip.AddrPortFrom(addr.Unmap(), uint16(port))))
	if err != nil {
		return nil, err
	}
	markVoice(c, network == "udp6")
	return c, nil
}

// markVoice asks the network for priority. That is a wish: a system that refuses it
// still makes calls.
func markVoice(c *net.UDPConn, six bool) {
	raw, err := c.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) {
		if six {
			_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_IPV6, syscall.IPV6_TCLASS, expeditedForwarding)
		} else {
			_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_IP, syscall.IP_TOS, expeditedForwarding)
		}
	})
}

func localAddr(c *net.UDPConn) netip.AddrPort {
	a := c.LocalAddr().(*net.UDPAddr).AddrPort()
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}
