package ua

import (
	"context"
	"errors"
	"net/netip"

	"offhook/audio"
	"offhook/nat"
)

// socket is an opened media session and how the world sees it.
type socket struct {
	session MediaSession
	// public is where a STUN server saw the RTP socket; invalid when it wasn't
	// asked or didn't answer.
	public netip.AddrPort
	// mediaWay is how the media finds its peer; nil when its address is enough.
	way *mediaWay
}

// close ends all of it. It may wait for servers: in a worker.
func (s socket) close() {
	s.way.close() // it says goodbye to its servers by the session's socket
	if s.session != nil {
		_ = s.session.Close()
	}
}

// openMedia binds a call's media. With a STUN server in the account the very
// socket that will carry RTP asks for its address first. A server that doesn't
// answer is logged, and the call goes on with the local address: on the same
// network it works, and elsewhere it is no worse than without asking. With ICE or relays
// there is more to find out (see mediaWay). In a worker.
func (a *Agent) openMedia(ctx context.Context, c *phoneCall, local netip.Addr, ice bool) (socket, error) {
	var m socket
	var seen vantage
	mode := c.line.acc.ICE.of(ice)
	var err error
	o := audio.OpenOptions{
		Local:   local,
		OnEvent: func(e audio.Event) { a.box.post(func() { c.onMedia(e) }) },
		Probe:   a.probe(c.line, local, ice, &seen),
	}
	w := &mediaWay{hook: &stunHook{}, mode: mode}
	if c.line.needsWay(ice) {
		o.OnSTUN = w.hook.hear
	}
	m.session, err = a.cfg.Media.Open(ctx, o)
	if err != nil {
		return m, err
	}
	m.public = seen.public
	w.session, w.easy = m.session, seen.easy
	if !c.line.needsWay(ice) || mode == ICEOff && !w.needsRelay() {
		return m, nil
	}
	if err := a.findWay(ctx, c, w); err != nil {
		w.close()
		if mode == ICERequired || mode == ICERelay {
			_ = m.session.Close()
			return socket{}, err
		}
		m.session.Attentive(false)
		a.log.Warn("calls go on without ICE and relay", "account", c.line.acc.Name, "error", err)
		return m, nil
	}
	m.way = w
	return m, nil
}

// vantage is how STUN servers see a media socket.
type vantage struct {
	public netip.AddrPort // invalid when nobody was asked, or answered
	easy   bool           // the NAT has one address for it towards everybody
}

// probe asks the account's STUN servers, if there are any, for the public address of a media
// socket. ICE asks by itself; beside a relay it has to be known whether that is needed.
func (a *Agent) probe(l *line, local netip.Addr, ice bool, seen *vantage) func(context.Context, audio.ProbeConn) error {
	relay := len(l.acc.TURN) > 0
	servers := l.acc.STUN
	if relay {
		servers = l.stunList()
	}
	if servers == "" || l.acc.ICE == ICERelay || ice && !relay {
		return nil
	}
	return func(ctx context.Context, conn audio.ProbeConn) error {
		at, easy, err := a.ask(ctx, conn, l, servers, local, relay)
		if err != nil {
			a.log.Warn("calls use the local address", "account", l.acc.Name, "error", err)
			return nil
		}
		*seen = vantage{at, easy}
		return nil
	}
}

// ask asks the account's servers, all at once, for the address of a socket of ours.
// With steady it finds out, too, whether that is the same towards everybody.
func (a *Agent) ask(ctx context.Context, conn nat.Conn, l *line, servers string, local netip.Addr, steady bool) (at netip.AddrPort, easy bool, err error) {
	nctx, cancel := context.WithTimeout(ctx, nameTime)
	found, err := a.stunServers(nctx, servers, local)
	cancel()
	if err != nil {
		return netip.AddrPort{}, false, err
	}
	ctx, cancel = context.WithTimeout(ctx, l.stunSilence.patience(askTime, askShort))
	defer cancel()
	if steady {
		at, easy, err = nat.Steady(ctx, conn, found)
	} else {
		at, err = nat.First(ctx, conn, found)
	}
	switch {
	case err == nil:
		l.stunSilence.forget()
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		l.stunSilence.note()
	}
	return at, easy, err
}

// stunServers finds the addresses of an account's STUN servers that are of local's family.
func (a *Agent) stunServers(ctx context.Context, servers string, local netip.Addr) ([]netip.AddrPort, error) {
	return nat.Locate(ctx, a.names, servers, local)
}
