package event

import "time"

// NotifierConfig is what a Notifier needs to know. The zero value works.
type NotifierConfig struct {
	// Pending keeps the state back until Approve.
	Pending bool
	// Default is granted to a SUBSCRIBE that asks for nothing; zero means DefaultExpires.
	Default time.Duration
	// Min refuses shorter ones with 423; zero means 10 s. Max is the most that is granted;
	// zero means DefaultExpires.
	Min, Max time.Duration
	// Interval is the least time between two NOTIFYs that no SUBSCRIBE asked for.
	Interval time.Duration
}

// Notifier is our side of a watcher's subscription (RFC 6665, section 4.2).
//
//	Idle --Subscribe--> (Pending --Approve-->) Active --its time is over,-----> Terminated
//	                                            |  ^    Terminate, Expires 0
//	                                      Update|  |2xx      or a refused NOTIFY
//	                                            v  |
//	                                         NOTIFY under way
//
// One NOTIFY is under way at a time; changes meanwhile make one more together.
type Notifier struct {
	cfg    NotifierConfig
	snap   Snapshot
	flying bool
	owed   bool // a NOTIFY is due once the one under way has its answer
	full   bool // and it shows all
	final  bool // the NOTIFY under way, or owed, is the last
	last   State
	next   time.Time // before that no NOTIFY goes unasked
	alarm  alarm
}

// NewNotifier makes a Notifier that waits for its first Subscribe.
func NewNotifier(cfg NotifierConfig) *Notifier {
	if cfg.Max <= 0 {
		cfg.Max = DefaultExpires
	}
	if cfg.Default <= 0 {
		cfg.Default = DefaultExpires
	}
	if cfg.Min <= 0 {
		cfg.Min = 10 * time.Second
	}
	return &Notifier{cfg: cfg}
}

// Snapshot is the state now.
func (m *Notifier) Snapshot() Snapshot { return m.snap }

// Step takes one input. out is appended to and returned.
func (m *Notifier) Step(now time.Time, in Input, out []Effect) []Effect {
	before := m.snap
	m.alarm.pass(now)
	switch in := in.(type) {
	case Subscribe:
		out = m.subscribe(now, in, out)
	case Approve:
		if m.snap.Phase == Pending {
			m.snap.Phase = Active
			out = m.tell(now, true, out)
		}
	case Update:
		if m.snap.Phase == Active && !m.final {
			out = m.update(now, out)
		}
	case Terminate:
		if m.live() && !m.final {
			out = m.terminate(now, State{Phase: Terminated, Reason: in.Reason, RetryAfter: in.RetryAfter}, out)
		}
	case Response:
		out = m.answered(now, in, out)
	case Lost:
		// RFC 6665, section 4.2.2: nobody is there any more.
		if m.flying {
			m.end(loss(in))
		}
	case Tick:
		out = m.tick(now, out)
	case Start, Stop, Refresh, Notify, Publish: // not a notifier's
	}
	var owed time.Time
	if m.owed && !m.flying {
		owed = m.next
	}
	var until time.Time
	if !m.final {
		until = m.snap.Until
	}
	out = m.alarm.set(out, until, owed)
	if m.snap != before {
		out = append(out, Changed{m.snap})
	}
	return out
}

func (m *Notifier) live() bool {
	return m.snap.Phase == Pending || m.snap.Phase == Active
}

// subscribe takes the first SUBSCRIBE and its refreshes. Each is followed by a
// NOTIFY of everything (RFC 6665, section 4.2.1.2).
func (m *Notifier) subscribe(now time.Time, in Subscribe, out []Effect) []Effect {
	asked := m.cfg.Default
	if in.HasExpires {
		asked = in.Expires
	}
	switch {
	case m.snap.Phase == Terminated || m.final:
		return append(out, Answer{Code: 481})
	case asked > 0 && asked < m.cfg.Min:
		return append(out, Answer{Code: 423, MinExpires: m.cfg.Min})
	}
	granted := min(asked, m.cfg.Max)
	if m.snap.Phase == Idle {
		m.snap.Phase = Active
		if m.cfg.Pending {
			m.snap.Phase = Pending
		}
	}
	m.snap.Expires, m.snap.Until = granted, now.Add(granted)
	out = append(out, Answer{Code: 200, Expires: granted})
	if asked == 0 {
		return m.terminate(now, State{Phase: Terminated, Reason: TimedOut}, out)
	}
	return m.tell(now, true, out)
}

func (m *Notifier) update(now time.Time, out []Effect) []Effect {
	if now.Before(m.next) {
		m.owed = true
		return out
	}
	return m.tell(now, false, out)
}

// tell sends a NOTIFY, or owes one while another is under way.
func (m *Notifier) tell(now time.Time, full bool, out []Effect) []Effect {
	m.full = m.full || full
	if m.flying {
		m.owed = true
		return out
	}
	full = m.full
	m.flying, m.owed, m.full = true, false, false
	if !full {
		m.next = now.Add(m.cfg.Interval)
	}
	state := m.last
	if !m.final {
		state = State{Phase: m.snap.Phase, Expires: max(m.snap.Until.Sub(now), 0), HasExpires: true}
	}
	return append(out, SendNotify{State: state, Full: full})
}

// terminate sends the last NOTIFY, with everything once more.
func (m *Notifier) terminate(now time.Time, s State, out []Effect) []Effect {
	m.final, m.last = true, s
	m.snap.Reason = s.Reason
	return m.tell(now, true, out)
}

func (m *Notifier) answered(now time.Time, r Response, out []Effect) []Effect {
	if !m.flying || r.Code < 200 {
		return out
	}
	m.flying = false
	m.snap.Code, m.snap.Status = r.Code, r.Reason
	switch {
	case r.Code >= 300 && r.RetryAfter > 0 && !m.final:
		// RFC 6665, section 4.2.2: it may come again then.
		m.owed, m.full = true, true
		m.next = now.Add(min(r.RetryAfter, longest))
	case r.Code >= 300:
		m.end(refusal(r))
	case m.final && m.owed:
		return m.tell(now, true, out)
	case m.final:
		m.end(nil)
	case m.owed && (m.full || !now.Before(m.next)):
		return m.tell(now, false, out)
	}
	return out
}

func (m *Notifier) end(err error) {
	m.flying, m.owed, m.final = false, false, true
	m.snap.Phase, m.snap.Err = Terminated, err
	m.snap.Expires, m.snap.Until = 0, time.Time{}
}

func (m *Notifier) tick(now time.Time, out []Effect) []Effect {
	switch {
	case !m.live() || m.final:
	case due(m.snap.Until, now):
		return m.terminate(now, State{Phase: Terminated, Reason: TimedOut}, out)
	case m.owed && !m.flying && !now.Before(m.next):
		return m.tell(now, false, out)
	}
	return out
}
