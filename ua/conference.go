package ua

import (
	"errors"
	"slices"

	"offhook/ua/call"
)

// Conditions that a CommandFailed of a conference tells.
var (
	ErrTooFew  = errors.New("a conference takes two calls that are up")
	ErrNotIn   = errors.New("the call isn't in the conference")
	ErrNoSound = errors.New("the call has no audio yet")
)

// The conference is a property of the audio alone: each call keeps its own dialog,
// codec and hold, and the mixer joins what they carry (RFC 4579, section 5.1, with the
// focus in the user agent).
//
//	call, call --Conference--> members --Split, hang-up--> one left: a call as any

// conference is who takes part. The loop owns it.
type conference struct {
	conf       []*phoneCall   // two at least; nil without one
	mixed      []MediaSession // what Media.Conference was last given
	mixedMuted bool           // and with what
}

// Conference joins calls with the conference that there is.
func (a *Agent) Conference(ids ...CallID) {
	a.box.post(func() {
		if err := a.confer(ids); err != nil {
			id := CallID(0)
			if len(ids) > 0 {
				id = ids[0]
			}
			a.emit(func(m Meta) Event { return CommandFailed{Meta: m, Command: "conference", Call: id, Err: err} })
		}
	})
}

func (a *Agent) confer(ids []CallID) error {
	if len(ids) == 0 {
		for _, id := range a.order {
			if c := a.calls[id]; !c.ended && c.m.State() == call.Confirmed {
				ids = append(ids, id)
			}
		}
	}
	members := slices.Clone(a.conf)
	for _, id := range ids {
		c := a.calls[id]
		switch {
		case c == nil || c.ended:
			return ErrNoCall
		case c.m.State() != call.Confirmed:
			return ErrNotUp
		case c.session == nil || !c.agreed:
			return ErrNoSound
		case !slices.Contains(members, c):
			members = append(members, c)
		}
	}
	if len(members) < 2 {
		return ErrTooFew
	}
	first := members[0]
	if a.focus != nil && slices.Contains(members, a.focus) {
		first = a.focus
	} else if a.focus != nil {
		a.takeFocus(first) // holds whoever had the audio
	}
	a.conf, a.focus, a.mixed = members, first, nil
	muted := first.info.Muted
	for _, c := range slices.Clone(members) {
		a.setMuted(c, muted)
		c.step(call.SetHold{On: false})
	}
	a.updateFocus()
	return nil
}

// Split takes a call out of the conference and puts it on hold.
func (a *Agent) Split(id CallID) {
	a.withCall("split", id, func(c *phoneCall) {
		if !a.confers(c) {
			a.fail("split", c, ErrNotIn)
			return
		}
		a.leave(c)
		a.setMuted(c, c.info.Muted)
		c.step(call.SetHold{On: true})
	})
}

// confers says that a call is in the conference.
func (a *Agent) confers(c *phoneCall) bool { return c != nil && slices.Contains(a.conf, c) }

// together says that two calls have the audio together: one and the same, or in one conference.
func (a *Agent) together(c, d *phoneCall) bool {
	return c != nil && (c == d || a.confers(c) && a.confers(d))
}

// party are the calls that have the audio together with c.
func (a *Agent) party(c *phoneCall) []*phoneCall {
	if a.confers(c) {
		return a.conf
	}
	return []*phoneCall{c}
}

// leave takes a call out of the conference. The last one that stays is a call as any.
func (a *Agent) leave(c *phoneCall) {
	if !a.confers(c) {
		return
	}
	had := a.confers(a.focus)
	c.lent = false
	a.conf = slices.DeleteFunc(slices.Clone(a.conf), func(o *phoneCall) bool { return o == c })
	stays := a.conf[0]
	if len(a.conf) == 1 {
		a.conf, a.mixed, stays.lent = nil, nil, false
		a.setMuted(stays, stays.info.Muted)
	}
	if had {
		a.focus = stays
		a.updateFocus()
		a.emitCall(stays, stays.m.State())
	}
}

// succeed lets a call take another's place, in the conference too.
func (a *Agent) succeed(old, c *phoneCall) {
	if i := slices.Index(a.conf, old); i >= 0 {
		a.conf = slices.Clone(a.conf)
		a.conf[i], old.lent = c, false
		a.setMuted(c, c.info.Muted) // which cuts the microphone alone now
	}
	if a.focus == old {
		a.setFocus(c)
	}
}

// updateConference lends the audio to the members that have something to carry, when
// they are others than before.
func (a *Agent) updateConference() {
	var sessions []MediaSession
	for _, c := range a.conf {
		if c.session != nil && c.agreed {
			if !c.lent {
				c.lent, c.info.MediaErr = true, nil
			}
			sessions = append(sessions, c.session)
		}
	}
	muted := a.focus.info.Muted
	if slices.Equal(sessions, a.mixed) && muted == a.mixedMuted {
		return
	}
	a.mixed, a.mixedMuted = sessions, muted
	a.cfg.Media.Conference(sessions, muted)
}
