package sip

import (
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"
)

const (
	// maxDatagram is the largest request for UDP while the path's MTU is unknown (RFC 3261,
	// section 18.1.1). Responses aren't limited: they go where the request came from.
	maxDatagram = 1300
	// refusedFor is how long we remember that a peer takes no TCP.
	refusedFor = 5 * time.Minute
	// maxRefused bounds the peers that are remembered so.
	maxRefused = 256
)

// sizedTx is a request that is too large for a datagram. It goes by TCP, with a Via that
// says so and all else unchanged, Contact too: smaller requests go on over UDP. When the
// peer takes no TCP connection the request goes over UDP after all, under a new Via (RFC
// 3261, section 18.1.1).
//
//	TCP --> connection made: as any transaction
//	  \---> none within 5 s, or refused --> UDP, told to nobody
type sizedTx struct {
	e *Endpoint

	mu      sync.Mutex
	tx      *clientTx // the one under way
	dropped bool
}

// Request implements ClientTransaction.
func (s *sizedTx) Request() *Request { return s.current().Request() }

// Abandon implements ClientTransaction.
func (s *sizedTx) Abandon() {
	s.mu.Lock()
	s.dropped = true
	tx := s.tx
	s.mu.Unlock()
	tx.Abandon()
}

func (s *sizedTx) current() *clientTx {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tx
}

// tooLarge says that a request has to leave UDP, and may: that the peer is known to take no
// TCP hasn't been seen lately. req has no Via of ours yet.
func (e *Endpoint) tooLarge(req *Request, to Target) bool {
	const ourVia = 120 // bytes, about
	if to.Transport != UDP || !e.LocalAddr(TCP).IsValid() || len(marshal(req))+ourVia <= maxDatagram {
		return false
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	until, known := e.noTCP[to.Addr]
	if known && time.Now().After(until) {
		delete(e.noTCP, to.Addr)
		known = false
	}
	return !known
}

// refusesTCP remembers a peer that takes no TCP.
func (e *Endpoint) refusesTCP(addr netip.AddrPort) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.noTCP) >= maxRefused {
		clear(e.noTCP)
	}
	e.noTCP[addr] = time.Now().Add(refusedFor)
}

// requestByTCP sends a request that is too large for UDP. out is prepared, without a Via.
func (e *Endpoint) requestByTCP(out *Request, to Target, h ResponseHandler) (ClientTransaction, error) {
	s := &sizedTx{e: e}
	byTCP := to
	byTCP.Transport = TCP
	first := cloneRequest(out)
	e.pushVia(first, TCP, NewBranch())
	s.mu.Lock() // a refusal waits until tx is set
	defer s.mu.Unlock()
	tx, err := e.transact(first, byTCP, func(res *Response, err error) {
		var refused *refusedError
		if !errors.As(err, &refused) {
			if h != nil {
				h(res, err)
			}
			return
		}
		e.refusesTCP(to.Addr)
		if err := s.byUDP(out, to, h); err != nil && h != nil {
			h(nil, err)
		}
	})
	if errors.As(err, new(*refusedError)) { // refused before we looked
		e.refusesTCP(to.Addr)
		e.pushVia(out, UDP, NewBranch())
		tx, err = e.transact(out, to, h)
	}
	if err != nil {
		return nil, err
	}
	s.tx = tx
	return s, nil
}

// byUDP sends the request again, where no TCP connection could be made.
func (s *sizedTx) byUDP(out *Request, to Target, h ResponseHandler) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dropped {
		return nil
	}
	s.e.log.Info("the peer takes no TCP; a large request goes by UDP", "method", out.Method, "to", to.Addr)
	s.e.pushVia(out, UDP, NewBranch())
	tx, err := s.e.transact(out, to, h)
	if err != nil {
		return fmt.Errorf("%w (and it takes no TCP)", err)
	}
	s.tx = tx
	return nil
}

// sendByTCP sends an ACK that is too large for UDP, and over UDP when there is no TCP. An
// ACK isn't retransmitted by itself; the 2xx that comes again brings it again.
func (e *Endpoint) sendByTCP(out *Request, to Target, branch string) error {
	byTCP := to
	byTCP.Transport = TCP
	c, err := e.connect(byTCP)
	if err != nil {
		return err
	}
	first := cloneRequest(out)
	e.pushVia(first, TCP, branch)
	byUDP := func() error {
		e.refusesTCP(to.Addr)
		e.pushVia(out, UDP, branch)
		return e.write(to, nil, marshal(out))
	}
	switch err := c.send(marshal(first)); {
	case errors.As(err, new(*refusedError)):
		return byUDP()
	case err != nil:
		return err
	}
	e.start(func() {
		select {
		case <-c.ready:
		case <-c.broken:
			if !errors.As(c.reason(), new(*refusedError)) {
				return
			}
			if err := byUDP(); err != nil {
				e.log.Debug("can't send an ACK", "to", to, "err", err)
			}
		case <-e.ctx.Done():
		}
	})
	return nil
}
