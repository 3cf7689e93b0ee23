package registration

import (
	"fmt"
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
	if m.again {
		return m.register(out)
	}
	return m.setTimer(now.Add(m.refreshAfter(granted)), out)
}

// granted is the lifetime of our own binding: its Contact's parameter, then the
// Expires header, then what was asked (RFC 3261, section 10.2.4). What was granted
// is never what is asked next time: lifetimes would only ever shrink (interop 14).
func (m *Machine) granted(r Response) time.Duration {
	if b, ok := own(r.Bindings, m.contact); ok && b.HasExpires {
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

// own finds our binding among those the registrar lists (interop 13): the same
// URI, else the one that differs only in what registrars add or drop.
func own(bindings []Binding, contact string) (Binding, bool) {
	ours, err := sip.ParseURI(contact)
	if err != nil {
		return Binding{}, false
	}
	for _, same := range [...]func(a, b sip.URI) bool{sameURI, sameAddress} {
		for _, b := range bindings {
			if same(b.URI, ours) {
				return b, true
			}
		}
	}
	return Binding{}, false
}

// bare takes the brackets off a URI.
func bare(contact string) string {
	return strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(contact), "<"), ">")
}
