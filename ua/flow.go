package ua

import (
	"context"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"time"

	"offhook/ua/registration"
	"offhook/ua/sip"
)

// flow drives one registration machine: one way to the registrar. The loop owns it.
type flow struct {
	reg   *registrar
	line  *line
	proxy *sip.URI // nil leads to the registrar itself
	regID int
	id    registration.Identity
	m     *registration.Machine // nil before the account's socket is bound
	// wanted is what was asked for while the socket was being bound.
	wanted  bool
	binding bool
	failed  error // binding or locating failed before the machine began
	retry   time.Duration
	retryAt time.Time
	x       *exchange
	timer   *time.Timer
	gen     int // of timer
	// code and reason are of the registrar's last final response; 0 when the last request had none.
	code     int
	reason   string
	home     netip.Addr    // ours in the network that the Contact is of
	said     sip.Transport // the Contact's
	target   sip.Target    // where the last answer came from
	natted   bool          // the registrar sees our UDP socket at another address than its own
	kept     bound         // what the last answer came to
	warnings []string
	hurried  time.Time // when a change of network last cut a delay short
}

// firstRetry is the delay after the registrar couldn't even be located; it
// doubles up to lastRetry.
const (
	firstRetry = 4 * time.Second
	lastRetry  = 30 * time.Minute
)

func newFlow(r *registrar, regID int) *flow {
	l := r.line
	return &flow{
		reg: r, line: l, regID: regID,
		id: registration.Identity{
			Registrar: l.registrar, AOR: l.aorURI(), DisplayName: l.acc.DisplayName,
			CallID: sip.NewCallID(), FromTag: sip.NewTag(),
			Instance: l.instance, GRUU: l.acc.GRUU != GRUUOff,
		},
	}
}

// hop is the URI to locate.
func (f *flow) hop() sip.URI {
	switch {
	case f.proxy == nil:
		return f.line.registrar
	case f.line.registrar.IsEncrypted():
		return securedHop(*f.proxy)
	}
	return *f.proxy
}

func (f *flow) register() {
	f.wanted = true
	f.stopTimer()
	switch {
	case f.m != nil:
		f.step(registration.Start{})
	case !f.binding:
		f.bind()
	}
}

func (f *flow) unregister() {
	f.wanted = false
	f.stopTimer()
	if f.m != nil {
		f.step(registration.Stop{})
		return
	}
	f.failed, f.retryAt = nil, time.Time{}
}

func (f *flow) state() RegState {
	switch {
	case f.m != nil:
		return regStates[f.m.Snapshot().State]
	case f.failed != nil:
		return RegFailed
	case f.binding && f.wanted:
		return Registering
	}
	return Unregistered
}

func (f *flow) up() bool   { return f.m != nil && f.m.Snapshot().State == registration.Registered }
func (f *flow) down() bool { return f.state() == RegFailed }

// idle says that nothing is registered and nothing under way.
func (f *flow) idle() bool {
	s := f.state()
	return f.m == nil || s == Unregistered || s == RegFailed
}

// trouble is what is wrong, and when the next try comes.
func (f *flow) trouble() (time.Time, error) {
	if f.m == nil {
		return f.retryAt, f.failed
	}
	s := f.m.Snapshot()
	return s.RetryAt, registrationFailure(s)
}

func (f *flow) show() Flow {
	out := Flow{RegID: f.regID, State: f.state(), Target: f.target}
	if f.proxy != nil {
		out.Proxy = display(*f.proxy)
	}
	out.Outbound, out.Timer = f.learned().Outbound, f.learned().FlowTimer
	out.RetryAt, out.Err = f.trouble()
	return out
}

// bind finds the registrar and a socket that leads to it, in a worker.
func (f *flow) bind() {
	f.binding = true
	f.reg.tell()
	l, hop := f.line, f.hop()
	l.agent.inWorker(func(ctx context.Context) {
		targets, err := l.seek(ctx, hop)
		l.agent.box.post(func() { f.reached(targets, err) })
	})
}

