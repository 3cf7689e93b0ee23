package call

import (
	"errors"
	"slices"
)

// Errors that an End carries when the peer's answer can't make a call.
var (
	ErrNoAnswerSDP  = errors.New("the peer accepted the call without saying where to send audio (no SDP)")
	ErrBadAnswerSDP = errors.New("the peer accepted the call with a session description that can't be used")
)

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

func (m *Machine) onProvisional(in Response) {
	if m.client == clientNone {
		return // a final response was here first
	}
	m.client = clientProceeding
	if m.closing == await1xx {
		m.cancel()
		return
	}
	if in.Code == 100 || m.closing != open {
		return
	}
	m.state = Early
	if in.Code == 180 {
		m.rang = true
	}
	if in.Body.Kind != UsableSDP {
		return // a bad one is no reason to fail: the 2xx's counts
	}
	// RFC 3261, section 13.2.2.4: a fork is an early dialog of its own, and the
	// newest one is followed.
	m.earlies = slices.DeleteFunc(m.earlies, func(e early) bool { return e.tag == in.Tag })
	m.earlies = append(m.earlies, early{in.Tag, in.Body})
	m.do(Apply{Tag: in.Tag, Desc: in.Body.Desc, Early: true})
}

// onSuccess is the table of RFC 3261, section 13.2.2.4:
//
//	2xx of a known dialog      ACK again
//	first, call wanted         ACK, Confirmed
//	first, hang-up under way   ACK, BYE
//	of another fork            ACK, BYE
func (m *Machine) onSuccess(in Response) {
	again := slices.Contains(m.acked, in.Tag)
	if !again {
		m.acked = append(m.acked, in.Tag)
	}
	if again || m.tag != "" && in.Tag == m.tag {
		m.do(SendAck{0, in.Tag})
		return
	}
	if m.client == clientNone || m.state == Ended {
		m.do(SendAck{0, in.Tag})
		m.do(SendBye{in.Tag})
		return
	}
	m.client, m.tag = clientNone, in.Tag
	m.stopTimer(RingTimer)
	if m.closing != open { // the CANCEL crossed this 2xx, or comes too late
		m.do(Establish{in.Tag})
		m.do(SendAck{0, in.Tag})
		m.bye()
		return
	}
	body := in.Body
	if body.Kind == NoSDP {
		// The answer of the 18x stands, where one came (RFC 6337, section 3.1.1).
		for _, e := range m.earlies {
			if e.tag == in.Tag {
				body = e.body
			}
		}
	}
	m.do(Establish{in.Tag})
	if body.Kind != UsableSDP {
		err := ErrBadAnswerSDP
		if body.Kind == NoSDP {
			err = ErrNoAnswerSDP
		}
		m.do(SendAck{0, in.Tag})
		m.close(End{Cause: MediaFailure, Err: err})
		m.bye()
		return
	}
	m.state = Confirmed
	m.hold.Local, m.hold.Remote = m.offered, body.Hold
	m.do(Apply{Tag: in.Tag, Desc: body.Desc})
	m.do(SendAck{0, in.Tag})
	m.earlies = nil
	m.negotiate()
}

func (m *Machine) onRefusal(in Response) {
	if m.client == clientNone {
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
		if m.rang || m.state == Early { // a proxy's own ring time-out
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
	if m.client == clientNone || !m.cfg.Outgoing {
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
	m.earlies = nil
	m.do(Resend(in))
}
