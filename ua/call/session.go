package call

import (
	"errors"
	"time"
)

// Errors of a change within the call.
var (
	ErrNoReanswer = errors.New("the peer accepted the change without a usable session description")
	ErrNoFinal    = errors.New("the peer began to work on the change and never finished")
)

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

// negotiate brings what is in force to what we want as soon as offer and answer are
// at rest: no INVITE of either side is under way (RFC 3261, section 14.1), no UPDATE or
// PRACK of ours, and no delay after a 491 runs. A session that is only to be refreshed
// is, by UPDATE where the peer takes it (RFC 4028, section 7.4).
func (m *Machine) negotiate() {
	if m.state != Confirmed {
		m.updateEarly()
		return
	}
	if m.client != clientNone || m.server != serverNone || m.update.on || m.prack.on || m.timers[GlareTimer] {
		return
	}
	switch {
	case m.wantsOffer(m.hold.Local), m.refresh && !m.peer.Update:
		m.reinvite()
	case m.refresh:
		m.refresh = false
		m.sendUpdate(m.tag, false)
	}
}

// reinvite sends an INVITE within the dialog.
func (m *Machine) reinvite() {
	m.round++
	m.retells, m.reoffer, m.refresh = m.reoffer, false, false
	m.client, m.offered, m.given, m.late, m.answer = clientSent, m.hold.Desired, false, false, Body{}
	m.do(SendInvite{Round: m.round, Hold: m.offered, Session: m.asked()})
}

// Patience is how long a re-INVITE may be on its way at the peer, which may ask its
// person, before it is cancelled. It starts anew with each provisional response.
const Patience = 90 * time.Second

// onImpatience gives up a re-INVITE that got a 1xx and nothing more.
func (m *Machine) onImpatience() {
	switch {
	case m.round == 0, m.client == clientNone, m.state != Confirmed:
	case !m.given:
		m.given = true
		m.do(SendCancel{m.round})
		m.setTimer(PatienceTimer, Lifetime)
	default:
		m.onReinviteFailed(Failed{Round: m.round, Cause: Timeout, Err: ErrNoFinal})
	}
}

// onReinviteResponse is the table of RFC 3261, section 14.1, and RFC 5057,
// section 5:
//
//	1xx     reliable: PRACK; its SDP is the answer
//	2xx     ACK, the offered direction is in force, the session is refreshed
//	2xx again, or of an earlier round   ACK
//	422     the same with a longer session timer
//	491     the same again after a random delay
//	481     the peer knows no such dialog: over
//	408     by policy: over, or as the rest
//	others  all is as it was; the person is told
func (m *Machine) onReinviteResponse(in Response) {
	current := in.Round == m.round && m.client != clientNone && m.state == Confirmed
	if current && in.Code >= 200 {
		m.stopTimer(PatienceTimer)
	}
	switch {
	case in.Code < 200:
		if current {
			m.onReinviteProgress(in)
		}
	case in.Code < 300:
		if !current {
			m.do(SendAck{Round: in.Round, Tag: m.tag})
			m.straighten(in.Round)
			return
		}
		m.onReinviteSuccess(in)
	case !current:
	case in.Code == 422 && m.longer(in.Session):
		m.client, m.reoffer, m.refresh = clientNone, m.retells, true
		m.do(Rollback{m.tag})
		m.negotiate()
	case in.Code == 491:
		m.client, m.reoffer, m.refresh = clientNone, m.retells, m.offered == m.hold.Local && !m.retells
		m.setTimer(GlareTimer, m.glareDelay())
	case in.Code == 481, in.Code == 408 && m.cfg.EndOnTimeout:
		m.lost(in.Code, in.Reason, nil)
	default:
		m.client = clientNone
		m.revert(HoldFailed{Code: in.Code, Reason: in.Reason})
	}
}

func (m *Machine) onReinviteProgress(in Response) {
	m.client = clientProceeding
	if !m.given {
		m.setTimer(PatienceTimer, Patience)
	}
	f := m.fork(m.tag)
	if in.RSeq == 0 || m.cfg.Reliable == ReliableOff {
		return
	}
	if f == nil { // we are the callee: the only dialog
		m.forks = []fork{{tag: m.tag}}
		f = &m.forks[0]
	}
	if f.rseq != 0 && f.round == in.Round && in.RSeq != f.rseq+1 {
		return
	}
	f.rseq, f.round = in.RSeq, in.Round
	if in.Body.Kind == UsableSDP && m.answer.Kind == NoSDP {
		m.answer = in.Body
	}
	m.do(SendPrack{Tag: m.tag, RSeq: in.RSeq})
}

