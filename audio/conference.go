package audio

import "slices"

// conference is the engine's side of a mixer: who is to take part, and who has a port.
//
//	wanted as member   has a port      next step
//	yes                no              grant one, once it has given the device back
//	no                 yes             revoke it; the session acknowledges
//	nobody             nobody          the mixer ends, once it has given the device back
type conference struct {
	members []*Session // desired
	mix     *mixer     // nil without a conference
	loans   map[*Session]*loan
}

// loan is a port in a session's hands.
type loan struct {
	port  *port
	asked bool // the session was told to give back
}

// confer is Engine.Conference in the loop.
func (l *engineLoop) confer(members []*Session, muted bool) {
	if len(members) == 0 {
		l.focus(nil)
		return
	}
	if l.mix == nil {
		rate := 0
		for _, s := range members {
			rate = max(rate, s.wishRate())
		}
		l.mix, l.loans = newMixer(l.e, rate), make(map[*Session]*loan)
		l.mix.toner.plan = l.e.plan
		go l.mix.run()
	}
	l.mix.setMuted(muted)
	l.members, l.want = members, l.mix
	l.main.again()
	l.settle()
}

// settlePorts takes the next step for each member.
func (l *engineLoop) settlePorts() {
	if l.mix == nil {
		return
	}
	for s, loan := range l.loans {
		if !loan.asked && !slices.Contains(l.members, s) {
			loan.asked = s.revoke()
		}
	}
	for _, s := range l.members {
		if l.loans[s] != nil || l.holder == holder(s) || s.ended() {
			continue
		}
		p := newPort(l.mix.rate)
		p.mix = l.mix
		if s.grant(p, ToneNone) {
			l.loans[s] = &loan{port: p}
			l.mix.add(p)
		}
	}
	if len(l.loans) == 0 && len(l.members) == 0 && l.want != holder(l.mix) && l.holder != holder(l.mix) {
		l.mix.stop()
		l.mix = nil
	}
}

// returned takes a member's port back, if it had one.
func (l *engineLoop) returned(s *Session) {
	if s.ended() {
		l.members = slices.DeleteFunc(l.members, func(m *Session) bool { return m == s })
	}
	if loan := l.loans[s]; loan != nil {
		delete(l.loans, s)
		if l.mix != nil { // else the engine closes, and the mixer has ended
			l.mix.remove(loan.port, s)
		}
	}
	if l.mix != nil && len(l.members) == 0 && l.want == holder(l.mix) {
		l.want = nil
	}
}

// ready is the desired holder, unless it has a port in its hands still.
func (l *engineLoop) ready() holder {
	if s, ok := l.want.(*Session); ok && l.loans[s] != nil {
		return nil
	}
	return l.want
}

// endConference is for Engine.Close: the sessions have ended, and nobody has a port.
func (l *engineLoop) endConference() {
	if l.mix != nil {
		l.mix.stop()
		l.mix = nil
	}
}
