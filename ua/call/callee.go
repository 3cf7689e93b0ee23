package call

import "errors"

// Errors that an End carries when the caller doesn't complete what it began.
var (
	ErrNoAck       = errors.New("the caller never confirmed our answer (no ACK)")
	ErrBadAckSDP   = errors.New("the caller confirmed the call without a session description that can be used")
	errRingTimeout = errors.New("the call rang unanswered for too long")
)

func (m *Machine) onRemoteInvite(in RemoteInvite) {
	switch m.state {
	case Idle:
		if m.cfg.Outgoing {
			m.respond(in.Req, 481, "")
			return
		}
		m.onFirstInvite(in)
	case Calling, Early, Incoming, Answering:
		// RFC 3261, section 14.2. In state Incoming it would be 500: its first
		// INVITE has no final response yet.
		if m.state == Incoming {
			m.respond(in.Req, 500, "")
			return
		}
		m.respond(in.Req, 491, "")
	case Confirmed:
		m.onReinvite(in)
	case Closing, Ended:
		m.respond(in.Req, 481, "")
	}
}

// Refusal is the code that refuses an INVITE for its terms alone; 0 takes it.
func (c Config) Refusal(s Session, p Peer) int {
	switch {
	case c.Reliable == ReliableRequired && !p.Reliable:
		return 421 // RFC 3261, section 21.4.16
	case New(c).brief(s, p):
		return 422
	default:
		return 0
	}
}

// onFirstInvite lets the call ring. Terms that can't be met are the shell's to refuse
// before there is a call: see Config.Refusal.
func (m *Machine) onFirstInvite(in RemoteInvite) {
	m.req, m.offer, m.server, m.peer = in.Req, in.Body, serverRinging, in.Peer
	m.session = in.Session
	m.state = Incoming
	m.hold.Remote = in.Body.Hold
	switch {
	case m.cfg.Quiet:
	case in.Body.Kind == NoSDP && m.reliably(false):
		// The first reliable response has our offer (RFC 3261, section 13.2.1), as soon as
		// the media says where it is.
		m.previewed = step{180, true}
	default:
		m.progress(step{code: 180})
	}
	m.setTimer(RingTimer, m.cfg.Ring)
}

func (m *Machine) onAnswer() {
	if m.state != Incoming {
		return
	}
	m.wanted = true
	if m.ready {
		m.accept()
	}
}

// accept sends the first 200, with the answer, or with our offer when the
// INVITE had none (RFC 3261, section 13.2.1).
// A reliable 18x with SDP has to be acknowledged first (RFC 3262, section 3).
func (m *Machine) accept() {
	if m.rel.out && m.rel.sdp {
		return // onRemotePrack comes back to it
	}
	m.state = Answering
	m.stopTimer(RingTimer)
	m.stopTimer(RepeatTimer)
	m.stopTimer(PrackTimer)
	m.sendAccept(RemoteInvite{Req: m.req, Body: m.offer, Session: m.session, Peer: m.peer})
}

// sendAccept answers the INVITE r and keeps the 200 going until its ACK comes
// (RFC 3261, section 13.3.1.4).
func (m *Machine) sendAccept(in RemoteInvite) {
	m.req, m.server = in.Req, serverUnacked
	if in.Peer.Known {
		m.peer.Update = in.Peer.Update
		if f := m.fork(m.tag); f != nil {
			f.update = in.Peer.Update
		}
	}
	first := m.state == Answering
	e := Accept{Req: in.Req, Role: WithAnswer, Hold: m.hold.Desired, Desc: in.Body.Desc}
	m.weOffered = false
	switch {
	case first && m.rel.settled:
		// All was said before, and acknowledged (RFC 6337, section 3.1.1).
		e.Role, e.Desc = NoBody, nil
	case in.Body.Kind == NoSDP:
		e.Role, m.weOffered, m.offered = WithOffer, true, m.hold.Desired
	default:
		m.hold.Local, m.hold.Remote = m.hold.Desired, in.Body.Hold
	}
	if e.Role != NoBody {
		m.reoffer = false // this tells it
	}
	e.Session = m.agree(in.Session, in.Peer)
	m.do(e)
	m.interval = T1
	m.setTimer(AnswerTimer, m.interval)
	m.setTimer(AckTimer, Lifetime)
}

func (m *Machine) onAnswerTimer() {
	if m.server != serverUnacked {
		return
	}
	m.do(Reaccept{})
	m.interval = min(2*m.interval, T2)
	m.setTimer(AnswerTimer, m.interval)
}

func (m *Machine) onAckTimeout() {
	if m.server != serverUnacked {
		return
	}
	m.server = serverNone
	m.stopTimer(AnswerTimer)
	if m.closing == open {
		m.close(End{Cause: Timeout, Err: ErrNoAck})
	}
	if m.closing != awaitBye {
		m.bye()
	}
}

func (m *Machine) onRemoteAck(in RemoteAck) {
	if m.server != serverUnacked {
		return
	}
	m.server = serverNone
	m.stopTimer(AnswerTimer)
	m.stopTimer(AckTimer)
	first := !m.established
	m.established = true
	switch m.closing {
	case open:
	case awaitAck:
		m.bye()
		return
	case await1xx, awaitCancel, awaitBye:
		return
	}
	if m.weOffered {
		m.weOffered = false
		switch {
		case in.Body.Kind == UsableSDP:
			m.hold.Local, m.hold.Remote = m.offered, in.Body.Hold
			m.do(Apply{Desc: in.Body.Desc})
		case first:
			m.close(End{Cause: MediaFailure, Err: ErrBadAckSDP})
			m.bye()
			return
		default:
			// A re-INVITE without a usable answer leaves the session as it was (RFC
			// 3261, section 14.1).
		}
	}
	m.state = Confirmed
	m.negotiate()
}

func (m *Machine) onReject(in Reject) {
	if m.state != Incoming {
		return
	}
	if in.Code < 300 || in.Code > 699 {
		in.Code = 486
	}
	m.respond(m.req, in.Code, in.Reason)
	m.finish(End{Cause: Declined, Code: in.Code, Reason: in.Reason})
}

// onRemoteCancel: order decides between a CANCEL and our answer. After a final
// response the CANCEL has no effect, but is answered (RFC 3261, section 9.2).
func (m *Machine) onRemoteCancel(in RemoteCancel) {
	m.respond(in.Req, 200, "")
	if m.server == serverAsking {
		m.dropAsked()
		m.negotiate()
		return
	}
	if m.state != Incoming {
		return
	}
	m.respond(m.req, 487, "")
	m.finish(End{Cause: RemoteCanceled})
}

func (m *Machine) onRingTimeout() {
	switch m.state {
	case Incoming:
		m.respond(m.req, 480, "")
		m.finish(End{Cause: NoAnswer, Err: errRingTimeout})
	case Calling, Early:
		m.onHangup(NoAnswer)
	case Idle, Answering, Confirmed, Closing, Ended:
		// Answered in the meantime.
	}
}
