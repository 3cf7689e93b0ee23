package sip

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"
)

const (
	// maxConns bounds the connections that others may have open to us.
	maxConns = 1024
	// maxDialled bounds those that we have made: where to is often another's choice, by a
	// Contact, a Route or a Via.
	maxDialled = 256
)

// accept takes connections until the listener is closed. When too many are there the
// one that is the least use makes room: nobody can keep others out by being there.
func (e *Endpoint) accept(t Transport, l net.Listener) {
	for {
		nc, err := l.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return
			}
			e.log.Warn("accepting a SIP connection", "err", err)
			select {
			case <-e.ctx.Done():
				return
			case <-time.After(10 * time.Millisecond):
			}
			continue
		}
		e.take(t, nc)
	}
}

// take serves a connection that somebody opened to us.
func (e *Endpoint) take(t Transport, nc net.Conn) {
	remote, _ := netip.ParseAddrPort(nc.RemoteAddr().String())
	c := e.newConn(connKey{transport: t, addr: unmap(remote)}, false)
	for {
		e.mu.Lock()
		if e.closed {
			e.mu.Unlock()
			_ = nc.Close()
			return
		}
		var idlest *conn
		if e.accepted >= e.maxConns {
			idlest = e.idlest(false)
		}
		if idlest == nil {
			e.conns[c.key] = c
			e.accepted++
			e.wg.Go(func() { c.welcome(nc) })
			e.mu.Unlock()
			return
		}
		e.mu.Unlock()
		e.log.Info("too many connections; the idlest makes room", "from", idlest.key.addr)
		idlest.fail(errRoom) // which takes it out
	}
}

// idlest is the connection that is the least use, of those that we dialled or of the others:
// one that never said anything, or else the one that has been silent the longest. One that is
// kept alive is none. e.mu is held.
func (e *Endpoint) idlest(dialled bool) *conn {
	var worst *conn
	for key, c := range e.conns {
		switch {
		case c.dialled != dialled, dialled && e.kept[key] != nil:
		case worst == nil, worst.spoke.Load() && !c.spoke.Load():
			worst = c
		case worst.spoke.Load() == c.spoke.Load() && c.active.Load() < worst.active.Load():
			worst = c
		}
	}
	return worst
}

// connect gives the connection to a peer, and starts to make one if there is none.
func (e *Endpoint) connect(to Target) (*conn, error) {
	if !e.LocalAddr(to.Transport).IsValid() {
		return nil, fmt.Errorf("%w: this endpoint has no %s", ErrTransport, to.Transport)
	}
	c, idlest, err := e.connecting(to)
	if idlest != nil {
		e.log.Info("too many connections; the idlest makes room", "to", idlest.key.addr)
		idlest.fail(errRoom)
	}
	return c, err
}

// errRoom is why a connection ends that others were more use than.
var errRoom = errors.New("it was closed to make room for others")

// connecting is connect, but for the connection that has to make room.
func (e *Endpoint) connecting(to Target) (c, idlest *conn, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil, nil, ErrClosed
	}
	if c := e.connTo(to); c != nil {
		select {
		case <-c.broken: // and lost is about to take it out
		default:
			return c, nil, nil
		}
	}
	ours := 0
	for _, c := range e.conns {
		if c.dialled {
			ours++
		}
	}
	if ours >= e.maxDialled {
		idlest = e.idlest(true)
	}
	host := e.hostOf(to)
	key := connKey{to.Transport, to.Addr, ""}
	if to.Transport == TLS || to.Transport == WSS {
		key.host = strings.ToLower(host)
	}
	c = e.newConn(key, true)
	e.conns[key] = c
	e.wg.Go(func() { c.dial(host) })
	return c, idlest, nil
}

// hostOf is the name that a peer is verified by, or told that it was dialled by.
func (e *Endpoint) hostOf(to Target) string {
	if to.Host != "" {
		return unbracket(to.Host)
	}
	return to.Addr.Addr().WithZone("").String()
}

