package event

import "time"

// response takes the outcome of the request under way.
func (m *Subscriber) response(now time.Time, r Response, out []Effect) []Effect {
	f := m.flight
	if f == nothing || r.Code < 200 {
		return out
	}
	m.flight = nothing
	m.snap.Code, m.snap.Status = r.Code, r.Reason
	switch {
	case f == ending && r.Code >= 300:
		m.terminate(nil) // gone is gone
		return out
	case f == ending:
		m.patience = now.Add(timerN) // the last NOTIFY is still to come
		return out
	case r.Code < 300:
		return m.accepted(now, r, out)
	case !m.desired:
		m.terminate(nil)
		return out
	case r.Code == 423 && !m.raised && r.MinExpires > m.ask && !m.fetch:
		// RFC 6665, section 4.1.2.1. The longer time is kept for the refreshes.
		m.raised, m.ask = true, r.MinExpires
		return m.send(SendSubscribe{Fresh: f == first, Again: f == first, Expires: m.ask}, f, out)
	case f == refreshing && !destroys(r.Code):
		return m.survives(now, unwatched(r), out)
	case r.Code == 481 && f == refreshing:
		// RFC 6665, section 4.1.2.2: it is lost, and a new one may be had.
		return m.retry(now, unwatched(r), atOnce, 0, out)
	}
	return m.retry(now, unwatched(r), patience(r.Code), r.RetryAfter, out)
}

// await starts timer N when no NOTIFY came yet: it is for the 2xx, since until
// then the transaction's own timer watches.
func (m *Subscriber) await(now time.Time) {
	if !m.notified {
		m.patience = now.Add(timerN)
	}
}

func (m *Subscriber) accepted(now time.Time, r Response, out []Effect) []Effect {
	m.dialog = true
	if !m.told && !m.fetch {
		d := m.ask
		if r.HasExpires {
			d = min(r.Expires, m.ask)
		}
		m.granted(now, d)
	}
	m.raised = false
	m.snap.Err = nil
	switch {
	case !m.desired && !m.fetch:
		m.snap.Phase = Ending
		return m.send(SendSubscribe{}, ending, out)
	case r.Code == 204: // RFC 5839, section 4.2: no NOTIFY will come
		m.snap.Phase = Active
	default:
		m.await(now)
	}
	if m.again {
		return m.refresh(now, out)
	}
	return out
}

// destroys says that a refusal of a refresh ends the subscription, not only the
// refresh (RFC 5057, section 5.1; RFC 6665, section 4.1.2.2).
func destroys(code int) bool {
	switch code {
	case 404, 405, 408, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604:
		return true
	}
	return false
}

// survives keeps a subscription whose refresh failed until its time is over.
func (m *Subscriber) survives(now time.Time, err error, out []Effect) []Effect {
	m.snap.Err = err
	m.failures++
	next := now.Add(wait(backOff, m.failures, 0, m.random))
	if next.Before(m.snap.Until) {
		m.refreshAt = next
	} else {
		m.refreshAt = m.snap.Until
	}
	return out
}

func (m *Subscriber) lost(now time.Time, in Lost, out []Effect) []Effect {
	f := m.flight
	if f == nothing {
		return out
	}
	m.flight = nothing
	m.snap.Code, m.snap.Status = 0, ""
	switch {
	case f == ending || !m.desired:
		m.terminate(nil)
		return out
	case in.Cause == Credentials:
		return m.retry(now, loss(in), never, 0, out)
	case f == refreshing && in.Cause == Transport && now.Before(m.snap.Until):
		return m.survives(now, loss(in), out)
	}
	return m.retry(now, loss(in), backOff, 0, out)
}
