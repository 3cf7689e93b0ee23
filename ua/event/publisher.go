package event

import "time"

// Publisher keeps something published (RFC 3903).
//
//	Idle --Publish--> Starting --2xx, ETag--> Active --Stop--> Ending --> Idle
//	                    |   ^                  |  refresh, 412: from the start
//	                    v   |RetryAt, Refresh  v
//	                   Waiting <--------- failed;  Terminated: nothing more helps
//
// One request is under way at a time; what changes meanwhile is published after it.
type Publisher struct {
	ask       time.Duration
	random    func() float64
	snap      Snapshot
	desired   bool
	etag      string
	flight    flight
	sentBody  bool
	dirty     bool // the body has changed since it was last sent
	raised    bool
	failures  int
	refreshAt time.Time
	alarm     alarm
}

// NewPublisher makes a Publisher that waits for Publish. Zero asks for DefaultExpires.
func NewPublisher(expires time.Duration, random func() float64) *Publisher {
	if expires <= 0 {
		expires = DefaultExpires
	}
	return &Publisher{ask: expires, random: chance(random)}
}

// Snapshot is the state now.
func (m *Publisher) Snapshot() Snapshot { return m.snap }

// Step takes one input. out is appended to and returned.
func (m *Publisher) Step(now time.Time, in Input, out []Effect) []Effect {
	before := m.snap
	m.alarm.pass(now)
	switch in := in.(type) {
	case Publish:
		m.desired, m.dirty = true, true
		if m.flight == nothing {
			m.failures = 0
			out = m.send(out)
		}
	case Stop:
		m.desired = false
		if m.flight == nothing {
			out = m.remove(out)
		}
	case Refresh:
		if m.desired && m.flight == nothing {
			m.failures = 0
			out = m.send(out)
		}
	case Response:
		out = m.response(now, in, out)
	case Lost:
		if m.flight != nothing {
			m.snap.Code, m.snap.Status = 0, ""
			p := backOff
			if in.Cause == Credentials {
				p = never
			}
			out = m.failed(now, loss(in), p, 0, out)
		}
	case Tick:
		if m.desired && m.flight == nothing && (due(m.refreshAt, now) || due(m.snap.RetryAt, now)) {
			out = m.send(out)
		}
	case Start, Notify, Subscribe, Approve, Update, Terminate: // not a publisher's
	}
	out = m.alarm.set(out, m.refreshAt, m.snap.RetryAt)
	if m.snap != before {
		out = append(out, Changed{m.snap})
	}
	return out
}

// send publishes (RFC 3903, section 4.1):
//
//	              no ETag          ETag
//	body changed  initial          modify
//	otherwise     initial          refresh, without a body
func (m *Publisher) send(out []Effect) []Effect {
	m.flight = refreshing
	if m.etag == "" {
		m.flight = first
		m.snap.Phase = Starting
	}
	m.sentBody = m.dirty || m.etag == ""
	m.dirty = false
	m.refreshAt, m.snap.RetryAt = time.Time{}, time.Time{}
	return append(out, SendPublish{Match: m.etag, Body: m.sentBody, Expires: m.ask})
}

func (m *Publisher) remove(out []Effect) []Effect {
	if m.etag == "" {
		m.idle(nil)
		return out
	}
	m.flight = ending
	m.snap.Phase = Ending
	m.refreshAt, m.snap.RetryAt = time.Time{}, time.Time{}
	return append(out, SendPublish{Match: m.etag})
}

func (m *Publisher) idle(err error) {
	m.etag, m.flight = "", nothing
	m.refreshAt = time.Time{}
	m.snap = Snapshot{Phase: Idle, Code: m.snap.Code, Status: m.snap.Status, Err: err}
}

func (m *Publisher) response(now time.Time, r Response, out []Effect) []Effect {
	f := m.flight
	if f == nothing || r.Code < 200 {
		return out
	}
	m.flight = nothing
	m.snap.Code, m.snap.Status = r.Code, r.Reason
	switch {
	case f == ending:
		m.idle(nil)
		if m.desired {
			return m.send(out)
		}
		return out
	case r.Code < 300:
		return m.accepted(now, r, out)
	case r.Code == 412 && f == refreshing:
		// RFC 3903, section 4.1: forgotten there, so all of it is sent again.
		m.etag, m.dirty = "", true
		if !m.desired {
			m.idle(nil)
			return out
		}
		return m.send(out)
	case r.Code == 423 && !m.raised && r.MinExpires > m.ask && m.desired:
		m.raised, m.ask = true, r.MinExpires
		m.dirty = m.dirty || m.sentBody
		return m.send(out)
	}
	return m.failed(now, refusal(r), patience(r.Code), r.RetryAfter, out)
}

func (m *Publisher) accepted(now time.Time, r Response, out []Effect) []Effect {
	granted := m.ask
	if r.HasExpires {
		granted = min(r.Expires, m.ask) // the server may only shorten it (RFC 3903, section 6)
	}
	if r.ETag != "" {
		m.etag = r.ETag
	}
	m.failures, m.raised = 0, false
	m.snap.Phase, m.snap.Err = Active, nil
	m.snap.Expires, m.snap.Until = granted, now.Add(granted)
	switch {
	case !m.desired:
		return m.remove(out)
	case m.dirty:
		return m.send(out)
	}
	m.refreshAt = now.Add(max(refreshAfter(granted, m.random), time.Second))
	return out
}

func (m *Publisher) failed(now time.Time, err error, p pace, after time.Duration, out []Effect) []Effect {
	m.flight = nothing
	if !m.desired {
		m.idle(err)
		return out
	}
	m.dirty = m.dirty || m.sentBody
	m.failures++
	m.snap.Err = err
	if !now.Before(m.snap.Until) {
		m.snap.Expires, m.snap.Until, m.etag = 0, time.Time{}, ""
	}
	if p == never {
		m.snap.Phase, m.refreshAt = Terminated, time.Time{}
		return out
	}
	m.snap.Phase = Waiting
	m.snap.RetryAt = now.Add(wait(p, m.failures, after, m.random))
	return out
}
