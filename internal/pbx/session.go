package pbx

import (
	"errors"
	"time"

	"offhook/ua/sip"
)

// session is one proxied request on its way: the server transaction towards the
// caller, the legs towards the phones, and the fork that decides between them.
// Owned by the loop.
//
//	open --start--> fork decides --last leg over--> closed
//	  \---fail, CANCEL----------------------------/
type session struct {
	x       *exchange
	tx      sip.ServerTransaction
	key     txKey
	passage passage
	// fork is nil until the targets are known.
	fork *fork
	legs []*branch
	// callerReasons are those of the caller's CANCEL.
	callerReasons []sip.Header
	// ended: a failure was sent before there was a fork.
	ended bool
}

// branch is one leg: a phone, and the ways to reach it that are left.
type branch struct {
	uri  sip.URI
	ways []sip.Target
	tx   sip.ClientTransaction
	// timer runs for timer round; an older round's tick is stale.
	timer *time.Timer
	round int
}

// open begins a session. The endpoint swallows retransmissions, and sends the 100
// when nothing else comes soon (RFC 3261, section 16.2).
func (x *exchange) open(tx sip.ServerTransaction, p passage) *session {
	s := &session{x: x, tx: tx, key: keyOf(tx), passage: p}
	if tx.Request().Method == "INVITE" {
		x.pending[s.key] = s
	}
	x.live[s] = struct{}{}
	return s
}

// fail ends a session that has no legs yet.
func (s *session) fail(f refuse) {
	if s.ended || s.fork != nil {
		return
	}
	s.ended = true
	s.x.refuse(s.tx, f)
	s.settle()
}

// start sends the request on all legs at once (RFC 3261, section 16.7: parallel).
func (s *session) start(legs []*branch) {
	if s.ended {
		return
	}
	s.legs = legs
	var effects []effect
	s.fork, effects = newFork(s.tx.Request().Method == "INVITE", len(legs), effects)
	s.apply(effects)
	for i := range legs {
		s.send(i)
	}
}

// send tries the next way to reach leg i.
func (s *session) send(i int) {
	leg := s.legs[i]
	for len(leg.ways) > 0 {
		to := leg.ways[0]
		leg.ways = leg.ways[1:]
		out := forwarded(s.tx.Request(), s.passage, leg.uri, s.recordRoutes(to), s.x.realm)
		var this sip.ClientTransaction
		tx, err := s.x.endpoint.Forward(out, to, newBranch(s.passage.loop), func(res *sip.Response, err error) {
			s.x.inbox.post(func() {
				if leg.tx == this {
					s.hear(i, res, err)
				}
			})
		})
		if err == nil {
			this, leg.tx = tx, tx
			return
		}
		s.x.log.Info("a leg can't be sent", "to", to.Addr, "err", err)
	}
	s.apply(s.fork.lost(i, false, nil))
}

// recordRoutes keeps us on the way of what may become a dialog: once, or once for each
// side where the transports differ (RFC 5658, section 3.1).
func (s *session) recordRoutes(to sip.Target) []string {
	req := s.tx.Request()
	switch req.Method {
	case "INVITE", "SUBSCRIBE", "REFER":
	default:
		return nil
	}
	if sip.Tag(req.To()) != "" {
		return nil // the route set is fixed (RFC 3261, section 12.2)
	}
	callID := req.CallID().Value()
	out, in := s.x.router.recordRoute(to.Transport, callID), s.x.router.recordRoute(arrivedBy(req), callID)
	if out == in {
		return []string{out}
	}
	return []string{out, in}
}

// hear takes what the endpoint tells of leg i.
func (s *session) hear(i int, res *sip.Response, err error) {
	switch {
	case res != nil:
		s.apply(s.fork.heard(i, answer{code: res.StatusCode, reason: res.Reason, res: res}, nil))
	case errors.Is(err, sip.ErrTransport) && len(s.legs[i].ways) > 0 && !s.fork.legs[i].unwanted:
		s.send(i)
	default:
		s.apply(s.fork.lost(i, errors.Is(err, sip.ErrTimeout), nil))
	}
}

// apply does what the fork decided.
func (s *session) apply(effects []effect) {
	for _, e := range effects {
		switch e := e.(type) {
		case reply:
			s.reply(e)
		case cancelLeg:
			s.cancelLeg(e.leg)
		case armLeg:
			s.arm(e.leg, e.after)
		case dropLeg:
			if tx := s.legs[e.leg].tx; tx != nil {
				tx.Abandon()
			}
		}
	}
	s.settle()
}

func (s *session) reply(r reply) {
	var res *sip.Response
	if r.res != nil {
		res = returned(s.tx.Request(), r.res)
	} else {
		res = sip.NewResponse(s.tx.Request(), r.code, r.reason)
	}
	withChallenges(res, r.res, r.challenges)
	s.x.respond(s.tx, res)
}

// cancelLeg sends a CANCEL. Its own answer says nothing that the INVITE's doesn't.
func (s *session) cancelLeg(i int) {
	tx := s.legs[i].tx
	if tx == nil {
		return
	}
	if _, err := s.x.endpoint.Cancel(tx, func(*sip.Response, error) {}, s.cancelReasons()...); err != nil {
		s.x.log.Info("a CANCEL can't be sent", "err", err)
	}
}

func (s *session) arm(i int, after time.Duration) {
	leg := s.legs[i]
	if leg.timer != nil {
		leg.timer.Stop()
	}
	leg.round++
	round := leg.round
	leg.timer = time.AfterFunc(after, func() {
		s.x.inbox.post(func() {
			if leg.round == round {
				s.apply(s.fork.timeout(i, nil))
			}
		})
	})
}

// settle stops the timers of legs that are over, and forgets the session when there is
// nothing left to decide. Later 2xx still find it through their handlers.
func (s *session) settle() {
	if s.ended || s.fork != nil && s.fork.answered {
		if s.x.pending[s.key] == s {
			delete(s.x.pending, s.key)
		}
	}
	for i, leg := range s.legs {
		if s.fork.legs[i].state == legOver {
			leg.disarm()
		}
	}
	if s.ended || s.fork != nil && s.fork.over() {
		delete(s.x.live, s)
	}
}

func (b *branch) disarm() {
	b.round++
	if b.timer != nil {
		b.timer.Stop()
	}
}

// stop ends the session without a word, for a PBX that closes.
func (s *session) stop() {
	for _, leg := range s.legs {
		leg.disarm()
		if leg.tx != nil {
			leg.tx.Abandon()
		}
	}
}

// cancel serves a CANCEL (RFC 3261, sections 9.2 and 16.10).
func (x *exchange) cancel(tx sip.ServerTransaction) {
	s, ok := x.pending[keyOf(tx)]
	if !ok {
		x.refuse(tx, refuse{code: 481})
		return
	}
	x.respond(tx, sip.NewResponse(tx.Request(), 200, ""))
	if s.fork == nil {
		s.fail(refuse{code: 487})
		return
	}
	s.callerReasons = reasons(tx.Request())
	s.apply(s.fork.cancel(nil))
}
