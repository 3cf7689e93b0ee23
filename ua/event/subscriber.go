package event

import (
	"fmt"
	"time"
)

// SubscriberConfig is what a Subscriber needs to know. The zero value asks for DefaultExpires.
type SubscriberConfig struct {
	// Expires to ask for.
	Expires time.Duration
	// Fetch asks for the state once, and for no subscription (RFC 6665, section 4.4.3).
	Fetch bool
	// Rand gives numbers from 0 to 1 to spread retries; nil is the middle.
	Rand func() float64
}

// DefaultExpires is asked for when nothing else is said.
const DefaultExpires = time.Hour

// Subscriber is our side of a subscription (RFC 6665, section 4.1).
//
//	Idle --Start--> Starting --NOTIFY--> Pending <-> Active --Stop--> Ending --> Terminated
//	                   |                    |          |                          ^
//	                   |     481, ended, failed, no NOTIFY (timer N)              |
//	                   v                    v          v     rejected, no package |
//	                Waiting <----------------------------------------------------/
//	                   \--RetryAt, Refresh--> Starting, with a new dialog
//
// One request is under way at a time; what is asked for meanwhile waits for its
// end. The dialog begins with the NOTIFY or the 2xx, whichever comes first.
type Subscriber struct {
	ask     time.Duration
	fetch   bool
	forked  bool // of another Subscriber's SUBSCRIBE: that one subscribes again, not this
	random  func() float64
	desired bool
	snap    Snapshot

	flight   flight
	again    bool // a refresh was asked for while a request was under way
	raised   bool // the interval was raised for a 423
	dialog   bool
	notified bool // a NOTIFY came since the newest request
	told     bool // and it said how long the subscription lasts
	failures int
	began    time.Time // of this dialog's SUBSCRIBE

	refreshAt time.Time
	patience  time.Time // timer N
	alarm     alarm
}

// flight is the request under way.
type flight uint8

const (
	nothing flight = iota
	first
	refreshing
	ending
)

// NewSubscriber makes a Subscriber that waits for Start.
func NewSubscriber(cfg SubscriberConfig) *Subscriber {
	if cfg.Expires <= 0 {
		cfg.Expires = DefaultExpires
	}
	return &Subscriber{ask: cfg.Expires, fetch: cfg.Fetch, random: chance(cfg.Rand)}
}

// Fork is the subscription of another notifier that m's SUBSCRIBE reached too. Its
// NOTIFY is its first Input (RFC 6665, section 4.1.4).
func (m *Subscriber) Fork() *Subscriber {
	return &Subscriber{ask: m.ask, fetch: m.fetch, forked: true, random: m.random, desired: m.desired,
		snap: Snapshot{Phase: Starting}, began: m.began}
}

// Snapshot is the state now.
func (m *Subscriber) Snapshot() Snapshot { return m.snap }

// Awaits says that a NOTIFY from a notifier that isn't known yet may be for m.
func (m *Subscriber) Awaits() bool {
	return m.flight == first || m.dialog && m.snap.Phase != Terminated
}

// Step takes one input. out is appended to and returned.
func (m *Subscriber) Step(now time.Time, in Input, out []Effect) []Effect {
	before := m.snap
	m.alarm.pass(now)
	switch in := in.(type) {
	case Start:
		m.desired = true
		if m.flight == nothing && (m.snap.Phase == Idle || m.snap.Phase == Terminated || m.snap.Phase == Waiting) {
			m.failures = 0
			out = m.subscribe(now, out)
		}
	case Stop:
		m.desired = false
		out = m.stop(out)
	case Refresh:
		out = m.refresh(now, out)
	case Response:
		out = m.response(now, in, out)
	case Lost:
		out = m.lost(now, in, out)
	case Notify:
		out = m.notify(now, in.State, out)
	case Tick:
		out = m.tick(now, out)
	case Publish, Subscribe, Approve, Update, Terminate: // not a subscriber's
	}
	out = m.alarm.set(out, m.refreshAt, m.patience, m.snap.RetryAt)
	if m.snap != before {
		out = append(out, Changed{m.snap})
	}
	return out
}

func (m *Subscriber) asked() time.Duration {
	if m.fetch {
		return 0
	}
	return m.ask
}

// subscribe begins a new dialog.
func (m *Subscriber) subscribe(now time.Time, out []Effect) []Effect {
	m.drop()
	m.snap.Phase, m.snap.Reason, m.snap.Err = Starting, "", nil
	m.began = now
	return m.send(SendSubscribe{Fresh: true, Expires: m.asked()}, first, out)
}

func (m *Subscriber) send(e SendSubscribe, f flight, out []Effect) []Effect {
	m.flight, m.again, m.notified, m.told = f, false, false, false
	m.refreshAt, m.patience, m.snap.RetryAt = time.Time{}, time.Time{}, time.Time{}
	return append(out, e)
}

// drop forgets the dialog.
func (m *Subscriber) drop() {
	m.dialog, m.again, m.raised = false, false, false
	m.refreshAt, m.patience, m.snap.RetryAt = time.Time{}, time.Time{}, time.Time{}
	m.snap.Expires, m.snap.Until = 0, time.Time{}
}