func (m *Machine) onReinviteSuccess(in Response) {
	m.client = clientNone
	if in.Peer.Known {
		m.peer.Update = in.Peer.Update
	}
	body := in.Body
	if m.answer.Kind == UsableSDP {
		body = m.answer
	}
	ok := body.Kind == UsableSDP
	if ok {
		m.hold.Local, m.hold.Remote = m.offered, body.Hold
		m.do(Apply{Tag: m.tag, Desc: body.Desc})
	}
	m.do(SendAck{Round: in.Round, Tag: m.tag})
	m.granted(in.Session)
	if !ok {
		m.revert(HoldFailed{Code: in.Code, Reason: in.Reason, Err: ErrNoReanswer})
	}
	m.negotiate()
}

func (m *Machine) onReinviteFailed(in Failed) {
	if in.Round != m.round || m.client == clientNone || m.state != Confirmed {
		return
	}
	m.stopTimer(PatienceTimer)
	if in.Cause == Timeout && m.cfg.EndOnTimeout {
		m.lost(in.Code, in.Reason, in.Err)
		return
	}
	m.client, m.lapsed = clientNone, in.Round
	m.revert(HoldFailed{Code: in.Code, Reason: in.Reason, Err: in.Err})
}

// straighten tells the peer what is in force when its 2xx comes to a re-INVITE that we
// had given up: it believes what that one offered.
func (m *Machine) straighten(r Round) {
	if r != m.lapsed || m.lapsed == 0 {
		return
	}
	m.lapsed = 0
	if m.client == clientNone { // else what is under way tells it
		m.onReoffer()
	}
}

// revert gives up the change that the peer refused. A refresh that failed is tried
// again; who only wanted that is told nothing.
func (m *Machine) revert(f HoldFailed) {
	m.refreshLater()
	if m.offered == m.hold.Local {
		m.do(Rollback{m.tag})
		if m.retells {
			m.retells = false
			m.do(ReofferFailed{Code: f.Code, Reason: f.Reason, Err: f.Err})
		}
		m.negotiate() // the person may have asked for something meanwhile
		return
	}
	f.On = m.offered
	m.hold.Desired = m.hold.Local
	m.do(f)
	m.negotiate() // our description may have changed meanwhile
}

// lost ends a call whose dialog is gone at the peer (481): there is nobody left to BYE. A
// peer that only says nothing, or a proxy for it, may still talk: to terminate the dialog is
// to send a BYE (RFC 3261, section 12.2.1.2).
func (m *Machine) lost(code int, reason string, err error) {
	if code == 481 {
		m.finish(End{Cause: ProtocolError, Code: code, Reason: reason, Err: err})
		return
	}
	m.close(End{Cause: Timeout, Code: code, Reason: reason, Err: err})
	m.bye()
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

// onReinvite answers the peer's re-INVITE, with our own desired direction in it. The
// three cases of a change: refused whole with 488, and the session goes on as it was;
// taken as far as we can, with port 0 for the rest; or the person is asked.
func (m *Machine) onReinvite(in RemoteInvite) {
	switch {
	case m.server == serverAsking:
		m.respond(in.Req, 500, "") // theirs has no final response yet (RFC 3261, section 14.2)
	case m.client != clientNone, m.server != serverNone, m.offering():
		// Ours is under way, or the offer and answer before aren't complete (RFC
		// 3261, section 14.2; RFC 3311, section 5.2).
		m.respond(in.Req, 491, "")
	case m.brief(in.Session, in.Peer):
		m.respond(in.Req, 422, "")
	case in.Body.Kind == Unacceptable:
		m.respond(in.Req, 488, "")
	case in.Body.Kind == Malformed:
		m.respond(in.Req, 400, "Bad SDP")
	case in.Body.Change && m.cfg.Reinvites == Refuse:
		m.respond(in.Req, 488, "")
	case in.Body.Change && m.cfg.Reinvites == Prompt:
		m.ask(in)
	case in.Body.Kind == UsableSDP, in.Body.Kind == NoSDP:
		m.sendAccept(in)
	}
}
