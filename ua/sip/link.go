package sip

import (
	"bytes"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"

	sipgo "github.com/emiago/sipgo/sip"

	"offhook/ua/trace"
)

// link is the one peer that a transaction sends to: the connection that sipgo's
// machine sees. Its size is not limited to 1300 bytes: a response has to go where the
// request came from, however large, and IP fragments it.
type link struct {
	e    *Endpoint
	to   Target
	conn *conn // the request's own connection, for responses; nil otherwise
	// sentACK is told the bytes of an ACK that the machine sends. Nil for no interest.
	sentACK func([]byte)
}

var _ sipgo.Connection = (*link)(nil)

func (l *link) LocalAddr() net.Addr {
	return net.UDPAddrFromAddrPort(l.e.LocalAddr(l.to.Transport))
}

// WriteMsg sends a message. It doesn't block: a connection has its own writer.
func (l *link) WriteMsg(msg sipgo.Message) error {
	if req, ok := msg.(*Request); ok && req.IsAck() {
		onlyTopVia(req)
	}
	raw := marshal(msg)
	if l.sentACK != nil {
		if req, ok := msg.(*Request); ok && req.IsAck() {
			l.sentACK(raw)
		}
	}
	if err := l.e.write(l.to, l.conn, raw); err != nil {
		return &linkError{err}
	}
	return nil
}

// linkError marks our own error inside what sipgo's machine wraps around it.
type linkError struct{ error }

func (e *linkError) Unwrap() error { return e.error }

// The lifetime of sockets is the endpoint's, so there is nothing to count.

func (l *link) Ref(int) int            { return 1 }
func (l *link) TryClose() (int, error) { return 1, nil }
func (l *link) Close() error           { return nil }

// write sends bytes to a target, over conn while that lives.
func (e *Endpoint) write(to Target, via *conn, raw []byte) error {
	if to.Transport == UDP {
		return e.writeUDP(to.Addr, raw)
	}
	if via != nil && via.send(raw) == nil {
		return nil
	}
	c, err := e.connect(to)
	if err != nil {
		return err
	}
	return c.send(raw)
}

func (e *Endpoint) writeUDP(to netip.AddrPort, raw []byte) error {
	if e.udp == nil {
		return fmt.Errorf("%w: this endpoint has no UDP socket", ErrTransport)
	}
	e.trace(trace.SIP, trace.Out, UDP, e.local[UDP], to, raw, "")
	if _, err := e.udp.WriteToUDPAddrPort(raw, to); err != nil {
		return fmt.Errorf("%w: udp %s: %w", ErrTransport, to, err)
	}
	e.stats.sent.Add(1)
	return nil
}

// writeKeepAlive sends what is no SIP over the SIP socket, untraced.
func (e *Endpoint) writeKeepAlive(to netip.AddrPort, raw []byte) error {
	if e.udp == nil {
		return fmt.Errorf("%w: this endpoint has no UDP socket", ErrTransport)
	}
	if _, err := e.udp.WriteToUDPAddrPort(raw, to); err != nil {
		return fmt.Errorf("%w: udp %s: %w", ErrTransport, to, err)
	}
	return nil
}

func marshal(msg sipgo.Message) []byte {
	var b bytes.Buffer
	b.Grow(1024)
	msg.StringWrite(&b)
	return b.Bytes()
}

// onlyTopVia takes the Vias off an ACK that aren't ours (RFC 3261, section 17.1.1.3): sipgo
// copies all of a forwarded INVITE's.
func onlyTopVia(ack *Request) {
	via := ack.Via()
	if via == nil || len(ack.GetHeaders("via")) == 1 {
		return
	}
	RemoveHeaders(ack, "Via")
	ack.PrependHeader(via)
}

// quietSipgo keeps sipgo's own log away from the terminal. It is a global of
// sipgo's, so it is set once, before any endpoint runs.
var quietSipgo = sync.OnceFunc(func() { sipgo.SetDefaultLogger(slog.New(slog.DiscardHandler)) })
