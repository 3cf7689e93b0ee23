package sip

// delivery is one call of a handler that is due: either a request, or what became of
// a client transaction.
type delivery struct {
	request ServerTransaction // for the RequestHandler
	client  *clientTx         // for its ResponseHandler
	res     *Response
	err     error
	lost    *Flow // for FlowLost
}

// post queues a delivery behind those of all messages that came earlier. It waits
// while the queue is full, so that nothing is lost and nothing grows without bound.
func (e *Endpoint) post(d delivery) {
	select {
	case e.deliveries <- d:
	case <-e.ctx.Done():
	}
}

// deliver calls the handlers, one at a time and with no lock held, so that they may
// call the endpoint.
func (e *Endpoint) deliver() {
	for {
		select {
		case <-e.ctx.Done():
			return
		default:
		}
		select {
		case <-e.ctx.Done():
			return
		case d := <-e.deliveries:
			switch {
			case d.lost != nil:
				e.cfg.FlowLost(*d.lost)
			case d.request != nil:
				e.handle(d.request)
			case !d.client.abandoned.Load():
				d.client.handler(d.res, d.err)
			}
		}
	}
}

func (e *Endpoint) handle(tx ServerTransaction) {
	if e.cfg.Handler != nil {
		e.cfg.Handler(tx)
		return
	}
	if req := tx.Request(); !req.IsAck() {
		if err := tx.Respond(NewResponse(req, 501, "")); err != nil {
			e.log.Debug("can't refuse a request", "method", req.Method, "err", err)
		}
	}
}
