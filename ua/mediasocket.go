package ua

import (
	"context"
	"net/netip"
	"time"

	"offhook/audio"
	"offhook/nat"
)

// stunTimeout bounds what a silent STUN server may cost a call.
const stunTimeout = 2 * time.Second

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

// ask asks the account's servers, all at once, for the address of a socket of ours.
func (a *Agent) ask(ctx context.Context, conn nat.Conn, servers string, local netip.Addr) (netip.AddrPort, error) {
	found, err := a.stunServers(ctx, servers, local)
	if err != nil {
		return netip.AddrPort{}, err
	}
	return nat.First(ctx, conn, found)
}

// stunServers finds the addresses of an account's STUN servers that are of local's family.
func (a *Agent) stunServers(ctx context.Context, servers string, local netip.Addr) ([]netip.AddrPort, error) {
	return nat.Locate(ctx, a.names, servers, local)
}
