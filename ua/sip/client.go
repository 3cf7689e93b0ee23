package sip

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	sipgo "github.com/emiago/sipgo/sip"
)

// clientTx is a client transaction. sipgo's machine retransmits the request, keeps the
// timers and acknowledges a failed INVITE; it is fed each response that changes its
// state, and no other. What the handler is told is decided here.
//
//	         1xx              first final (2xx / 3xx-6xx)      Done
//	waiting -----> waiting -----------------------------> answered -----> gone
//	   |                                                    |  further 2xx: told
//	   | timer B or F, transport error, connection lost     |  failure again: ACK again
//	   +--------------------------------------------------> gone
type clientTx struct {
	e       *Endpoint
	key     string
	req     *Request // as sent; the machine has its own copy
	handler ResponseHandler
	link    *link
	fsm     *sipgo.ClientTx
	began   time.Time

	abandoned atomic.Bool
	final     atomic.Int32 // the first final status code, 0 before

	// mu is held while the machine starts, while it is fed, and while deliveries are queued,
	// so that these keep the order of the wire. No method that a handler may call takes it.
	mu     sync.Mutex
	failed bool   // the error was told
	heard  bool   // a response came
	resent bool   // over another connection
	ack    []byte // of a failed INVITE, to be sent again
	// patience ends the wait for the final response of a cancelled INVITE.
	patience *time.Timer
}

// transact starts a client transaction for a request that is ready to go.
func (e *Endpoint) transact(req *Request, to Target, h ResponseHandler) (*clientTx, error) {
	if err := e.reachable(to); err != nil {
		return nil, err
	}
	if req.CSeq() == nil {
		return nil, errors.New("a request needs a CSeq")
	}
	if h == nil {
		h = func(*Response, error) {}
	}
	req.SetTransport(to.Transport.String())
	req.SetDestination(to.Addr.String())
	t := &clientTx{e: e, key: clientKey(req), req: req, handler: h, link: &link{e: e, to: to}, began: time.Now()}
	t.link.sentACK = func(raw []byte) { t.ack = raw } // called by the machine, with t.mu held
	origin := cloneRequest(req)
	t.fsm = sipgo.NewClientTx(t.key, origin, t.link, e.log)

	// A response may come before Init returns: it has to wait, for Init would then set the
	// timers that the response has just stopped, and end a ringing call after 32 s.
	t.mu.Lock()
	defer t.mu.Unlock()
	e.mu.Lock()
	if e.closed {
		e.mu.Unlock()
		return nil, ErrClosed
	}
	if e.clients[t.key] != nil {
		e.mu.Unlock()
		return nil, fmt.Errorf("a %s with this branch is under way already", req.Method)
	}
	e.clients[t.key] = t
	e.wg.Go(t.watch)
	e.mu.Unlock()
	if err := t.fsm.Init(); err != nil {
		t.abandoned.Store(true) // told here, not by the handler
		t.fsm.Terminate()
		e.forgetClient(t)
		return nil, transportError(err)
	}
	return t, nil
}

// Request implements ClientTransaction.
func (t *clientTx) Request() *Request { return t.req }

// Abandon implements ClientTransaction. A call of the handler that is already under way in
// its goroutine may still finish.
func (t *clientTx) Abandon() {
	t.abandoned.Store(true)
	t.fsm.Terminate()
	t.e.forgetClient(t)
}

func (e *Endpoint) forgetClient(t *clientTx) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.clients[t.key] == t {
		delete(e.clients, t.key)
	}
}

// watch takes the responses that the machine hands out, which were told already, and
// waits for its end.
func (t *clientTx) watch() {
	for {
		select {
		case <-t.fsm.Responses():
		case <-t.fsm.Done():
			t.ended(t.fsm.Err())
			return
		}
	}
}

// ended is told that the machine is at its end; err is why, unless t has its answer.
func (t *clientTx) ended(err error) {
	silent := errors.Is(err, sipgo.ErrTransactionTimeout)
	switch {
	case silent:
		err = fmt.Errorf("%w: %s %s (%s)", ErrTimeout, t.req.Method, t.req.Recipient.Host, t.link.to)
	default:
		err = transportError(err)
	}
	t.mu.Lock()
	t.tellError(err)
	if t.patience != nil {
		t.patience.Stop()
	}
	t.mu.Unlock()
	t.e.forgetClient(t)
	if silent { // now that this one isn't sent again over another connection
		t.e.giveUp(t.link.to, t.began)
	}
}

// fail ends a transaction that has no final response yet.
func (t *clientTx) fail(err error) {
	t.mu.Lock()
	told := t.tellError(err)
	t.mu.Unlock()
	if told {
		t.fsm.Terminate()
	}
}

// resend sends the request once more when the connection that took it broke before anything
// came back: the peer may have closed it while the request was under way. The branch is the
// same, so that a peer which had it takes it for a retransmission.
func (t *clientTx) resend() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.heard || t.resent || t.failed || t.abandoned.Load() {
		return false
	}
	t.resent = true
	return t.e.write(t.link.to, nil, marshal(t.req)) == nil
}

// tellError queues the error behind every response that came before it. t.mu is held.
func (t *clientTx) tellError(err error) bool {
	if t.final.Load() != 0 || t.failed || t.abandoned.Load() {
		return false
	}
	t.failed = true
	t.e.post(delivery{client: t, err: err})
	return true
}

// receive takes one response that matches, and says whether it is of use.
func (t *clientTx) receive(res *Response) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.failed || t.abandoned.Load() {
		return false
	}
	t.heard = true
	was, code := int(t.final.Load()), res.StatusCode
	invite := t.req.IsInvite()
	switch {
	case code < 200 && was == 0:
		t.fsm.Receive(res)
	case code < 200:
		return false // overtaken by the final response
	case was == 0:
		t.final.Store(int32(code))
		t.fsm.Receive(res)
		if t.patience != nil {
			t.patience.Stop()
		}
	case invite && was < 300 && code < 300:
		// The 2xx again, or a fork's own (RFC 3261, section 13.2.2.4): the dialog's to acknowledge.
	case invite && was >= 300 && code >= 300:
		// RFC 3261, section 17.1.1.2: each copy gets its ACK, at once. sipgo's machine would
		// wait 4 s first, and all other messages with it.
		if t.ack != nil {
			if err := t.e.write(t.link.to, nil, t.ack); err != nil {
				t.e.log.Debug("can't send an ACK again", "err", err)
			}
		}
		return true
	default:
		return false
	}
	t.e.post(delivery{client: t, res: res})
	if !invite && code >= 200 {
		// The machine would stay 32 s to absorb retransmissions; unknown responses are
		// dropped anyway.
		t.fsm.Terminate()
	}
	return true
}

// transportError makes any error one that wraps ErrTransport, without the machine's
// words around our own.
func transportError(err error) error {
	var own *linkError
	if errors.As(err, &own) {
		err = own.error
	}
	if errors.Is(err, ErrTransport) || errors.Is(err, ErrClosed) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrTransport, err)
}
