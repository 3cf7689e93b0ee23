package sip

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/gobwas/ws"
)

// dial makes the connection and then writes to it:
//
//	TCP --> TLS handshake (TLS, WSS) --> WebSocket handshake (WS, WSS) --> read, write
func (c *conn) dial(host string) {
	ctx, cancel := context.WithTimeout(c.e.ctx, dialTimeout)
	defer cancel()
	raw, err := c.e.dialStream(ctx, c.e.LocalAddr(c.key.transport).Addr(), c.key.addr)
	if err != nil {
		c.fail(err)
		return
	}
	if !c.adopt(raw) {
		return
	}
	nc, early, err := c.handshake(ctx, raw, host)
	if err != nil {
		c.fail(handshakeWords(err, c.key))
		return
	}
	c.run(nc, early)
}

// welcome shakes hands with a peer that came to us, and then serves it.
func (c *conn) welcome(raw net.Conn) {
	ctx, cancel := context.WithTimeout(c.e.ctx, dialTimeout)
	defer cancel()
	if !c.adopt(raw) {
		return
	}
	nc, early, err := c.handshake(ctx, raw, "")
	if err != nil {
		level := slog.LevelInfo
		if errors.As(err, new(*originError)) {
			level = slog.LevelWarn // somebody's page tries, or one that is meant to isn't named
		}
		c.e.log.Log(ctx, level, "a peer's handshake failed", "from", c.key.addr, "transport", c.key.transport, "err", err)
		c.fail(err)
		return
	}
	c.run(nc, early)
}

// adopt makes raw the connection's socket, unless it is broken already.
func (c *conn) adopt(raw net.Conn) bool {
	c.mu.Lock()
	c.raw = raw
	c.mu.Unlock()
	select {
	case <-c.broken:
		_ = raw.Close()
		return false
	default:
		return true
	}
}

// run serves an open connection until it breaks.
func (c *conn) run(nc net.Conn, early []byte) {
	c.mu.Lock()
	c.nc, c.opened = nc, true
	c.mu.Unlock()
	close(c.ready)
	if !c.e.start(func() { c.read(early) }) {
		c.fail(ErrClosed)
		return
	}
	c.write()
}

// handshake puts TLS and WebSocket on top of a socket, as either side.
func (c *conn) handshake(ctx context.Context, raw net.Conn, host string) (nc net.Conn, early []byte, err error) {
	nc = raw
	var doubt *CertificateError
	deadline, _ := ctx.Deadline()
	_ = raw.SetDeadline(deadline)
	// Closing is what ends a handshake under way.
	stop := context.AfterFunc(ctx, func() { _ = raw.SetDeadline(time.Unix(1, 0)) })
	defer func() {
		if stop() && err == nil {
			err = raw.SetDeadline(time.Time{})
		}
	}()
	if c.secure() {
		var t *tls.Conn
		if c.dialled {
			t = tls.Client(raw, c.e.cfg.TLS.client(host, c.e.sessions(), func(err *CertificateError) { doubt = err }))
		} else {
			t = tls.Server(raw, c.e.cfg.TLS.server())
		}
		if err := t.HandshakeContext(ctx); err != nil {
			return nil, nil, err
		}
		nc = t
		c.prove(doubt)
	}
	if !c.webSocket() {
		return nc, nil, nil
	}
	if c.dialled {
		early, err = c.upgrade(nc, host)
	} else {
		err = acceptUpgrade(nc, c.e.cfg.Origins)
	}
	return nc, early, err
}

