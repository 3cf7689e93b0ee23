package registration

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"offhook/ua/sip"
)

func (m *Machine) response(now time.Time, r Response, out []Effect) []Effect {
	if r.Code < 200 {
		return out
	}
	m.snap.Code, m.snap.Reason = r.Code, r.Reason
	if m.flight == unbinding {
		var err error
		if r.Code >= 300 && r.Code != 404 && r.Code != 481 { // gone is gone
			err = fmt.Errorf("%w: %s", ErrRefused, status(r))
		}
		return m.unbound(err, out)
	}
	switch {
	case r.Code < 300:
		return m.accepted(now, r, out)
	case r.Code == 423 && !m.raised && r.MinExpires > m.ask && m.desired:
		// RFC 3261, section 10.2.8. The longer time is kept for the refreshes.
		m.ask = r.MinExpires
		out = m.send(binding, m.ask, out)
		m.raised = true
		return out
	case r.Code == 439 && m.regID() > 0 && m.desired && !m.cfg.Insist:
		// RFC 5626, section 11.6: the first hop can't keep a flow.
		m.plain = true
		return m.send(binding, m.ask, out)
	default:
		return m.failed(now, refusal(r), r.RetryAfter, patience(r.Code), out)
	}
}

// unbound ends a de-registration, or begins anew when Start came in between.
func (m *Machine) unbound(err error, out []Effect) []Effect {
	out = m.idle(err, out)
	if m.desired {
		return m.register(out)
	}
	return out
}

func (m *Machine) accepted(now time.Time, r Response, out []Effect) []Effect {
	granted := m.granted(r)
	m.drops = m.drops[m.dropping:]
	m.dropping = 0
	m.failures = 0
	m.flight = nothing
	m.snap.Expires, m.snap.Until = granted, now.Add(granted)
	if !m.desired {
		if granted <= 0 {
			return m.idle(nil, out)
		}
		return m.unregister(out)
	}
	if granted <= 0 {
		m.snap.Until = time.Time{}
		return m.failed(now, ErrNotBound, 0, backOff, out)
	}
	m.snap.State, m.snap.Err = Registered, nil
	m.learn(r)
	if m.since.IsZero() {
		m.since = now
	}
	if m.again {
		return m.register(out)
	}
	return m.setTimer(now.Add(m.refreshAfter(granted)), out)
}

// granted is the lifetime of our own binding: its Contact's parameter, then the
// Expires header, then what was asked (RFC 3261, section 10.2.4). What was granted
// is never what is asked next time: lifetimes would only ever shrink (interop 14).
func (m *Machine) granted(r Response) time.Duration {
	if b, ok := m.own(r.Bindings); ok && b.HasExpires {
		return b.Expires
	}
	if r.HasExpires {
		return r.Expires
	}
	return m.ask
}

// refreshAfter leaves room for one time-out (timer F, 32 s) and a retry before
// the end, or a tenth of a long lifetime, or half of a short one, and spreads
// clients that started together over a twentieth.
func (m *Machine) refreshAfter(granted time.Duration) time.Duration {
	const room, longest = 35 * time.Second, 24 * time.Hour
	lead := min(max(granted/10, room), granted/2)
	at := granted - lead - time.Duration(m.rand()*float64(granted)/20)
	return min(at, longest)
}

func (m *Machine) rand() float64 {
	if m.cfg.Rand == nil {
		return 0.5
	}
	return min(max(m.cfg.Rand(), 0), 1)
}

// learn keeps what came with the binding, in the place of what came before: a
// Service-Route is good until the next 2xx and no longer (RFC 3608, section 6.1).
func (m *Machine) learn(r Response) {
	b, _ := m.own(r.Bindings)
	m.snap.Learned = Learned{
		Outbound: r.Outbound && m.regID() > 0, FlowTimer: r.FlowTimer,
		PubGRUU: b.PubGRUU, TempGRUU: b.TempGRUU, ServiceRoute: r.ServiceRoute, Path: r.Path,
	}
}

// own finds our binding among those the registrar lists (interop 13): the flow of
// our instance, else the same URI, else the one that differs only in what registrars add or drop.
func (m *Machine) own(bindings []Binding) (Binding, bool) {
	ours, err := sip.ParseURI(m.contact)
	if err != nil {
		return Binding{}, false
	}
	instance := func(b Binding) bool {
		return m.cfg.Instance != "" && strings.EqualFold(b.Instance, m.cfg.Instance)
	}
	for _, ok := range [...]func(Binding) bool{
		func(b Binding) bool { return instance(b) && m.regID() > 0 && b.RegID == m.regID() },
		func(b Binding) bool { return instance(b) && b.RegID == 0 && sameURI(b.URI, ours) },
		func(b Binding) bool { return instance(b) && b.RegID == 0 },
		func(b Binding) bool { return sameURI(b.URI, ours) },
		func(b Binding) bool { return sameAddress(b.URI, ours) },
	} {
		if i := slices.IndexFunc(bindings, ok); i >= 0 {
			return bindings[i], true
		}
	}
	return Binding{}, false
}

// bare takes the brackets off a URI.
func bare(contact string) string {
	return strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(contact), "<"), ">")
}
