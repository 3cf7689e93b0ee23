package sip

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"
)

// acceptTCP takes connections until the listener is closed.
func (e *Endpoint) acceptTCP() {
	for {
		nc, err := e.tcp.Accept()
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
		c := e.newConn(unmap(nc.RemoteAddr().(*net.TCPAddr).AddrPort()), nc)
		e.mu.Lock()
		taken := !e.closed && len(e.conns) < maxConns
		if taken {
			e.conns[c.remote] = c
			e.wg.Go(c.read)
			e.wg.Go(c.write)
		}
		e.mu.Unlock()
		if !taken {
			_ = nc.Close()
		}
	}
}

// connect gives the connection to a peer, and starts to dial if there is none.
func (e *Endpoint) connect(to netip.AddrPort) (*tcpConn, error) {
	if !e.local[TCP].IsValid() {
		return nil, fmt.Errorf("%w: this endpoint has no TCP", ErrTransport)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil, ErrClosed
	}
	if c := e.conns[to]; c != nil {
		return c, nil
	}
	c := e.newConn(to, nil)
	e.conns[to] = c
	e.wg.Go(c.dial)
	return c, nil
}

// lost forgets a broken connection and tells the client transactions that wait on it.
func (e *Endpoint) lost(c *tcpConn) {
	var waiting []*clientTx
	e.mu.Lock()
	if e.conns[c.remote] == c {
		delete(e.conns, c.remote)
	}
	for _, t := range e.clients {
		if t.link.to.Transport == TCP && t.link.to.Addr == c.remote {
			waiting = append(waiting, t)
		}
	}
	e.mu.Unlock()
	if len(waiting) == 0 {
		return
	}
	// In a goroutine of its own: the connection may have broken under a transaction that
	// is just sending.
	e.start(func() {
		for _, t := range waiting {
			t.fail(c.reason())
		}
	})
}