// upgrade asks the server for a WebSocket that speaks SIP (RFC 7118, section 4).
func (c *conn) upgrade(nc net.Conn, host string) (early []byte, err error) {
	scheme := "ws"
	if c.secure() {
		scheme = "wss"
	}
	path := c.e.cfg.WSPath
	if path == "" {
		path = "/ws"
	}
	u, err := url.Parse(path)
	if err != nil {
		return nil, fmt.Errorf("the WebSocket path %q: %w", path, err)
	}
	u.Scheme, u.Host = scheme, webHost(host, c.key)
	br, hs, err := ws.Dialer{Protocols: []string{wsProtocol}}.Upgrade(nc, u)
	if br != nil {
		early = make([]byte, br.Buffered())
		_, _ = io.ReadFull(br, early) // they are there
		ws.PutReader(br)
	}
	if err == nil && hs.Protocol != wsProtocol {
		err = errNotSIP
	}
	return early, err
}

const wsProtocol = "sip"

var errNotSIP = errors.New(`the server took the WebSocket but not its subprotocol "sip"; check the address and the path`)

// webHost is the Host header: a name as it was dialled, with the port unless that is the
// scheme's own.
func webHost(host string, key connKey) string {
	if host == "" {
		host = key.addr.Addr().WithZone("").String()
	}
	if a, err := netip.ParseAddr(unbracket(host)); err == nil && a.Is6() {
		host = "[" + a.WithZone("").String() + "]"
	}
	if key.addr.Port() == key.transport.DefaultPort() {
		return host
	}
	return fmt.Sprintf("%s:%d", host, key.addr.Port())
}

// acceptUpgrade answers a client that asks for a WebSocket. One that doesn't want to
// speak SIP is refused (RFC 7118, section 5.1), and a page that may not connect.
func acceptUpgrade(nc net.Conn, allowed origins) error {
	offered := false
	var foreign *originError
	up := ws.Upgrader{
		ReadBufferSize: 4096,
		Protocol: func(p []byte) bool {
			match := string(p) == wsProtocol
			offered = offered || match
			return match
		},
		OnHeader: func(name, value []byte) error {
			if err := allowed.admit(string(value)); err != nil && strings.EqualFold(string(name), "Origin") {
				foreign = err
			}
			return nil
		},
		OnBeforeUpgrade: func() (ws.HandshakeHeader, error) {
			if foreign != nil {
				return nil, foreign.refusal()
			}
			if offered {
				return nil, nil
			}
			return nil, ws.RejectConnectionError(ws.RejectionStatus(400), ws.RejectionReason("the subprotocol has to be sip"))
		},
	}
	_, err := up.Upgrade(struct {
		io.Reader
		io.Writer
	}{io.LimitReader(nc, maxUpgrade), nc})
	if foreign != nil {
		return foreign
	}
	return err
}

// maxUpgrade bounds a client's HTTP request.
const maxUpgrade = 16 << 10

// dialFrom is Endpoint.dialStream: it leaves by the address that the Via names; the port
// is the kernel's choice.
func dialFrom(ctx context.Context, local netip.Addr, to netip.AddrPort) (net.Conn, error) {
	d := net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(local, 0))}
	return d.DialContext(ctx, "tcp", to.String())
}

// handshakeWords makes what went wrong clear to people. A *CertificateError is clear already.
func handshakeWords(err error, key connKey) error {
	var cert *CertificateError
	var record tls.RecordHeaderError
	var status ws.StatusError
	switch {
	case errors.As(err, &cert):
		return cert
	case errors.As(err, &record):
		return fmt.Errorf("what answers there doesn't speak TLS; check the port (TLS has 5061 by default): %w", err)
	case isAlert(err):
		return fmt.Errorf("the server refused the TLS handshake (%w); perhaps it wants a certificate of ours: set tls_cert and tls_key", err)
	case errors.As(err, &status):
		return fmt.Errorf("the server refused the WebSocket (HTTP %d); check the address and ws_path", int(status))
	case isTimeout(err), errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("the %s handshake took longer than %v; check the port", key.transport, dialTimeout)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("the server closed the connection during the %s handshake; check the port", key.transport)
	}
	return fmt.Errorf("the %s handshake failed: %w", key.transport, err)
}

// isAlert says that the peer ended the connection by a TLS alert, for which crypto/tls has
// no exported type.
func isAlert(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "remote error"
}
