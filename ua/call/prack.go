package call

// onReliable judges a reliable provisional response of the call's first INVITE
// and acknowledges it. It reports whether the response counts (RFC 3262, section 4):
//
//	RSeq is the first, or the next    PRACK, and it counts
//	RSeq again, or a gap              ignored: the peer will send what is missing
//
//	INVITE had     18x has     PRACK has
//	an offer       its answer  nothing, or a new offer when ours has changed
//	an offer, answered before  nothing: what came is no answer any more
//	none           its offer   our answer
func (m *Machine) onReliable(f *fork, in Response) bool {
	if f.rseq != 0 && in.RSeq != f.rseq+1 {
		return false
	}
	f.rseq = in.RSeq
	p := SendPrack{Tag: f.tag, RSeq: in.RSeq}
	switch {
	case m.closing != open, f.settled, in.Body.Kind == NoSDP, in.Code == 199:
	case in.Body.Kind != UsableSDP:
		if m.late { // an offer that we can't take: the call can't become one
			m.do(p)
			m.close(End{Cause: MediaFailure, Err: badAnswer(in.Body)})
			m.stopTimer(RingTimer)
			m.cancel()
			return false
		}
	case m.late:
		p.Role, p.Hold, p.Desc = WithAnswer, m.hold.Desired, in.Body.Desc
		f.settled, f.hold = true, m.hold.Desired
		m.do(p)
		m.answered(f, in.Body)
		return true
	default:
		f.settled = true
		m.answered(f, in.Body)
		f = m.fork(in.Tag)
		if m.wantsOffer(f.hold) && m.follow == f.tag && !m.offering() {
			p.Role, p.Hold = WithOffer, m.hold.Desired
			m.prack = offering{on: true, tag: f.tag, hold: p.Hold, retells: m.reoffer}
			m.reoffer = false
		}
	}
	m.do(p)
	return true
}

// onPrackDone takes the answer to an offer that a PRACK carried.
func (m *Machine) onPrackDone(in PrackDone) {
	if !m.prack.on || m.prack.tag != in.Tag {
		return
	}
	o := m.prack
	m.prack = offering{}
	m.offered1xx(o, in.Code, in.Body)
	m.negotiate()
}

// offered1xx ends an offer of ours that went by PRACK or by an UPDATE before the call
// was up.
func (m *Machine) offered1xx(o offering, code int, b Body) {
	if code/100 != 2 || b.Kind != UsableSDP {
		m.do(Rollback{o.tag})
		m.reoffer = m.reoffer || o.retells // in the call a re-INVITE tells it
		if m.state != Confirmed && m.state != Closing && m.state != Ended {
			m.stuck = true // it isn't asked again before the call is up
		}
		return
	}
	if f := m.fork(o.tag); f != nil {
		f.hold, f.body = o.hold, b
	}
	if m.state == Confirmed || m.state == Answering || !m.cfg.Outgoing {
		m.hold.Local, m.hold.Remote = o.hold, b.Hold
	}
	m.do(Apply{Tag: o.tag, Desc: b.Desc, Early: m.state == Early})
}
