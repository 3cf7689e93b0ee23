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
	var err error
	m.session, err = a.cfg.Media.Open(ctx, audio.OpenOptions{
		Local:   local,
		OnEvent: func(e audio.Event) { a.box.post(func() { c.onMedia(e) }) },
		Probe:   a.probe(c.line, local, &m.public),
	})
	return m, err
}

// probe asks the account's STUN server, if it has one, for the public address of a media socket.
func (a *Agent) probe(l *line, local netip.Addr, public *netip.AddrPort) func(context.Context, audio.ProbeConn) error {
	server := l.acc.STUN
	if server == "" {
		return nil
	}
	return func(ctx context.Context, conn audio.ProbeConn) error {
		ctx, cancel := context.WithTimeout(ctx, stunTimeout)
		defer cancel()
		at, err := a.ask(ctx, conn, server, local)
		if err != nil {
			a.log.Warn("calls use the local address", "account", l.acc.Name, "error", err)
			return nil
		}
		*public = at
		return nil
	}
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
