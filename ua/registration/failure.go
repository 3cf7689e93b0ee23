package registration

import (
	"fmt"
	"strings"
	"time"
)

// pace is how soon to try again after a failure.
type pace uint8

const (
	backOff pace = iota // exponentially
	slow                // at RetryMax: the registrar said no, and would again
	never               // only a person can help; retrying locks accounts
)

// patience is the pace for a refusal:
//
//	401 407              never: the password is wrong
//	408 480 500 502-504  back off: it may pass
//	everything else      slow
func patience(code int) pace {
	switch code {
	case 401, 407:
		return never
	case 408, 480, 500, 502, 503, 504:
		return backOff
	default:
		return slow
	}
}

func status(r Response) string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", r.Code, r.Reason))
}

func refusal(r Response) error {
	switch r.Code {
	case 401, 407:
		return fmt.Errorf("%w (%s): check the account's auth user and password", ErrCredentials, status(r))
	case 403:
		return fmt.Errorf("%w (%s): check the account's user and password, and whether the registrar allows it", ErrRefused, status(r))
	case 404:
		return fmt.Errorf("%w (%s): it doesn't know this user", ErrRefused, status(r))
	case 408:
		return fmt.Errorf("%w (%s)", ErrTimeout, status(r))
	case 439:
		return fmt.Errorf("%w (%s): set the account's outbound to auto or off, or name another proxy", ErrNoOutbound, status(r))
	case 423:
		return fmt.Errorf("%w (%s): ask for a longer one in the account", ErrTooBrief, status(r))
	default:
		return fmt.Errorf("%w (%s)", ErrRefused, status(r))
	}
}

func (m *Machine) lost(now time.Time, in Lost, out []Effect) []Effect {
	var err error
	p := backOff
	switch in.Cause {
	case Timeout:
		err = ErrTimeout
	case Transport:
		err = ErrTransport
	case Credentials:
		err, p = ErrCredentials, never
	}
	if in.Err != nil {
		err = fmt.Errorf("%w: %w", err, in.Err)
	}
	m.snap.Code, m.snap.Reason = in.Code, in.Reason
	if m.flight == unbinding {
		return m.unbound(err, out)
	}
	return m.failed(now, err, 0, p, out)
}

// failed ends an attempt. A binding from before may live on until its end.
func (m *Machine) failed(now time.Time, err error, retryAfter time.Duration, p pace, out []Effect) []Effect {
	m.flight = nothing
	if !m.desired {
		if m.bound(now) {
			return m.unregister(out)
		}
		return m.idle(err, out)
	}
	m.since = time.Time{}
	m.snap.State, m.snap.Err = Failed, err
	if !m.bound(now) {
		m.snap.Expires, m.snap.Until = 0, time.Time{}
	}
	m.failures++
	var wait time.Duration
	switch p {
	case never:
		m.snap.RetryAt = time.Time{}
		return m.stopTimer(out)
	case slow:
		wait = m.spread(m.cfg.RetryMax)
	case backOff:
		wait = m.spread(m.window())
	}
	if retryAfter > 0 {
		// RFC 3261, section 20.33. At most an hour: a registrar that is mistaken
		// shouldn't silence a phone for days.
		wait = min(retryAfter, time.Hour)
	}
	m.snap.RetryAt = now.Add(wait)
	return m.setTimer(m.snap.RetryAt, out)
}

// flowLost begins anew: at once when the flow has lived for a while, else with the
// delay of a failure, so that a registrar that drops each connection isn't stormed.
// What is under way needs no help: it fails with the flow.
func (m *Machine) flowLost(now time.Time, in FlowLost, out []Effect) []Effect {
	if !m.desired || m.flight != nothing || m.snap.State != Registered {
		return out
	}
	if now.Sub(m.since) >= MinFlowTime {
		m.losses = 0
	}
	m.losses++
	m.since = time.Time{}
	if m.losses == 1 {
		m.snap.State = Registering
		return m.register(out)
	}
	m.snap.Code, m.snap.Reason = 0, ""
	err := ErrFlowLost
	if in.Err != nil {
		err = fmt.Errorf("%w: %w", err, in.Err)
	}
	m.failures = max(m.failures, m.losses-2)
	return m.failed(now, err, 0, backOff, out)
}

// window is the upper bound of the delay after the failures so far: base, twice
// that, and so on up to the maximum. A flow's starts at twice, as RFC 5626, section
// 4.5, has it, and with a longer base while another flow works; without outbound, where no
// other way exists, we are as quick as its base.
func (m *Machine) window() time.Duration {
	w, doublings := m.cfg.RetryBase, m.failures-1
	if m.snap.Learned.Outbound || m.others {
		doublings++
	}
	if m.others {
		w = w * (WorkingRetryBase / DefaultRetryBase)
	}
	for ; doublings > 0 && w < m.cfg.RetryMax; doublings-- {
		w *= 2
	}
	return min(w, m.cfg.RetryMax)
}

// spread takes a random half to whole of a window (RFC 5626, section 4.5).
func (m *Machine) spread(w time.Duration) time.Duration {
	return w/2 + time.Duration(m.rand()*float64(w/2))
}
