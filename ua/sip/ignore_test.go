package sip

import (
	"testing"
	"time"
)

// Whoever is ignored hears nothing, however often they ask, and nothing of it is left.
func TestIgnore(t *testing.T) {
	for _, method := range []Method{INVITE, MESSAGE} {
		inMemory(t, func(t *testing.T, e *Endpoint, peer *wire, r *told) {
			req := incoming(method, "z9hG4bK1")
			peer.send(req)
			tx := r.next(t, method)[0]
			tx.(Ignorer).Ignore()
			for range 10 {
				peer.send(req)
				pass(time.Second)
			}
			wantSent(t, peer)
			r.next(t) // retransmissions don't come up again
			if err := tx.Respond(NewResponse(tx.Request(), 403, "")); err != nil {
				t.Errorf("a late answer: %v", err)
			}
			pass(2 * time.Minute)
			if _, s := e.tables(); s != 0 {
				t.Errorf("%s: the transaction is left", method)
			}
		})
		inMemory(t, func(t *testing.T, e *Endpoint, peer *wire, r *told) {
			peer.send(incoming(method, "z9hG4bK2"))
			tx := r.next(t, method)[0]
			respond(t, tx, 480)
			wantSent(t, peer, "SIP/2.0 480 Temporarily Unavailable")
			tx.(Ignorer).Ignore() // too late: the answer stands
			pass(2 * time.Minute)
			if _, s := e.tables(); s != 0 {
				t.Errorf("%s: the transaction is left", method)
			}
		})
		inMemory(t, func(t *testing.T, e *Endpoint, peer *wire, r *told) {
			peer.send(incoming(method, "z9hG4bK3"))
			r.next(t, method)[0].(Ignorer).Ignore()
			pass(time.Minute) // and without any answer it ends by itself
			if _, s := e.tables(); s != 0 {
				t.Errorf("%s: the transaction outlives its client", method)
			}
			wantSent(t, peer)
		})
	}
}