// stop unsubscribes (RFC 6665, section 4.1.2.3).
func (m *Subscriber) stop(out []Effect) []Effect {
	switch {
	case m.flight == ending:
	case m.flight != nothing:
		m.snap.Phase = Ending // its outcome decides
	case m.dialog && m.snap.Phase != Terminated && !m.fetch:
		m.snap.Phase = Ending
		out = m.send(SendSubscribe{}, ending, out)
	case m.snap.Phase != Idle && m.snap.Phase != Terminated:
		m.terminate(nil)
	}
	return out
}

func (m *Subscriber) terminate(err error) {
	m.drop()
	m.flight = nothing
	m.snap.Phase, m.snap.Err = Terminated, err
}

func (m *Subscriber) refresh(now time.Time, out []Effect) []Effect {
	switch {
	case !m.desired || m.fetch:
		return out
	case m.flight != nothing:
		m.again = m.flight == refreshing || m.flight == first
		return out
	case m.snap.Phase == Waiting:
		m.failures = 0
		return m.subscribe(now, out)
	case m.dialog:
		return m.send(SendSubscribe{Expires: m.ask}, refreshing, out)
	}
	return out
}

// notify takes a NOTIFY, which may come before the 2xx.
func (m *Subscriber) notify(now time.Time, s State, out []Effect) []Effect {
	if m.snap.Phase == Idle || m.snap.Phase == Terminated || m.snap.Phase == Waiting || m.flight == nothing && !m.dialog && !m.forked {
		return append(out, Answer{Code: 481})
	}
	out = append(out, Answer{Code: 200})
	m.dialog, m.notified, m.patience = true, true, time.Time{}
	switch {
	case s.Phase == Terminated, m.fetch:
		return m.ended(now, s, out)
	case m.snap.Phase == Ending:
		if !m.desired && m.flight == nothing {
			m.patience = now.Add(timerN) // the last one is still to come
		}
		return out
	}
	m.snap.Phase, m.snap.Err = s.Phase, nil
	switch {
	case s.HasExpires:
		m.told = true
		m.granted(now, s.Expires)
	case m.forked && m.refreshAt.IsZero():
		m.granted(now, m.ask)
	}
	if !m.began.IsZero() && now.Sub(m.began) >= hasty {
		m.failures = 0
	}
	return out
}

// granted takes how long the subscription lasts. What was granted is never what is
// asked for next time: lifetimes would only ever shrink.
func (m *Subscriber) granted(now time.Time, d time.Duration) {
	m.snap.Expires, m.snap.Until = d, now.Add(d)
	m.refreshAt = now.Add(max(refreshAfter(d, m.random), time.Second)) // whatever it is, no storm
}

// ended takes a NOTIFY that terminates.
func (m *Subscriber) ended(now time.Time, s State, out []Effect) []Effect {
	flying := m.flight == first || m.flight == refreshing || m.flight == ending
	m.drop()
	m.snap.Reason = s.Reason
	if !m.desired || m.fetch || m.forked || s.Reason.pace() == never {
		m.terminate(nil)
		if m.desired && !m.fetch && s.Reason != Invariant {
			m.snap.Err = fmt.Errorf("%w: %s", ErrEnded, s.Reason)
		}
		return out
	}
	if flying {
		m.flight = nothing // what comes of the request is about a dialog that is gone
	}
	err := fmt.Errorf("%w: %s", ErrEnded, orNone(s.Reason))
	return m.retry(now, err, s.Reason.pace(), s.RetryAfter, out)
}

func orNone(r Reason) string {
	if r == "" {
		return "no reason given"
	}
	return string(r)
}

// retry subscribes again: now, later or never.
func (m *Subscriber) retry(now time.Time, err error, p pace, after time.Duration, out []Effect) []Effect {
	m.drop()
	m.flight = nothing
	if !m.desired || m.fetch || m.forked || p == never {
		m.terminate(err)
		return out
	}
	if p == atOnce && after == 0 {
		if now.Sub(m.began) >= hasty {
			return m.subscribe(now, out)
		}
		p = backOff
	}
	m.failures++
	m.snap.Phase, m.snap.Err = Waiting, err
	m.snap.RetryAt = now.Add(wait(p, m.failures, after, m.random))
	return out
}

// tick acts on what has come due.
func (m *Subscriber) tick(now time.Time, out []Effect) []Effect {
	switch {
	case m.flight != nothing:
		if due(m.refreshAt, now) {
			m.refreshAt, m.again = time.Time{}, true
		}
		return out
	case due(m.snap.RetryAt, now):
		return m.subscribe(now, out)
	case due(m.patience, now):
		if m.snap.Phase == Ending || !m.desired {
			m.terminate(nil)
			return out
		}
		return m.retry(now, ErrNoNotify, backOff, 0, out)
	case !m.snap.Until.IsZero() && !now.Before(m.snap.Until):
		return m.retry(now, ErrTimeout, atOnce, 0, out)
	case due(m.refreshAt, now):
		return m.send(SendSubscribe{Expires: m.ask}, refreshing, out)
	}
	return out
}
