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
		m.req, m.offer, m.server = in.Req, in.Body, serverRinging
		m.state = Incoming
		m.hold.Remote = in.Body.Hold
		if !m.cfg.Quiet {
			m.respond(in.Req, 180, "")
		}
		m.setTimer(RingTimer, m.cfg.Ring)
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
func (m *Machine) accept() {
	m.state = Answering
	m.stopTimer(RingTimer)
	m.sendAccept(m.req, m.offer)
}

// sendAccept answers the INVITE r and keeps the 200 going until its ACK comes
// (RFC 3261, section 13.3.1.4).
func (m *Machine) sendAccept(r Request, body Body) {
	m.req, m.server = r, serverUnacked
	m.weOffered = body.Kind == NoSDP
	m.reoffer = false // this tells it
	role := WithAnswer
	if m.weOffered {
		role, m.offered = WithOffer, m.hold.Desired
	} else {
		m.hold.Local, m.hold.Remote = m.hold.Desired, body.Hold
	}
	m.do(Accept{Req: r, Role: role, Hold: m.hold.Desired, Desc: body.Desc})
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
