package call

import (
	"errors"
	"time"
)

// Reliability is how a call uses reliable provisional responses (RFC 3262).
type Reliability uint8

const (
	ReliableSupported Reliability = iota // where the peer asks for it
	ReliableOff                          // never: a peer that requires it is refused
	ReliableRequired                     // always: a peer without it is refused
)

// String is the name in configuration and logs: "supported".
func (r Reliability) String() string {
	switch r {
	case ReliableSupported:
		return "supported"
	case ReliableOff:
		return "off"
	case ReliableRequired:
		return "required"
	}
	return "unknown"
}

// ErrNoPrack is told when the caller doesn't acknowledge a reliable response.
var ErrNoPrack = errors.New("the caller never acknowledged that the call is ringing (no PRACK)")

// provisional is the callee's side of RFC 3262, section 3. One response at a time
// is under way; the others wait, at most one of each kind.
//
//	at rest --send--> unacknowledged --PRACK--> at rest, the next goes
//	                   |   ^
//	                   \---/ RepeatTimer: T1, doubled each time
//	                   PrackTimer, 64*T1: the INVITE fails
type provisional struct {
	seq      uint32 // of the newest
	out      bool   // it isn't acknowledged
	sdp      bool   // it carries our answer or offer
	offer    bool   // that is an offer
	settled  bool   // offer and answer are complete: the 2xx has nothing to add
	interval time.Duration
	waiting  []step
}

// step is a provisional response to send.
type step struct {
	code int
	sdp  bool
}

// progress sends a provisional response, reliably where that was agreed: all of
// them if the caller or we insist, else those with SDP.
func (m *Machine) progress(s step) {
	p := &m.rel
	switch {
	case !m.reliably(s.sdp):
		if s.sdp {
			m.do(Preview{Req: m.req, Desc: m.offer.Desc})
		} else {
			m.respond(m.req, s.code, "")
		}
	case p.out:
		for _, w := range p.waiting {
			if w == s {
				return
			}
		}
		p.waiting = append(p.waiting, s)
	default:
		m.sendReliable(s)
	}
}

func (m *Machine) reliably(sdp bool) bool {
	switch {
	case m.peer.Requires:
		return true
	case m.cfg.Reliable == ReliableOff, !m.peer.Reliable:
		return false
	default:
		return sdp || m.cfg.Reliable == ReliableRequired
	}
}

func (m *Machine) sendReliable(s step) {
	p := &m.rel
	if p.seq == 0 {
		// RFC 3262, section 3: a random start, from the lower half of the range.
		p.seq = 1
		if m.cfg.Rand != nil {
			p.seq += uint32(min(max(m.cfg.Rand(), 0), 1) * (1<<31 - 2))
		}
	} else {
		p.seq++
	}
	e := Reliable{Req: m.req, Code: s.code, RSeq: p.seq, Hold: m.hold.Desired}
	p.out, p.sdp, p.offer = true, s.sdp && !p.settled, false
	switch {
	case !p.sdp:
	case m.offer.Kind == NoSDP:
		e.Role, p.offer, m.offered = WithOffer, true, m.hold.Desired
	default:
		e.Role, e.Desc = WithAnswer, m.offer.Desc
		p.settled = true
		m.hold.Local, m.hold.Remote = m.hold.Desired, m.offer.Hold
	}
	m.do(e)
	p.interval = T1
	m.setTimer(RepeatTimer, p.interval)
	m.setTimer(PrackTimer, Lifetime)
}

func (m *Machine) onRepeatTimer() {
	if !m.rel.out || m.server != serverRinging {
		return
	}
	m.do(Repeat{})
	m.rel.interval *= 2
	m.setTimer(RepeatTimer, m.rel.interval)
}

func (m *Machine) onPrackTimeout() {
	if !m.rel.out || m.state != Incoming {
		return
	}
	m.respond(m.req, 504, "")
	m.finish(End{Cause: Timeout, Code: 504, Err: ErrNoPrack})
}

// onRemotePrack is RFC 3262, sections 3 and 5:
//
//	of no response that waits          481
//	our 18x has an offer: an answer    200, it is in force
//	                      none         400: the response stays unacknowledged
//	offer and answer complete: a new offer    200 with the answer, or 488
//	the INVITE's offer is unanswered: another one    488; the PRACK counts all the same
func (m *Machine) onRemotePrack(in RemotePrack) {
	p := &m.rel
	if m.state == Idle || m.state == Ended || !p.out || in.RSeq != p.seq {
		m.respond(in.Req, 481, "")
		return
	}
	switch {
	case p.offer && in.Body.Kind != UsableSDP:
		m.respond(in.Req, 400, "No usable answer")
		return
	case p.offer:
		p.settled = true
		m.hold.Local, m.hold.Remote = m.offered, in.Body.Hold
		m.do(AcceptPrack{Req: in.Req})
		m.do(Apply{Desc: in.Body.Desc})
	case in.Body.Kind == NoSDP, m.state == Closing:
		m.do(AcceptPrack{Req: in.Req})
	case in.Body.Kind == UsableSDP && p.settled && !m.offering():
		m.hold.Local, m.hold.Remote = m.hold.Desired, in.Body.Hold
		m.do(AcceptPrack{Req: in.Req, Role: WithAnswer, Hold: m.hold.Local, Desc: in.Body.Desc})
	default:
		m.respond(in.Req, 488, "")
	}
	p.out = false
	m.stopTimer(RepeatTimer)
	m.stopTimer(PrackTimer)
	if m.state != Incoming {
		return
	}
	if m.wanted && m.ready {
		p.waiting = nil
		m.accept()
		return
	}
	if len(p.waiting) > 0 {
		next := p.waiting[0]
		p.waiting = p.waiting[1:]
		m.sendReliable(next)
		return
	}
	m.negotiate()
}
