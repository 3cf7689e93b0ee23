package ua

import (
	"time"

	"offhook/audio"
	"offhook/audio/dtmf"
	"offhook/ua/call"
)

// snapshot is what the Phone's reading methods give to other goroutines. It is
// never changed once published.
type snapshot struct {
	calls    []CallInfo
	regs     []Registration
	sessions map[CallID]MediaSession

	subscriptions []SubscriptionInfo
}

// publish makes the state of now visible. In the loop.
func (a *Agent) publish() {
	s := &snapshot{sessions: make(map[CallID]MediaSession)}
	for _, id := range a.order {
		c := a.calls[id]
		if c.ended || c.m == nil {
			continue
		}
		s.calls = append(s.calls, c.snapshot())
		if c.session != nil {
			s.sessions[id] = c.session
		}
	}
	for _, l := range a.lines {
		s.regs = append(s.regs, l.reg.shown)
	}
	for _, sub := range a.subscriptions {
		if !sub.over() || sub.standby {
			s.subscriptions = append(s.subscriptions, sub.info())
		}
	}
	a.shown.Store(s)
}

// emit numbers an event and gives it to every reader. In the loop.
func (a *Agent) emit(make func(Meta) Event) {
	a.seq++
	e := make(Meta{Seq: a.seq, Time: time.Now()})
	a.publish()
	a.subsMu.Lock()
	defer a.subsMu.Unlock()
	for s := range a.subs {
		s.post(e)
	}
}

// emitCall tells how a call is. Its end is told once: what is sorted out behind it, as a
// question that nobody will answer any more, changes the call for nobody.
func (a *Agent) emitCall(c *phoneCall, was call.State) {
	if c.ended && c.told {
		return
	}
	c.told = c.ended
	a.emit(func(m Meta) Event { return CallChanged{Meta: m, Call: c.snapshot(), Was: was} })
	a.callChanged(c.line)
}

func (a *Agent) emitMedia(c *phoneCall, what MediaChange) {
	a.emit(func(m Meta) Event { return MediaChanged{Meta: m, Call: c.snapshot(), What: what} })
}

// measure tells a call's statistics at each interval, while it has media.
func (c *phoneCall) measure() {
	every := c.agent.cfg.MediaInterval
	if every <= 0 {
		return
	}
	c.agent.after(every, func() {
		if !c.ended && c.session != nil {
			c.agent.emitMedia(c, MediaMeasured)
			c.measure()
		}
	})
}

func (a *Agent) emitDigit(c *phoneCall, digit byte, d time.Duration, by audio.DTMFMode) {
	a.emit(func(m Meta) Event {
		return DigitReceived{Meta: m, Call: c.snapshot(), Digit: digit, Duration: d, Method: by}
	})
}

// fail tells that a command couldn't be carried out.
func (a *Agent) fail(command string, c *phoneCall, err error) {
	a.emit(func(m Meta) Event {
		return CommandFailed{Meta: m, Command: command, Call: c.id, Account: c.line.acc.Name, Err: err}
	})
}

// onMedia hears a call's session.
func (c *phoneCall) onMedia(e audio.Event) {
	a := c.agent
	if c.ended {
		a.recording(c, e) // its file may be whole only now
		return
	}
	switch e := e.(type) {
	case audio.FirstPacket:
		tag := c.legFrom(e.From)
		c.step(call.Flow{On: true, Tag: tag})
		if !c.flows || tag != c.flowTag { // a stray packet of another source starts nothing
			c.flows, c.flowTag = true, tag
			a.emitMedia(c, MediaStarted)
		}
	case audio.Silent:
		c.flows = false
		c.step(call.Flow{On: false})
		c.doubtWay()
		a.emitMedia(c, MediaSilent)
	case audio.DigitReceived:
		by := audio.DTMFRFC4733
		if e.Inband {
			by = audio.DTMFInband
		}
		a.emitDigit(c, e.Digit, e.Duration, by)
	case audio.DigitSent:
		by := c.dtmf
		if by == audio.DTMFAuto || by == audio.DTMFInfo {
			by = audio.DTMFRFC4733
		}
		a.emit(func(m Meta) Event {
			return DigitSent{Meta: m, Call: c.snapshot(), Digit: e.Digit, Duration: dtmf.DefaultTone, Method: by}
		})
	case audio.PlayEnded:
		if e.Err != nil {
			c.info.MediaErr = e.Err
			a.emitMedia(c, MediaError)
			return
		}
		a.emitMedia(c, MediaPlayed)
	case audio.Odd:
		c.warnMedia(e)
	case audio.Secured:
		c.secured(e)
	case audio.SecurityFailed:
		c.unsecured(e)
	case audio.MutedSpeech:
		a.emitMedia(c, MediaMutedSpeech)
	case audio.RecordStarted, audio.RecordEnded:
		a.recording(c, e)
	case audio.DeviceFailed:
		c.info.MediaErr = e.Err
		a.emitMedia(c, MediaError)
	}
}

// open counts the calls that take up room: one that is hung up has given its place and its
// sound away, however long its peer takes to say so.
func (a *Agent) open() int {
	n := 0
	for _, c := range a.calls {
		if !c.ended && c.m.State() != call.Closing {
			n++
		}
	}
	return n
}

// live counts the calls that haven't ended.
func (a *Agent) live() int {
	n := 0
	for _, c := range a.calls {
		if !c.ended {
			n++
		}
	}
	return n
}

// forget keeps an ended call for as long as a 2xx to its INVITE may come again
// and wants its ACK (RFC 3261, section 13.2.2.4), then drops it.
func (a *Agent) forget(c *phoneCall) {
	if c.agent.calls[c.id] == nil || c.m.Transfer().Active() {
		return // its transfer may still be reported on
	}
	if c.info.Direction == Incoming || c.invites[0] == nil || c.invites[0].tx == nil {
		a.remove(c)
		return
	}
	if c.lingers {
		return
	}
	c.lingers = true
	a.after(call.Lifetime, func() { a.remove(c) })
}

func (a *Agent) remove(c *phoneCall) {
	delete(a.calls, c.id)
	for i, id := range a.order {
		if id == c.id {
			a.order = append(a.order[:i:i], a.order[i+1:]...)
			break
		}
	}
}
