package ua

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/netip"
	"strings"
	"time"

	"offhook/ua/call"
	"offhook/ua/registration"
	"offhook/ua/sip"
)

// registrar drives an account's registration machine. The loop owns it.
type registrar struct {
	line *line
	id   registration.Identity
	m    *registration.Machine // nil before the account's socket is bound
	// wanted is what the person asked for while the socket was being bound.
	wanted  bool
	binding bool
	failed  error // binding or locating failed before the machine began
	retry   time.Duration
	x       *exchange
	timer   *time.Timer
	gen     int // of timer
	shown   Registration
	home    netip.Addr // ours in the network that the Contact is of
}

// firstRetry is the delay after the registrar couldn't even be located; it
// doubles up to lastRetry.
const (
	firstRetry = 4 * time.Second
	lastRetry  = 30 * time.Minute
)

func newRegistrar(l *line) *registrar {
	return &registrar{
		line: l,
		id: registration.Identity{
			Registrar: l.registrar, AOR: l.aorURI(), DisplayName: l.acc.DisplayName,
			CallID: sip.NewCallID(), FromTag: sip.NewTag(),
		},
		shown: Registration{Account: l.acc.Name, AOR: l.acc.AOR},
	}
}

func (r *registrar) register() {
	r.wanted = true
	r.stopTimer()
	switch {
	case r.m != nil:
		r.step(registration.Start{})
	case !r.binding:
		r.bind()
	}
}

func (r *registrar) unregister() {
	r.wanted = false
	r.stopTimer()
	if r.m != nil {
		r.step(registration.Stop{})
		return
	}
	r.failed = nil
	r.tell()
}

// idle says that nothing is registered and nothing under way.
func (r *registrar) idle() bool {
	if r.m == nil {
		return true
	}
	s := r.m.Snapshot().State
	return s == registration.Unregistered || s == registration.Failed
}

// bind finds the registrar and a socket that leads to it, in a worker.
func (r *registrar) bind() {
	r.binding = true
	r.tell()
	l := r.line
	l.agent.inWorker(func(ctx context.Context) {
		targets, err := l.reach(ctx, l.firstHop(l.registrar))
		l.agent.box.post(func() { r.reached(targets, err) })
	})
}

func (r *registrar) reached(targets []sip.Target, err error) {
	r.binding = false
	if err != nil {
		r.failed = &Failure{Cause: causeOf(err), Err: err}
		if r.wanted {
			r.retry = min(max(2*r.retry, firstRetry), lastRetry)
			r.setTimer(r.retry, r.bind)
			r.shown.RetryAt = time.Now().Add(r.retry)
		}
		r.tell()
		return
	}
	r.failed, r.retry, r.shown.RetryAt = nil, 0, time.Time{}
	r.begin(targets[0].Transport)
	if r.wanted {
		// The first request needn't be located again.
		r.stepTo(registration.Start{}, targets)
		return
	}
	r.tell()
}

// begin makes the machine, now that the Contact is known.
func (r *registrar) begin(t sip.Transport) {
	if r.m != nil {
		return
	}
	l := r.line
	main := l.main()
	if main == nil {
		return
	}
	r.home = main.addr
	r.m = registration.New(registration.Config{
		Contact: strings.Trim(l.contact(*main, t), "<>"),
		Expires: l.acc.Expires,
		Rand:    rand.Float64,
	})
}

// bound tells where an account without registration can be reached.
func (r *registrar) bound() {
	r.begin(r.line.acc.Transport)
	r.tell()
}

func (r *registrar) step(in registration.Input) { r.stepTo(in, nil) }

func (r *registrar) stepTo(in registration.Input, targets []sip.Target) {
	for _, e := range r.m.Step(time.Now(), in, nil) {
		switch e := e.(type) {
		case registration.Send:
			r.send(e, targets)
		case registration.SetTimer:
			r.setTimer(time.Until(e.At), func() { r.step(registration.Tick{}) })
		case registration.StopTimer:
			r.stopTimer()
		case registration.Changed:
			r.tell()
		}
	}
}

func (r *registrar) setTimer(d time.Duration, f func()) {
	r.stopTimer()
	gen := r.gen
	r.timer = r.line.agent.after(d, func() {
		if gen == r.gen {
			f()
		}
	})
}

func (r *registrar) stopTimer() {
	r.gen++
	if r.timer != nil {
		r.timer.Stop()
		r.timer = nil
	}
}

// send sends a REGISTER; without targets a worker locates the registrar first.
func (r *registrar) send(s registration.Send, targets []sip.Target) {
	l := r.line
	x := &exchange{agent: l.agent, line: l, targets: targets}
	r.x = x
	x.make = func(_ bound, _ sip.Target, prev *sip.Request) (*sip.Request, error) {
		if prev != nil {
			return nextAttempt(prev), nil
		}
		req := registration.NewRequest(r.id, s)
		l.addCapabilities(req)
		l.addRoute(req)
		return req, nil
	}
	x.onResponse = func(res *sip.Response, err error) { r.onResponse(x, res, err) }
	if len(targets) > 0 {
		x.send()
		return
	}
	l.agent.inWorker(func(ctx context.Context) {
		targets, err := l.reach(ctx, l.firstHop(l.registrar))
		l.agent.box.post(func() {
			if err != nil {
				r.step(registration.Lost{CSeq: s.CSeq, Cause: registration.Transport, Err: err})
				return
			}
			x.targets = targets
			x.send()
		})
	})
}

