package ua

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"time"

	"offhook/audio"
	"offhook/nat"
)

// stunTimeout bounds what a silent STUN server may cost a call.
const stunTimeout = 2 * time.Second

const stunPort = 3478 // RFC 8489, section 18.6

// socket is an opened media session and how the world sees it.
type socket struct {
	session MediaSession
	// public is where a STUN server saw the RTP socket; invalid when it wasn't
	// asked or didn't answer.
	public netip.AddrPort
}

func (s socket) close() {
	if s.session != nil {
		_ = s.session.Close()
	}
}

// openMedia binds a call's media. With a STUN server in the account the very
// socket that will carry RTP asks for its address first. A server that doesn't
// answer is logged, and the call goes on with the local address: on the same
// network it works, and elsewhere it is no worse than without asking. In a worker.
func (a *Agent) openMedia(ctx context.Context, c *phoneCall, local netip.Addr) (socket, error) {
	var m socket
	o := audio.OpenOptions{
		Local:   local,
		OnEvent: func(e audio.Event) { a.box.post(func() { c.onMedia(e) }) },
	}
	if server := c.line.acc.STUN; server != "" {
		o.Probe = func(ctx context.Context, conn audio.ProbeConn) error {
			ctx, cancel := context.WithTimeout(ctx, stunTimeout)
			defer cancel()
			public, err := a.ask(ctx, conn, server, local)
			if err != nil {
				a.log.Warn("calls use the local address", "account", c.line.acc.Name, "error", err)
				return nil
			}
			m.public = public
			return nil
		}
	}
	var err error
	m.session, err = a.cfg.Media.Open(ctx, o)
	return m, err
}

// ask finds the server's address of the socket's family and asks it.
func (a *Agent) ask(ctx context.Context, conn nat.Conn, server string, local netip.Addr) (netip.AddrPort, error) {
	host, port := server, stunPort
	if h, p, err := net.SplitHostPort(server); err == nil {
		n, err := strconv.ParseUint(p, 10, 16)
		if err != nil || n == 0 {
			return netip.AddrPort{}, fmt.Errorf("the STUN server %q has no port of 1 to 65535", server)
		}
		host, port = h, int(n)
	}
	family := "ip4"
	if local.Is6() {
		family = "ip6"
	}
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, family, host)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("the STUN server %q: %w", server, err)
	}
	return nat.Binding(ctx, conn, netip.AddrPortFrom(addrs[0].Unmap(), uint16(port)))
}
