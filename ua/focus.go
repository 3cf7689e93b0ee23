package ua

import (
	"slices"
	"time"

	"offhook/audio"
	"offhook/ua/call"
)

// signalTime is how long busy and congestion tones play after a failed call.
const signalTime = 3 * time.Second

// takeFocus makes c the call that has the microphone and the ear, and holds the
// one that had them: swap, unless the configuration lets calls talk side by side. A
// conference has them, and is held, as a whole. The lease itself moves when c has a session.
func (a *Agent) takeFocus(c *phoneCall) {
	old := a.focus
	a.setFocus(c)
	a.stopSignal()
	if old == nil || a.cfg.Parallel || a.together(old, c) {
		return
	}
	for _, o := range slices.Clone(a.party(old)) {
		if !o.ended {
			o.step(call.SetHold{On: true})
		}
	}
}

// setFocus moves the audio lease: nil frees it. A call that has nothing to carry
// yet gets it later, by updateFocus.
func (a *Agent) setFocus(c *phoneCall) {
	if a.focus != c {
		if a.focus != nil && !a.together(a.focus, c) {
			for _, o := range a.party(a.focus) {
				o.lent = false
			}
			a.mixed = nil
		}
		a.focus = c
		if a.cfg.Media != nil && (c == nil || c.session == nil || !c.agreed) && !a.confers(c) {
			a.cfg.Media.Focus(nil)
		}
	}
	a.updateFocus()
}

// updateFocus lends the audio once the focused call has something to carry.
func (a *Agent) updateFocus() {
	if a.confers(a.focus) {
		a.updateConference()
		return
	}
	if c := a.focus; c != nil && !c.lent && c.session != nil && c.agreed {
		c.lent = true
		c.info.MediaErr = nil // the device is tried afresh; trouble will be told again
		a.cfg.Media.Focus(c.session)
	}
}

// updateTone plays what the calls ask for, the most urgent first:
//
//	answered by itself        a warning
//	incoming, nobody talks    ringing
//	incoming, somebody talks  waiting, softly into the call
//	our call rings            ringback
//	our call failed           busy or congestion, for a while
func (a *Agent) updateTone() {
	if a.cfg.Media == nil {
		return
	}
	tone := audio.ToneNone
	talking, ringback := false, false
	for _, c := range a.calls {
		switch c.m.State() {
		case call.Incoming:
		case call.Calling, call.Early:
			ringback = ringback || c.m.Ringback()
			talking = true
		case call.Answering, call.Confirmed:
			talking = talking || !c.m.Hold().Desired
		case call.Idle, call.Closing, call.Ended:
		}
	}
	ring, incoming := a.ringOf()
	switch {
	case a.warning != audio.ToneNone:
		tone = a.warning
	case incoming && talking:
		tone = audio.ToneWaiting
	case incoming:
		tone = audio.ToneRinging
	case ringback:
		tone = audio.ToneRingback
	case !talking:
		tone = a.signal
	}
	if r, ok := a.cfg.Media.(Ringer); ok && tone == audio.ToneRinging && ring != a.ring {
		a.ring = ring
		r.Ring(ring)
	}
	if tone != a.tone {
		a.tone = tone
		a.cfg.Media.Tone(tone)
	}
}

// signalEnd lets the caller hear that an outgoing call failed.
func (a *Agent) signalEnd(c *phoneCall) {
	if c.info.Direction != Outgoing || ordinary(c.info.Cause) || a.closing || c.callID == "" {
		return
	}
	a.signal = audio.ToneCongestion
	if c.info.Cause == call.Rejected && (c.info.Code == 486 || c.info.Code == 600) {
		a.signal = audio.ToneBusy
	}
	a.signalAt++
	at := a.signalAt
	a.after(signalTime, func() {
		if at == a.signalAt {
			a.stopSignal()
		}
	})
}

func (a *Agent) stopSignal() {
	a.signal = audio.ToneNone
	a.updateTone()
}
