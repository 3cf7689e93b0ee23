package sip

import (
	"fmt"
	"hash/maphash"
	"strconv"
)

// Request sends a copy of req, with a Via of ours in the place of any that is there,
// Max-Forwards, User-Agent and Content-Length. What becomes of it is told to h. One that is
// too large for UDP goes by TCP if the peer takes it.
func (e *Endpoint) Request(req *Request, to Target, h ResponseHandler) (ClientTransaction, error) {
	out := e.prepare(req)
	if e.tooLarge(out, to) {
		if err := e.reachable(to); err != nil {
			return nil, err
		}
		return e.requestByTCP(out, to, h)
	}
	e.pushVia(out, to.Transport, NewBranch())
	tx, err := e.transact(out, to, h)
	if err != nil {
		return nil, err
	}
	return tx, nil
}

// Forward implements Forwarder.
func (e *Endpoint) Forward(req *Request, to Target, branch string, h ResponseHandler) (ClientTransaction, error) {
	out := cloneRequest(req)
	e.pushVia(out, to.Transport, branch)
	tx, err := e.transact(out, to, h)
	if err != nil {
		return nil, err
	}
	return tx, nil
}

// Send sends a copy of req without a transaction: an ACK to a 2xx. The same request
// sent again has the same branch, as a retransmission should.
func (e *Endpoint) Send(req *Request, to Target) error {
	if err := e.reachable(to); err != nil {
		return err
	}
	out := e.prepare(req)
	branch := magicCookie + strconv.FormatUint(maphash.String(e.seed, out.String()), 36)
	if e.tooLarge(out, to) {
		return e.sendByTCP(out, to, branch)
	}
	e.pushVia(out, to.Transport, branch)
	return e.write(to, nil, marshal(out))
}

// ForwardAck implements Forwarder.
func (e *Endpoint) ForwardAck(req *Request, to Target, branch string) error {
	if err := e.reachable(to); err != nil {
		return err
	}
	out := cloneRequest(req)
	e.pushVia(out, to.Transport, branch)
	return e.write(to, nil, marshal(out))
}

var _ Forwarder = (*Endpoint)(nil)

// prepare copies a request of our own and adds what every request has.
func (e *Endpoint) prepare(req *Request) *Request {
	out := cloneRequest(req)
	RemoveHeaders(out, "Via")
	if out.MaxForwards() == nil {
		hops := MaxForwardsHeader(70) // RFC 3261, section 8.1.1.6
		out.AppendHeader(&hops)
	}
	if e.cfg.UserAgent != "" && out.GetHeader("user-agent") == nil {
		out.AppendHeader(NewHeader("User-Agent", e.cfg.UserAgent))
	}
	// Content-Length last, where people look for it.
	body := out.Body()
	RemoveHeaders(out, "Content-Length")
	out.SetBody(body)
	return out
}

// reachable says why nothing can be sent to a target from here.
func (e *Endpoint) reachable(to Target) error {
	local := e.LocalAddr(to.Transport)
	switch {
	case !to.Addr.IsValid():
		return fmt.Errorf("%w: the target has no address", ErrTransport)
	case !local.IsValid():
		return fmt.Errorf("%w: this endpoint has no %s socket; listen on %s too", ErrTransport, to.Transport, to.Transport)
	case local.Addr().Unmap().Is4() != to.Addr.Addr().Unmap().Is4():
		return fmt.Errorf("%w: %s is of another IP family than the local address %s", ErrTransport, to, local.Addr())
	}
	return nil
}

// pushVia puts our Via on top: the concrete address that we listen on, so that a
// response finds us even if the connection is gone, and rport always (RFC 3581).
func (e *Endpoint) pushVia(req *Request, t Transport, branch string) {
	local := e.LocalAddr(t)
	req.PrependHeader(&ViaHeader{
		ProtocolName: "SIP", ProtocolVersion: "2.0", Transport: t.String(),
		Host: local.Addr().WithZone("").String(), Port: int(local.Port()),
		Params: Params{{K: "branch", V: branch}, {K: "rport"}},
	})
}