func (f *flow) reached(targets []sip.Target, err error) {
	f.binding = false
	defer f.line.agent.watchNetwork()
	if err != nil {
		f.failed = &Failure{Cause: causeOf(err), Err: err}
		if f.wanted {
			f.retry = min(max(2*f.retry, firstRetry), lastRetry)
			f.setTimer(f.retry, f.bind)
			f.retryAt = time.Now().Add(f.retry)
		}
		f.reg.changed()
		return
	}
	f.failed, f.retry, f.retryAt = nil, 0, time.Time{}
	f.begin(targets[0].Transport)
	if f.wanted && f.m != nil {
		// The first request needn't be located again.
		f.stepTo(registration.Start{}, targets)
		return
	}
	f.reg.tell()
}

// begin makes the machine, now that the Contact is known.
func (f *flow) begin(t sip.Transport) {
	if f.m != nil {
		return
	}
	l := f.line
	main := l.main()
	if main == nil {
		return
	}
	f.home, f.said = main.addr, t
	regID := f.regID
	if l.acc.Outbound == OutboundOff {
		regID = 0
	}
	f.m = registration.New(registration.Config{
		Contact:   f.marked(l.bindingURI(*main, t)),
		Expires:   l.acc.Expires,
		RetryBase: l.acc.RetryBase,
		Instance:  l.instance,
		RegID:     regID,
		Insist:    l.acc.Outbound == OutboundOn,
		Rand:      rand.Float64,
	})
}

func (f *flow) step(in registration.Input) { f.stepTo(in, nil) }

func (f *flow) stepTo(in registration.Input, targets []sip.Target) {
	changed := false
	for _, e := range f.m.Step(time.Now(), in, nil) {
		switch e := e.(type) {
		case registration.Send:
			f.send(e, targets)
		case registration.SetTimer:
			f.setTimer(time.Until(e.At), func() { f.step(registration.Tick{}) })
		case registration.StopTimer:
			f.stopTimer()
		case registration.Changed:
			f.code, f.reason = e.Code, e.Reason
			changed = true
		}
	}
	if changed {
		f.reg.changed()
	}
}

func (f *flow) setTimer(d time.Duration, do func()) {
	f.stopTimer()
	gen := f.gen
	f.timer = f.line.agent.after(d, func() {
		if gen == f.gen {
			do()
		}
	})
}

func (f *flow) stopTimer() {
	f.gen++
	if f.timer != nil {
		f.timer.Stop()
		f.timer = nil
	}
}

// send sends a REGISTER; without targets a worker locates the registrar first.
func (f *flow) send(s registration.Send, targets []sip.Target) {
	l := f.line
	x := &exchange{agent: l.agent, line: l, targets: targets}
	f.x = x
	x.make = func(_ bound, _ sip.Target, prev *sip.Request) (*sip.Request, error) {
		if prev != nil {
			return nextAttempt(prev), nil
		}
		req := registration.NewRequest(f.id, s)
		tags := sip.HeaderValues(req, "Supported")
		l.addCapabilities(req)
		for _, tag := range l.extensions() {
			if !slices.Contains(tags, tag) {
				tags = append(tags, tag)
			}
		}
		set(req, "Supported", strings.Join(tags, ", "))
		if f.proxy != nil {
			req.AppendHeader(sip.NewHeader("Route", looseRoute(*f.proxy)))
		}
		return req, nil
	}
	x.onResponse = func(res *sip.Response, err error) { f.onResponse(x, res, err) }
	if len(targets) > 0 {
		x.send()
		return
	}
	hop, last := f.hop(), f.target
	l.agent.inWorker(func(ctx context.Context) {
		targets, err := l.seek(ctx, hop)
		l.agent.box.post(func() {
			switch {
			case x != f.x:
			case err != nil:
				f.step(registration.Lost{CSeq: s.CSeq, Cause: registration.Transport, Err: err})
			default:
				x.targets = preferring(targets, last)
				x.send()
			}
		})
	})
}

// preferring puts the server that knows us before its peers.
func preferring(targets []sip.Target, last sip.Target) []sip.Target {
	i := slices.Index(targets, last)
	if i <= 0 {
		return targets
	}
	return append([]sip.Target{last}, slices.Delete(slices.Clone(targets), i, i+1)...)
}
