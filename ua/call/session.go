package call

import (
	"errors"
	"time"
)

// ErrNoReanswer is told when a change of direction was accepted without SDP.
var ErrNoReanswer = errors.New("the peer accepted the change without a usable session description")

func (m *Machine) onSetHold(on bool) {
	switch m.state {
	case Idle, Calling, Early, Incoming, Answering, Confirmed:
		m.hold.Desired = on
		m.negotiate()
	case Closing, Ended:
	}
}

// onReoffer notes that our own description isn't what the peer knows any more: the
// media has a new address, as after a change of network.
func (m *Machine) onReoffer() {
	switch m.state {
	case Answering, Confirmed, Calling, Early, Incoming:
		m.reoffer = true
		m.negotiate()
	case Idle, Closing, Ended:
		// The next offer, if any, has it anyway.
	}
}

// negotiate offers the desired direction as soon as offer and answer are at
// rest: no INVITE of either side is under way (RFC 3261, section 14.1), and no
// delay after a 491 runs.
func (m *Machine) negotiate() {
	if m.state != Confirmed || m.client != clientNone || m.server != serverNone ||
		m.timers[GlareTimer] || m.hold.Desired == m.hold.Local && !m.reoffer {
		return
	}
	m.round++
	m.retells, m.reoffer = m.reoffer, false
	m.client, m.offered = clientSent, m.hold.Desired
	m.do(SendInvite{Round: m.round, Hold: m.offered})
}

// onReinviteResponse is the table of RFC 3261, section 14.1, and RFC 5057,
// section 5:
//
//	2xx     ACK, the offered direction is in force
//	2xx again, or of an earlier round   ACK
//	491     the same again after a random delay
//	481     the peer knows no such dialog: over
//	408     by policy: over, or as the rest
//	others  all is as it was; the person is told
func (m *Machine) onReinviteResponse(in Response) {
	current := in.Round == m.round && m.client != clientNone && m.state == Confirmed
	switch {
	case in.Code < 200:
		if current {
			m.client = clientProceeding
		}
	case in.Code < 300:
		if current {
			m.client = clientNone
			if in.Body.Kind == UsableSDP {
				m.hold.Local, m.hold.Remote = m.offered, in.Body.Hold
				m.do(Apply{Tag: m.tag, Desc: in.Body.Desc})
			}
		}
		m.do(SendAck{in.Round, m.tag})
		if current {
			if in.Body.Kind != UsableSDP {
				m.revert(HoldFailed{Code: in.Code, Reason: in.Reason, Err: ErrNoReanswer})
			}
			m.negotiate()
		}
	case !current:
	case in.Code == 491:
		m.client, m.reoffer = clientNone, m.retells
		m.setTimer(GlareTimer, m.glareDelay())
	case in.Code == 481, in.Code == 408 && m.cfg.EndOnTimeout:
		m.lost(in.Code, in.Reason, nil)
	default:
		m.client = clientNone
		m.revert(HoldFailed{Code: in.Code, Reason: in.Reason})
	}
}

func (m *Machine) onReinviteFailed(in Failed) {
	if in.Round != m.round || m.client == clientNone || m.state != Confirmed {
		return
	}
	if in.Cause == Timeout && m.cfg.EndOnTimeout {
		m.lost(in.Code, in.Reason, in.Err)
		return
	}
	m.client = clientNone
	m.revert(HoldFailed{Code: in.Code, Reason: in.Reason, Err: in.Err})
}

// revert gives up the change that the peer refused.
func (m *Machine) revert(f HoldFailed) {
	f.On = m.offered
	m.hold.Desired = m.hold.Local
	m.do(f)
}

// lost ends a call whose dialog is gone at the peer: there is nobody left to BYE.
func (m *Machine) lost(code int, reason string, err error) {
	cause := ProtocolError
	if code != 481 {
		cause = Timeout
	}
	m.finish(End{Cause: cause, Code: code, Reason: reason, Err: err})
}

// glareDelay is RFC 3261, section 14.1: 2.1 to 4 s for the owner of the
// Call-ID, 0 to 2 s for the other, in steps of 10 ms.
func (m *Machine) glareDelay() time.Duration {
	r := 0.5
	if m.cfg.Rand != nil {
		r = min(max(m.cfg.Rand(), 0), 1)
	}
	const step = 10 * time.Millisecond
	if m.cfg.Outgoing {
		return 2100*time.Millisecond + step*time.Duration(r*190)
	}
	return step * time.Duration(r*200)
}

// onReinvite answers the peer's re-INVITE, with our own desired direction in it.
func (m *Machine) onReinvite(in RemoteInvite) {
	switch {
	case m.client != clientNone, m.server != serverNone:
		// Ours is under way, or the offer and answer before aren't complete (RFC
		// 3261, section 14.2).
		m.respond(in.Req, 491, "")
	case in.Body.Kind == Unacceptable:
		m.respond(in.Req, 488, "")
	case in.Body.Kind == Malformed:
		m.respond(in.Req, 400, "Bad SDP")
	case in.Body.Change && m.cfg.Reinvites == Refuse:
		m.respond(in.Req, 488, "")
	case in.Body.Change && m.cfg.Reinvites == Prompt:
		m.ask(in)
	case in.Body.Kind == UsableSDP, in.Body.Kind == NoSDP:
		m.sendAccept(in.Req, in.Body)
	}
}
