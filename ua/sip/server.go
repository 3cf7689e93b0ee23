package sip

import (
	"net/netip"
	"sync"
	"time"

	sipgo "github.com/emiago/sipgo/sip"
)

// tryingAfter is when an INVITE that nobody has answered yet gets a 100, so that it
// isn't retransmitted (RFC 3261, section 17.2.1).
const tryingAfter = 200 * time.Millisecond

// serverTx is a server transaction. sipgo's machine answers retransmissions, repeats a
// failure until the ACK comes, and keeps the timers.
//
//	          1xx          2xx to INVITE                 timer L
//	pending -----> pending ------------> accepted --------------> gone
//	   |                                  further 2xx: sent as they are
//	   | any other final                  timer H, I, J
//	   +------------> completed ------------------------------> gone
//	                   request again: response again; ACK: absorbed
type serverTx struct {
	e      *Endpoint
	key    string
	req    *Request // as received; immutable
	remote netip.AddrPort
	link   *link
	fsm    *sipgo.ServerTx
	tag    string // for responses that have none

	mu       sync.Mutex
	answered bool // with whatever response
	final    int  // status code, 0 before
	ackSeen  bool
	last     *Response   // to a CANCEL, for retransmissions
	timer    *time.Timer // the 100 of an INVITE, the end of any other that nobody answers
}

// newServerTx makes and enters a transaction; nil if the endpoint is closed.
func (e *Endpoint) newServerTx(key string, req *Request, from source) *serverTx {
	t := &serverTx{
		e: e, key: key, req: req, remote: from.remote, tag: NewTag(),
		link: &link{e: e, to: responseTarget(req.Via(), from), conn: from.conn},
	}
	t.fsm = sipgo.NewServerTx(key, req, t.link, e.log)
	if err := t.fsm.Init(); err != nil {
		e.log.Error("a server transaction doesn't start", "err", err)
		return nil
	}
	t.fsm.OnTerminate(func(string, error) { e.forgetServer(t) })
	// The machine's own timer for the 100 isn't tied to what was sent meanwhile: it can
	// replace a final response in the machine's memory. Any input stops it; the request
	// itself has no other effect here.
	_ = t.fsm.Receive(req)

	t.mu.Lock()
	if req.IsInvite() {
		t.timer = time.AfterFunc(tryingAfter, t.trying)
	} else {
		// The client gives up after 64*T1, and a 408 would come too late (RFC 4320, section 4.2).
		t.timer = time.AfterFunc(64*t1, t.drop)
	}
	t.mu.Unlock()

	e.mu.Lock()
	closed := e.closed
	if !closed {
		if old := e.servers[key]; old != nil { // the same request by two ways at once
			e.uncount(old)
		}
		e.servers[key] = t
		e.sources[from.remote.Addr()]++
	}
	e.mu.Unlock()
	if closed {
		t.drop()
		return nil
	}
	return t
}

func (e *Endpoint) forgetServer(t *serverTx) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.servers[t.key] != t {
		return
	}
	delete(e.servers, t.key)
	e.uncount(t)
}

// uncount takes a transaction off its source's number. e.mu is held.
func (e *Endpoint) uncount(t *serverTx) {
	source := t.remote.Addr()
	if e.sources[source]--; e.sources[source] <= 0 {
		delete(e.sources, source)
	}
}

// Request implements ServerTransaction.
func (t *serverTx) Request() *Request { return t.req }

// Source implements ServerTransaction.
func (t *serverTx) Source() netip.AddrPort { return t.remote }

// Respond implements ServerTransaction. It sends a copy.
func (t *serverTx) Respond(res *Response) error {
	res = cloneResponse(res)
	res.SetTransport(t.link.to.Transport.String())
	res.SetDestination(t.link.to.Addr.String())
	if to := res.To(); to != nil && Tag(to) == "" && res.StatusCode > 100 {
		to.Params.Add("tag", t.tag) // RFC 3261, section 8.2.6.2: one for all responses
	}
	if s := t.e.cfg.Server; s != "" && res.StatusCode > 100 && res.GetHeader("server") == nil {
		res.AppendHeader(NewHeader("Server", s)) // RFC 3261, section 20.35
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.final != 0 {
		if t.req.IsInvite() && t.final < 300 && res.IsSuccess() {
			return t.send(res)
		}
		return ErrAnswered
	}
	t.answered = true
	if res.StatusCode >= 200 {
		t.final = res.StatusCode
	}
	if t.req.IsCancel() {
		// sipgo's machine lets a response to CANCEL pass without taking notice of it.
		t.last = res
		t.timer.Reset(64 * t1)
		return t.send(res)
	}
	if t.req.IsInvite() || t.final != 0 {
		t.timer.Stop()
	}
	if err := t.fsm.Respond(res); err != nil {
		return transportError(err)
	}
	return nil
}

// send sends a response past the machine.
func (t *serverTx) send(res *Response) error {
	if err := t.link.WriteMsg(res); err != nil {
		return transportError(err)
	}
	return nil
}

// trying sends a 100 if nothing has been sent.
func (t *serverTx) trying() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.answered {
		return
	}
	t.answered = true
	if err := t.fsm.Respond(NewResponse(t.req, 100, "")); err != nil {
		t.e.log.Debug("can't send a 100", "err", err)
	}
}

// again takes a retransmission of the request; the machine sends its last response again.
func (t *serverTx) again(req *Request) {
	t.mu.Lock()
	last := t.last
	t.mu.Unlock()
	if last != nil {
		if err := t.link.WriteMsg(last); err != nil {
			t.e.log.Debug("can't answer a CANCEL again", "err", err)
		}
		return
	}
	if err := t.fsm.Receive(req); err != nil {
		t.e.log.Debug("a retransmission of another kind", "method", req.Method, "err", err)
	}
}

// acked takes an ACK that has the INVITE's branch, and says whether it ends here. One
// for a 2xx, which should have a branch of its own, is the dialog's.
func (t *serverTx) acked(ack *Request) bool {
	t.mu.Lock()
	final, seen := t.final, t.ackSeen
	t.ackSeen = t.ackSeen || final >= 300
	t.mu.Unlock()
	switch {
	case final == 0:
		return true // nothing was there to acknowledge
	case final < 300:
		return false
	case !seen:
		// The machine hands the ACK out, and would leave a goroutine waiting for someone to take it.
		t.e.start(func() {
			select {
			case <-t.fsm.Acks():
			case <-t.fsm.Done():
			}
		})
		if err := t.fsm.Receive(ack); err != nil {
			t.e.log.Debug("an ACK out of place", "err", err)
		}
	}
	return true
}

// drop ends the transaction without an answer.
func (t *serverTx) drop() {
	t.mu.Lock()
	t.timer.Stop()
	t.mu.Unlock()
	t.fsm.Terminate()
}

// ackTx is an ACK to a 2xx, as the handler gets it.
type ackTx struct {
	req    *Request
	source netip.AddrPort
}

func (a ackTx) Request() *Request       { return a.req }
func (a ackTx) Source() netip.AddrPort  { return a.source }
func (a ackTx) Respond(*Response) error { return ErrACK }

// cloneResponse copies what the machine keeps, so that the caller may go on to change its response.
func cloneResponse(res *Response) *Response {
	c := sipgo.NewResponse(res.StatusCode, res.Reason)
	c.SipVersion = res.SipVersion
	for _, h := range res.Headers() {
		if _, length := h.(*ContentLengthHeader); !length {
			c.AppendHeader(cloneHeader(h))
		}
	}
	c.SetBody(append([]byte(nil), res.Body()...))
	return c
}
