package call

// offering is an offer of ours outside the INVITE, by UPDATE or PRACK, or a
// refresh by UPDATE.
type offering struct {
	on      bool
	offer   bool // false for a mere refresh
	tag     string
	hold    bool
	retells bool
}

// offering says that an offer of ours outside the INVITE has no answer yet.
func (m *Machine) offering() bool { return m.prack.on || m.update.on && m.update.offer }

// wantsOffer says that what is in force isn't what we want.
func (m *Machine) wantsOffer(local bool) bool { return m.hold.Desired != local || m.reoffer }

// updateEarly offers in an early dialog, where a re-INVITE has no place (RFC 3311,
// section 5.1): by UPDATE, if the peer takes it and offer and answer are complete.
func (m *Machine) updateEarly() {
	if m.stuck || m.update.on || m.prack.on || m.timers[GlareTimer] {
		return
	}
	switch m.state {
	case Early:
		f := m.fork(m.follow)
		if f == nil || !f.settled || !f.update || m.closing != open || !m.wantsOffer(f.hold) {
			return
		}
	case Incoming:
		if !m.rel.settled || m.rel.out || !m.peer.Update || !m.wantsOffer(m.hold.Local) {
			return
		}
	case Idle, Calling, Answering, Confirmed, Closing, Ended:
		return
	}
	m.sendUpdate(m.follow, true)
}

// sendUpdate sends an UPDATE; without an offer it only refreshes.
func (m *Machine) sendUpdate(tag string, offer bool) {
	m.update = offering{on: true, offer: offer, tag: tag, hold: m.hold.Desired}
	e := SendUpdate{Tag: tag, Session: m.asked()}
	if m.state != Confirmed {
		e.Session = Session{} // the timer starts with the call (RFC 4028, section 7.1)
	}
	if offer {
		m.update.retells, m.reoffer = m.reoffer, false
		e.Role, e.Hold = WithOffer, m.hold.Desired
	}
	m.do(e)
}

// onUpdateDone is RFC 3311, section 5.1, and RFC 4028, section 10:
//
//	2xx       the answer is in force, the session is refreshed
//	422       the same with a longer timer
//	491       the same again after a random delay
//	405, 501  the peer takes no UPDATE after all: by re-INVITE
//	481       the peer knows no such dialog: over
//	408, none by policy: over, or as the rest
//	others    all is as it was; a refresh is tried again
func (m *Machine) onUpdateDone(in UpdateDone) {
	if !m.update.on {
		return
	}
	o := m.update
	m.update = offering{}
	if m.state == Closing || m.state == Ended {
		return
	}
	late := in.Code == 408 || in.Code == 0
	switch {
	case in.Code == 481 && m.state == Confirmed, late && m.cfg.EndOnTimeout && m.state == Confirmed:
		m.lost(in.Code, "", in.Err)
		return
	case in.Code == 491:
		m.do(Rollback{o.tag})
		m.reoffer = m.reoffer || o.retells
		m.refresh = m.refresh || !o.offer
		m.setTimer(GlareTimer, m.glareDelay())
		return
	case in.Code == 405, in.Code == 501:
		m.noUpdate(o.tag)
		m.reoffer = m.reoffer || o.retells
		m.refresh = m.refresh || !o.offer
		m.do(Rollback{o.tag})
		m.negotiate()
		return
	case in.Code == 422 && m.longer(in.Session):
		m.refresh = true
	case in.Code/100 == 2:
		m.granted(in.Session)
	case !o.offer:
		m.refreshLater()
	}
	if o.offer {
		m.offered1xx(o, in.Code, in.Body)
	}
	m.negotiate()
}

// noUpdate notes that the peer takes no UPDATE.
func (m *Machine) noUpdate(tag string) {
	if f := m.fork(tag); f != nil {
		f.update = false
	}
	m.peer.Update = false
}

// onRemoteUpdate is RFC 3311, section 5.2:
//
//	no dialog                            481
//	a session timer too short            422
//	no offer                             200: a refresh
//	an offer that can't be understood    400, taken   488
//	an offer while ours is unanswered    491
//	an offer while theirs is unanswered  500, with Retry-After
//	a change that needs the person       504: an UPDATE can't wait
//	another offer                        200 with the answer
func (m *Machine) onRemoteUpdate(in RemoteUpdate) {
	f := m.fork(in.Tag)
	confirmed := m.state == Confirmed || m.state == Answering
	if in.Peer.Known {
		m.peer.Update = in.Peer.Update
		if f != nil {
			f.update = in.Peer.Update
		}
	}
	switch {
	case m.state == Idle, m.state == Closing, m.state == Ended,
		confirmed && in.Tag != m.tag, m.state == Early && f == nil, m.state == Calling:
		m.respond(in.Req, 481, "")
	case confirmed && m.brief(in.Session, in.Peer):
		m.respond(in.Req, 422, "")
	case in.Body.Kind == NoSDP:
		m.do(AcceptUpdate{Req: in.Req, Tag: in.Tag, Session: m.agree(in.Session, in.Peer)})
	case in.Body.Kind == Malformed:
		m.respond(in.Req, 400, "Bad SDP")
	case m.offeredIn(f):
		m.respond(in.Req, 491, "")
	case m.server == serverAsking, m.state == Incoming && !m.rel.settled:
		m.respond(in.Req, 500, "")
	case in.Body.Kind == Unacceptable, in.Body.Change && confirmed && m.cfg.Reinvites == Refuse:
		m.respond(in.Req, 488, "")
	case in.Body.Change && confirmed && m.cfg.Reinvites == Prompt:
		m.respond(in.Req, 504, "")
	default:
		if f != nil {
			f.hold, f.body = m.hold.Desired, in.Body
		}
		if m.state != Early {
			m.hold.Local, m.hold.Remote = m.hold.Desired, in.Body.Hold
		}
		m.reoffer = false // the answer tells it
		m.do(AcceptUpdate{
			Req: in.Req, Tag: in.Tag, Role: WithAnswer, Hold: m.hold.Desired,
			Desc: in.Body.Desc, Session: m.agree(in.Session, in.Peer),
		})
		m.negotiate()
	}
}

// offeredIn says that an offer of ours waits for its answer in a dialog.
func (m *Machine) offeredIn(f *fork) bool {
	switch {
	case m.offering(), m.server == serverUnacked && m.weOffered, m.rel.out && m.rel.offer:
		return true
	case m.client == clientNone:
		return false
	default: // our INVITE has no final response
		return m.state != Early || !f.settled
	}
}