// connTo finds the connection to a target. A secure one has to have proved the target's
// host; a target without a host is the far end of whatever connection leads there, such as
// the one that a request came by. e.mu is held.
func (e *Endpoint) connTo(to Target) *conn {
	key := connKey{transport: to.Transport, addr: to.Addr}
	if to.Transport != TLS && to.Transport != WSS {
		return e.conns[key]
	}
	if to.Host != "" {
		key.host = strings.ToLower(e.hostOf(to))
		return e.conns[key]
	}
	if c := e.conns[key]; c != nil {
		return c
	}
	for k, c := range e.conns {
		if k.transport == to.Transport && k.addr == to.Addr {
			return c
		}
	}
	return nil
}

// sameWay says that a request to this target goes over connection c.
func (c *conn) sameWay(to Target) bool {
	if to.Transport != c.key.transport || to.Addr != c.key.addr {
		return false
	}
	return !c.secure() || to.Host == "" || strings.EqualFold(c.key.host, unbracket(to.Host))
}

// lost forgets a broken connection and tells the client transactions that wait on it.
func (e *Endpoint) lost(c *conn) {
	var waiting []*clientTx
	e.mu.Lock()
	if e.conns[c.key] == c {
		delete(e.conns, c.key)
	}
	if !c.dialled {
		e.accepted--
	}
	_, kept := e.kept[c.key]
	for _, t := range e.clients {
		if c.sameWay(t.link.to) {
			waiting = append(waiting, t)
		}
	}
	e.mu.Unlock()
	reason := c.reason()
	refused := errors.As(reason, new(*refusedError))
	tell := e.cfg.FlowLost != nil && (c.dialled || kept)
	if len(waiting) == 0 && !tell {
		return
	}
	// In a goroutine of its own: the connection may have broken under a transaction that
	// is just sending.
	e.start(func() {
		for _, t := range waiting {
			if refused || !t.resend() {
				t.fail(reason)
			}
		}
		if tell {
			e.tellLost(Flow{Target: Target{Transport: c.key.transport, Addr: c.key.addr, Host: c.key.host}, Err: reason, Kept: kept})
		}
	})
}

// giveUp breaks the connection to a peer that left a request unanswered until its time was up,
// and sent nothing else meanwhile: the kernel would go on for a quarter of an hour before it
// told that nobody is there, and all requests with it.
func (e *Endpoint) giveUp(to Target, since time.Time) {
	if !to.Transport.Reliable() {
		return
	}
	e.mu.Lock()
	c := e.connTo(to)
	e.mu.Unlock()
	if c == nil {
		return
	}
	if last := c.active.Load(); last == c.born || last <= since.UnixNano() {
		c.fail(ErrFlowDead)
	}
}

// tellLost tells FlowLost, behind the messages that came before.
func (e *Endpoint) tellLost(f Flow) {
	if e.cfg.FlowLost != nil {
		e.post(delivery{lost: &f})
	}
}

// sessions lets a connection that is made again skip half the handshake.
func (e *Endpoint) sessions() tls.ClientSessionCache {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.tlsCache == nil {
		e.tlsCache = tls.NewLRUClientSessionCache(8)
	}
	return e.tlsCache
}

// Reach makes the connection that requests to a target will go over, if there is none yet, and
// waits until it is open. Over UDP, which has none, it fails.
func (e *Endpoint) Reach(ctx context.Context, to Target) error {
	if to.Transport == UDP {
		return fmt.Errorf("%w: udp %s: there is no connection to make", ErrTransport, to.Addr)
	}
	c, err := e.connect(to)
	if err != nil {
		return err
	}
	select {
	case <-c.ready:
		return nil
	case <-c.broken:
		return c.reason()
	case <-ctx.Done():
		return fmt.Errorf("%w: %s %s: %w", ErrTransport, strings.ToLower(to.Transport.String()), to.Addr, ctx.Err())
	}
}