func (r *registrar) onResponse(x *exchange, res *sip.Response, err error) {
	if x != r.x {
		return
	}
	var seq uint32
	if x.req != nil && x.req.CSeq() != nil {
		seq = x.req.CSeq().SeqNo
	}
	switch {
	case err == nil && res.StatusCode < 200:
		return
	case err == nil:
		in := registration.ParseResponse(res)
		in.CSeq = seq
		r.step(in)
		if res.StatusCode/100 == 2 {
			r.line.keepAlive(x.end, x.target())
			r.learn(x, res)
		}
		return
	case causeOf(err) == call.AuthFailure:
		r.shown.Code, r.shown.Reason = res.StatusCode, res.Reason
		r.step(registration.Lost{CSeq: seq, Cause: registration.Credentials, Err: err})
	case errors.Is(err, sip.ErrTimeout):
		r.step(registration.Lost{CSeq: seq, Cause: registration.Timeout, Err: err})
	default:
		r.step(registration.Lost{CSeq: seq, Cause: registration.Transport, Err: err})
	}
}

// learn compares what the registrar saw us as with what we said (RFC 3581), and
// registers the address that works (interop 12). The machine never loops on it. When
// the request had to leave by another address than the Contact's, we have moved.
func (r *registrar) learn(x *exchange, res *sip.Response) {
	seen := sip.Observed(res)
	t := x.target().Transport
	local := x.end.LocalAddr(t)
	if x.end.addr != r.home {
		r.home = x.end.addr
		at := local
		if t == sip.UDP && seen.IsValid() {
			at = seen
		}
		r.line.agent.log.Info("this machine has another address now", "account", r.line.acc.Name, "ours", local)
		r.step(registration.Rebind{Contact: r.line.contactURI(at, t), Moved: true})
		return
	}
	if !seen.IsValid() || seen == local || t != sip.UDP {
		return // over a connection the registrar sees an ephemeral port
	}
	r.line.agent.log.Info("the registrar sees another address than ours", "account", r.line.acc.Name, "ours", local, "seen", seen)
	r.line.seen = seen
	r.step(registration.Rebind{Contact: r.line.contactURI(seen, t)})
}

// tell shows the registration if it changed.
func (r *registrar) tell() {
	a := r.line.agent
	now := Registration{Account: r.line.acc.Name, AOR: r.line.acc.AOR, Code: r.shown.Code, Reason: r.shown.Reason, RetryAt: r.shown.RetryAt}
	switch {
	case r.m != nil:
		s := r.m.Snapshot()
		now.State = regStates[s.State]
		if s.Code != 0 || s.Err == nil {
			now.Code, now.Reason = s.Code, s.Reason
		}
		now.Expires, now.RetryAt, now.Contact, now.Err = s.Expires, s.RetryAt, s.Contact, registrationFailure(s)
	case r.failed != nil:
		now.State, now.Err = RegFailed, r.failed
	case r.binding && r.wanted:
		now.State = Registering
	}
	if now == r.shown {
		return
	}
	r.shown = now
	a.emit(func(m Meta) Event { return RegistrationChanged{Meta: m, Registration: now} })
}

var regStates = [...]RegState{
	registration.Unregistered:  Unregistered,
	registration.Registering:   Registering,
	registration.Registered:    Registered,
	registration.Unregistering: Unregistering,
	registration.Failed:        RegFailed,
}

// registrationFailure gives the machine's error a Cause, for exit codes.
func registrationFailure(s registration.Snapshot) error {
	if s.Err == nil {
		return nil
	}
	f := registrationError{err: s.Err, code: s.Code}
	switch {
	case errors.Is(s.Err, registration.ErrCredentials):
		f.cause = call.AuthFailure
	case errors.Is(s.Err, registration.ErrTimeout):
		f.cause = call.Timeout
	case errors.Is(s.Err, registration.ErrTransport):
		f.cause = call.TransportFailure
	default:
		f.cause = call.Rejected
	}
	return f
}

// registrationError keeps the machine's words.
type registrationError struct {
	err   error
	cause call.Cause
	code  int
}

func (e registrationError) Error() string { return e.err.Error() }
func (e registrationError) Unwrap() error { return e.err }

// CauseOf says why something failed, from any error that an event carries, and
// with which SIP status (0 for none).
func CauseOf(err error) (call.Cause, int) {
	var f *Failure
	var r registrationError
	switch {
	case errors.As(err, &f):
		return f.Cause, f.Code
	case errors.As(err, &r):
		return r.cause, r.code
	default:
		return causeOf(err), 0
	}
}

// addRoute puts the outbound proxy on a request that starts a dialog (RFC 3261, section 8.1.2).
func (l *line) addRoute(req *sip.Request) {
	if l.proxy == nil {
		return
	}
	p := *l.proxy.Clone()
	if _, ok := sip.ParamValue(p.UriParams, "lr"); !ok {
		p.UriParams = append(p.UriParams, sip.Param{K: "lr"})
	}
	req.AppendHeader(sip.NewHeader("Route", "<"+p.String()+">"))
}

// contactURI is our URI at an address, without brackets.
func (l *line) contactURI(at netip.AddrPort, t sip.Transport) string {
	s := "sip:"
	if l.aor.User != "" {
		s += l.aor.User + "@"
	}
	s += netip.AddrPortFrom(at.Addr().WithZone(""), at.Port()).String() // a zone means nothing elsewhere
	if t != sip.UDP {
		s += ";transport=" + strings.ToLower(t.String())
	}
	return s
}

// nextAttempt is a request that starts no dialog yet, again under the next CSeq.
func nextAttempt(prev *sip.Request) *sip.Request {
	req := prev.Clone()
	sip.RemoveHeaders(req, "Via")
	if c := prev.CSeq(); c != nil {
		sip.SetHeader(req, &sip.CSeqHeader{SeqNo: c.SeqNo + 1, MethodName: prev.Method})
	}
	return req
}
