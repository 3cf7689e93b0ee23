package call

import (
	"errors"
	"fmt"
	"slices"
)

// Errors that an End carries when the peer's answer can't make a call.
var (
	ErrNoAnswerSDP  = errors.New("the peer accepted the call without saying where to send audio (no SDP)")
	ErrBadAnswerSDP = errors.New("the peer accepted the call with a session description that can't be used")
)

// badAnswer is ErrBadAnswerSDP with what is known of the reason.
func badAnswer(b Body) error {
	if b.Err == nil {
		return ErrBadAnswerSDP
	}
	return fmt.Errorf("%w: %w", ErrBadAnswerSDP, b.Err)
}

func (m *Machine) onResponse(in Response) {
	if in.Round != 0 {
		m.onReinviteResponse(in)
		return
	}
	if !m.cfg.Outgoing {
		return
	}
	switch {
	case in.Code < 200:
		m.onProvisional(in)
	case in.Code < 300:
		m.onSuccess(in)
	default:
		m.onRefusal(in)
	}
}

// opening says that the call's first INVITE has no final response. A re-INVITE that is
// under way isn't meant: what comes to the first one then is late, or of another fork.
func (m *Machine) opening() bool { return m.round == 0 && m.client != clientNone }

// onProvisional takes a 1xx (RFC 3261, section 13.2.2.1; RFC 3262, section 4). A fork
// is an early dialog of its own.
func (m *Machine) onProvisional(in Response) {
	if !m.opening() {
		return // a final response was here first
	}
	m.client = clientProceeding
	if m.closing == await1xx {
		m.cancel()
	}
	if in.Code == 100 {
		return
	}
	f := m.learnFork(in)
	if f == nil || f.gone {
		return
	}
	reliable := in.RSeq != 0 && m.cfg.Reliable != ReliableOff
	if reliable && !m.onReliable(f, in) || m.closing != open {
		return
	}
	m.state = Early
	switch {
	case in.Code == 199:
		m.dropFork(in.Tag)
	case in.Code == 180:
		m.fork(in.Tag).rang = true
	}
	if reliable || in.Code == 199 || m.late || f.settled || in.Body.Kind != UsableSDP {
		m.negotiate()
		return // a bad one is no reason to fail: the 2xx's counts
	}
	m.answered(f, in.Body)
}

// onSuccess is the table of RFC 3261, section 13.2.2.4:
//
//	2xx of a known dialog      ACK again
//	first 2xx                  ACK, the call is up
//	first 2xx after a hang-up  ACK, BYE
//	of another fork            ACK, BYE
//
// What the ACK carries follows from who offered (RFC 3261, section 13.2.1; RFC
// 6337, section 3.1):
//
//	answered reliably before   nothing, and the SDP of the 2xx doesn't count
//	we offered                 nothing: the answer is in the 2xx, or in the 18x before
//	we left it to the peer     our answer to the offer in the 2xx
func (m *Machine) onSuccess(in Response) {
	again := slices.Contains(m.acked, in.Tag)
	if !again {
		if len(m.acked) >= MaxForks {
			return // a flood
		}
		m.acked = append(m.acked, in.Tag)
	}
	if again || m.tag != "" && in.Tag == m.tag {
		m.do(SendAck{Round: 0, Tag: in.Tag})
		return
	}
	if !m.opening() || m.state == Ended {
		m.do(SendAck{Round: 0, Tag: in.Tag})
		m.do(SendBye{in.Tag})
		return
	}
	m.client, m.tag = clientNone, in.Tag
	m.stopTimer(RingTimer)
	m.do(Establish{in.Tag})
	if m.closing != open { // the CANCEL crossed this 2xx, or comes too late
		m.do(SendAck{Round: 0, Tag: in.Tag})
		m.bye()
		return
	}
	main := m.become(in)
	body := in.Body
	switch {
	case main.settled, body.Kind == NoSDP && !m.late:
		// The answer of the 18x stands, where one came (RFC 6337, section 3.1.1).
		body = main.body
	}
	if body.Kind != UsableSDP {
		err := badAnswer(body)
		if body.Kind == NoSDP {
			err = ErrNoAnswerSDP
		}
		m.do(SendAck{Round: 0, Tag: in.Tag})
		m.close(End{Cause: MediaFailure, Err: err})
		m.bye()
		return
	}
	m.state = Confirmed
	m.hold.Local, m.hold.Remote = main.hold, body.Hold
	ack := SendAck{Round: 0, Tag: in.Tag}
	switch {
	case main.settled:
		m.do(Follow{in.Tag})
	case m.late:
		m.hold.Local = m.hold.Desired
		ack.Role, ack.Hold, ack.Desc = WithAnswer, m.hold.Desired, body.Desc
	default:
		m.do(Apply{Tag: in.Tag, Desc: body.Desc})
	}
	m.do(ack)
	m.granted(in.Session)
	m.negotiate()
}

// become makes the fork of a 2xx the call: the others are forgotten, and what was
// under way in them.
func (m *Machine) become(in Response) *fork {
	f := m.fork(in.Tag)
	if f == nil {
		f = &fork{tag: in.Tag, hold: m.offered}
	}
	if in.Peer.Known {
		f.update = in.Peer.Update
	}
	m.peer, m.peer.Update = in.Peer, f.update
	m.forks = []fork{*f}
	if m.update.on && m.update.tag != in.Tag {
		m.reoffer, m.update = m.reoffer || m.update.retells, offering{}
	}
	if m.prack.on && m.prack.tag != in.Tag {
		m.reoffer, m.prack = m.reoffer || m.prack.retells, offering{}
	}
	m.follow, m.stuck = in.Tag, false
	return &m.forks[0]
}

func (m *Machine) onRefusal(in Response) {
	if !m.opening() {
		return
	}
	if in.Code == 422 && m.closing == open && m.longer(in.Session) {
		m.client, m.forks, m.follow, m.flowing, m.state = clientSent, nil, "", false, Calling
		m.do(Retry{Round: 0, Session: m.asked()})
		return
	}
	m.client = clientNone
	if m.closing != open {
		m.finish(m.end) // 487, or whatever it was: we wanted it over
		return
	}
	m.finish(End{Cause: m.refusalCause(in.Code), Code: in.Code, Reason: in.Reason})
}

// refusalCause says what a final response to the first INVITE means for the caller.
func (m *Machine) refusalCause(code int) Cause {
	switch code {
	case 401, 407:
		return AuthFailure
	case 408:
		if m.state == Early { // a proxy's own ring time-out
			return NoAnswer
		}
		return Timeout
	case 481:
		return ProtocolError
	default:
		return Rejected
	}
}

func (m *Machine) onFailed(in Failed) {
	if in.Round != 0 {
		m.onReinviteFailed(in)
		return
	}
	if !m.opening() || !m.cfg.Outgoing {
		return
	}
	m.client = clientNone
	if m.closing != open {
		m.finish(m.end)
		return
	}
	m.finish(End{Cause: in.Cause, Code: in.Code, Reason: in.Reason, Err: in.Err})
}

// onRestart permits another attempt unless nobody wants the call any more. The
// new INVITE has no 1xx yet, so a CANCEL has to wait again.
func (m *Machine) onRestart(in Restart) {
	if in.Round != m.round || m.client == clientNone {
		return
	}
	if m.closing != open {
		m.client = clientNone
		if in.Round == 0 {
			m.finish(m.end)
		}
		return
	}
	m.client = clientSent
	m.forks, m.follow, m.flowing = nil, "", false
	m.prack, m.update = offering{}, offering{}
	m.do(Resend(in))
}
