package ua

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"offhook/audio"
	"offhook/ua/call"
)

// Conditions that a CommandFailed tells.
var (
	ErrNoCall    = errors.New("there is no such call any more")
	ErrNoAccount = errors.New("no such account")
	ErrNotUp     = errors.New("the call isn't up")
	ErrDigits    = errors.New("digits are 0 to 9, *, # and A to D")
)

// Register registers an account now.
func (a *Agent) Register(account string) {
	a.withLine("register", account, func(l *line) { l.reg.register() })
}

// Unregister removes an account's registration.
func (a *Agent) Unregister(account string) {
	a.withLine("unregister", account, func(l *line) { l.reg.unregister() })
}

func (a *Agent) withLine(command, account string, f func(*line)) {
	a.box.post(func() {
		l := a.line(account)
		if l == nil {
			a.emit(func(m Meta) Event {
				return CommandFailed{Meta: m, Command: command, Account: account, Err: fmt.Errorf("%w: %q", ErrNoAccount, account)}
			})
			return
		}
		f(l)
	})
}

// AddAccount makes an account known, and registers it when it says so.
func (a *Agent) AddAccount(acc Account) {
	a.box.post(func() {
		l, err := a.newLine(acc)
		if err == nil && a.line(acc.Name) != nil && acc.Name != "" {
			err = fmt.Errorf("there is an account named %q already", acc.Name)
		}
		if err == nil && a.closing {
			err = ErrClosed
		}
		if err == nil {
			err = l.bindFixed()
		}
		if err != nil {
			a.emit(func(m Meta) Event {
				return CommandFailed{Meta: m, Command: "add-account", Account: acc.Name, Err: err}
			})
			return
		}
		a.lines = append(a.lines, l)
		a.publish()
		l.start()
	})
}

// Dial starts a call; its CallID is valid at once.
func (a *Agent) Dial(r DialRequest) CallID {
	id := CallID(a.lastCall.Add(1))
	a.box.post(func() { a.dial(id, r) })
	return id
}

// withCall runs f in the loop for a call that hasn't ended.
func (a *Agent) withCall(command string, id CallID, f func(*phoneCall)) {
	a.box.post(func() {
		c := a.calls[id]
		if c == nil || c.ended {
			a.emit(func(m Meta) Event { return CommandFailed{Meta: m, Command: command, Call: id, Err: ErrNoCall} })
			return
		}
		f(c)
	})
}

// Answer takes an incoming call, and the audio with it.
func (a *Agent) Answer(id CallID) {
	a.withCall("answer", id, func(c *phoneCall) {
		if c.m.State() != call.Incoming {
			a.fail("answer", c, errors.New("the call isn't waiting for an answer"))
			return
		}
		c.answering = true
		if c.joins == nil || c.joins.ended {
			a.takeFocus(c)
		}
		c.step(call.Answer{})
	})
}

// Reject refuses an incoming call.
func (a *Agent) Reject(id CallID, code int, reason string) {
	a.withCall("reject", id, func(c *phoneCall) {
		switch {
		case c.m.State() != call.Incoming:
			a.fail("reject", c, errors.New("the call isn't waiting for an answer"))
		case code != 0 && (code < 300 || code > 699):
			a.fail("reject", c, fmt.Errorf("%d doesn't refuse a call; use a code from 300 to 699", code))
		default:
			c.step(call.Reject{Code: code, Reason: reason})
		}
	})
}

// Hangup ends a call in any state.
func (a *Agent) Hangup(id CallID) {
	a.withCall("hangup", id, func(c *phoneCall) { c.step(call.Hangup{}) })
}

// Hold puts the peer on hold; for a member, the whole conference.
func (a *Agent) Hold(id CallID) {
	a.withCall("hold", id, func(c *phoneCall) {
		if !up(c) {
			a.fail("hold", c, ErrNotUp)
			return
		}
		party := slices.Clone(a.party(c))
		for _, o := range party {
			o.step(call.SetHold{On: true})
		}
		if a.together(a.focus, c) {
			a.setFocus(nil)
			for _, o := range party {
				a.emitCall(o, o.m.State())
			}
		}
	})
}

// Resume takes the peer off hold and gives this call the audio; another call
// that has it is held.
func (a *Agent) Resume(id CallID) { a.resume("resume", id) }

// Focus is swap: the call is resumed, the one that had the audio is held.
func (a *Agent) Focus(id CallID) { a.resume("focus", id) }

func (a *Agent) resume(command string, id CallID) {
	a.withCall(command, id, func(c *phoneCall) {
		if !up(c) {
			a.fail(command, c, ErrNotUp)
			return
		}
		moved := !a.together(a.focus, c)
		a.takeFocus(c)
		for _, o := range slices.Clone(a.party(c)) {
			o.step(call.SetHold{On: false})
			if moved && !o.ended {
				a.emitCall(o, o.m.State())
			}
		}
	})
}

// up says that a call is far enough to be held or resumed.
func up(c *phoneCall) bool {
	s := c.m.State()
	return s == call.Confirmed || s == call.Answering
}

// Mute stops what we send, not what we hear.
func (a *Agent) Mute(id CallID, on bool) {
	a.withCall("mute", id, func(c *phoneCall) {
		if c.info.Muted == on {
			return
		}
		for _, o := range a.party(c) {
			a.setMuted(o, on)
		}
		a.updateFocus()
	})
}

// setMuted mutes what a call sends. In a conference only the microphone is cut, where
// it is mixed: the others are heard on.
func (a *Agent) setMuted(c *phoneCall, on bool) {
	c.info.Muted = on
	if c.session != nil {
		c.session.SetMuted(on && !a.confers(c))
	}
	a.emitCall(c, c.m.State())
}

// inFiles does what opens or finishes a file in a worker, and done in the loop.
func (a *Agent) inFiles(command string, c *phoneCall, f func() error, done func()) {
	a.inWorker(func(context.Context) {
		err := f()
		a.box.post(func() {
			switch {
			case err != nil:
				a.fail(command, c, err)
			case done != nil && !c.ended:
				done()
			}
		})
	})
}

// Echo sends back what is received.
func (a *Agent) Echo(id CallID, on bool) {
	a.withSession("echo", id, func(_ *phoneCall, s MediaSession) { s.SetEcho(on) })
}

func (a *Agent) withSession(command string, id CallID, f func(*phoneCall, MediaSession)) {
	a.withCall(command, id, func(c *phoneCall) {
		if c.session == nil {
			a.fail(command, c, ErrNotUp)
			return
		}
		f(c, c.session)
	})
}

// Calls are the calls that haven't ended, oldest first.
func (a *Agent) Calls() []CallInfo { return append([]CallInfo(nil), a.shown.Load().calls...) }

// Registrations are the accounts, in their order.
func (a *Agent) Registrations() []Registration {
	return append([]Registration(nil), a.shown.Load().regs...)
}

// Meters are a call's levels and statistics now; zero for a call without audio.
func (a *Agent) Meters(id CallID) Meters {
	s := a.shown.Load().sessions[id]
	if s == nil {
		return Meters{Levels: audio.Levels{Mic: -96, Ear: -96}}
	}
	return Meters{Levels: s.Levels(), Stats: s.Stats()}
}

// Subscribe starts a queue of all events from now on.
func (a *Agent) Subscribe() *Subscription {
	s := newSubscription()
	a.subsMu.Lock()
	defer a.subsMu.Unlock()
	if a.ended {
		s.Close()
		return s
	}
	for old := range a.subs {
		if old.isClosed() {
			delete(a.subs, old)
		}
	}
	a.subs[s] = struct{}{}
	return s
}
