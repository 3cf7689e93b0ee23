package registration

import (
	"errors"
	"reflect"
	"slices"
	"time"
)

// State is where a registration stands.
//
//	              Start                2xx
//	Unregistered -------> Registering -----> Registered --refresh--\
//	     ^                  |    ^               |    ^____________/
//	     |            error |    | timer         | error
//	     |                  v    |               v
//	     |                  Failed <-------------/
//	     |  2xx, error                  Stop
//	     \------------------ Unregistering <---- from any with a binding
type State uint8

const (
	Unregistered State = iota
	Registering
	Registered // a refresh under way doesn't change that
	Unregistering
	Failed
)

// Defaults of Config.
const (
	DefaultExpires   = 300 * time.Second
	DefaultRetryBase = 30 * time.Second
	DefaultRetryMax  = 1800 * time.Second
	// WorkingRetryBase stands for DefaultRetryBase while another flow works.
	WorkingRetryBase = 90 * time.Second
	// MinFlowTime is how long a flow lives that counts as one (RFC 5626, section 4.5,
	// min-regtime): the loss of a shorter one is a failure.
	MinFlowTime = 120 * time.Second
)

// Conditions behind a Snapshot's Err.
var (
	ErrTimeout     = errors.New("the registrar doesn't answer")
	ErrTransport   = errors.New("the registrar can't be reached")
	ErrCredentials = errors.New("the registrar refuses the user name or password")
	ErrRefused     = errors.New("the registrar refuses the registration")
	ErrTooBrief    = errors.New("the registrar wants a longer lifetime than it names")
	ErrNotBound    = errors.New("the registrar accepted the request but granted no time")
	ErrFlowLost    = errors.New("the connection to the registrar breaks again and again")
	ErrNoOutbound  = errors.New("the first proxy doesn't know outbound (RFC 5626), which the account insists on")
)

// Config is what a registration needs to know from the start.
type Config struct {
	// Contact is our URI, in brackets or without. It may come later, by Rebind.
	Contact string
	// Expires is the lifetime to ask for. Zero means DefaultExpires.
	Expires time.Duration
	// RetryBase and RetryMax bound the delay after failures (RFC 5626, section
	// 4.5). Zero means the defaults.
	RetryBase, RetryMax time.Duration
	// FirstCSeq is the number before the first request's. Zero is fine.
	FirstCSeq uint32
	// Instance is our URN; own bindings are known by it. Empty for none.
	Instance string
	// RegID numbers the flow, from 1 (RFC 5626). 0, or no Instance, asks for no outbound.
	RegID int
	// Insist fails the registration where the first hop lacks outbound (439), instead
	// of registering without.
	Insist bool
	// Rand gives a number in [0, 1) that spreads clients out. nil takes the middle.
	Rand func() float64
}

// Snapshot is the whole visible state.
type Snapshot struct {
	State State
	// Code and Reason are of the last final response; 0 for none.
	Code   int
	Reason string
	// Expires is the granted lifetime, 0 without a binding; Until is its end.
	Expires time.Duration
	Until   time.Time
	// RetryAt is when a Failed registration tries again; zero for never.
	RetryAt time.Time
	// Contact is our URI at the registrar.
	Contact string
	// Learned is what the registrar told with the binding.
	Learned Learned
	// Err reads as a sentence; nil when all is well.
	Err error
}

// Learned is what a registrar's 2xx tells besides the time.
type Learned struct {
	// Outbound says that the binding is one of a flow (RFC 5626), FlowTimer how long
	// the flow may be silent; 0 when the registrar doesn't care.
	Outbound  bool
	FlowTimer time.Duration
	// PubGRUU and TempGRUU are our globally routable URIs (RFC 5627), without brackets.
	PubGRUU, TempGRUU string
	// ServiceRoute is the way of our requests that start a dialog (RFC 3608), Path the
	// way of requests to us (RFC 3327): header values.
	ServiceRoute, Path []string
}

// flight is what kind of request is under way: one at a time (RFC 3261, section 10.2).
type flight uint8

const (
	nothing flight = iota
	binding
	unbinding
)

// Machine is one registration. The Agent's loop owns it.
type Machine struct {
	cfg     Config
	desired bool // Start was asked last, not Stop
	flight  flight
	sent    uint32        // CSeq of the newest Send
	cseq    uint32        // the highest that is known to be used
	ask     time.Duration // what to ask for: Config's, or more after a 423
	raised  bool          // this attempt was raised by a 423 already
	again   bool          // register anew as soon as the flight has landed

	contact  string
	drops    []string // former contacts, for the next request to remove
	dropping int      // how many of them the newest request removes
	contacts []string // every contact since Start: none is taken twice

	plain    bool      // the first hop lacks outbound: go on without
	others   bool      // another flow works
	since    time.Time // the flow has carried the binding since then
	losses   int       // of flows that didn't live long, in a row
	failures int       // in a row
	due      time.Time
	snap     Snapshot
	told     Snapshot
}

// New makes a registration in state Unregistered.
func New(cfg Config) *Machine {
	if cfg.Expires <= 0 {
		cfg.Expires = DefaultExpires
	}
	if cfg.RetryBase <= 0 {
		cfg.RetryBase = DefaultRetryBase
	}
	if cfg.RetryMax <= 0 {
		cfg.RetryMax = DefaultRetryMax
	}
	m := &Machine{cfg: cfg, ask: cfg.Expires, cseq: cfg.FirstCSeq, contact: bare(cfg.Contact)}
	m.snap.Contact = m.contact
	m.told = m.snap
	return m
}

// Snapshot is the state now.
func (m *Machine) Snapshot() Snapshot { return m.snap }

// Step tells the machine what happened and appends what is to be done to out.
func (m *Machine) Step(now time.Time, in Input, out []Effect) []Effect {
	switch in := in.(type) {
	case Start:
		out = m.start(now, out)
	case Stop:
		out = m.stop(now, out)
	case Rebind:
		out = m.rebind(in, out)
	case FlowLost:
		out = m.flowLost(now, in, out)
	case Company:
		m.others = in.Others
	case Response:
		if m.landed(in.CSeq) {
			out = m.response(now, in, out)
		}
	case Lost:
		if m.landed(in.CSeq) {
			out = m.lost(now, in, out)
		}
	case Tick:
		if !m.due.IsZero() && !now.Before(m.due) {
			m.due = time.Time{}
			if m.desired && m.flight == nothing {
				out = m.register(out)
			}
		}
	}
	return m.tell(out)
}

// landed takes the outcome of the flight; false when it is of an older request.
func (m *Machine) landed(cseq uint32) bool {
	if m.flight == nothing || cseq != 0 && cseq < m.sent {
		return false
	}
	m.cseq = max(m.cseq, cseq)
	return true
}

// tell reports a change that somebody would want to see: not each refresh.
func (m *Machine) tell(out []Effect) []Effect {
	now, before := m.snap, m.told
	now.Until, before.Until = time.Time{}, time.Time{}
	// Each refresh brings another one (RFC 5627, section 3.1.2), and all stay good.
	now.Learned.TempGRUU, before.Learned.TempGRUU = "", ""
	if sameButErr(now, before) && errText(now.Err) == errText(before.Err) {
		return out
	}
	m.told = m.snap
	return append(out, Changed{m.snap})
}

func sameButErr(a, b Snapshot) bool {
	a.Err, b.Err = nil, nil
	return reflect.DeepEqual(a, b)
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func (m *Machine) start(now time.Time, out []Effect) []Effect {
	m.desired = true
	m.failures, m.losses = 0, 0
	m.contacts = append(m.contacts[:0], m.contact)
	switch m.flight {
	case unbinding: // unbound begins anew
		return out
	case binding:
		if m.snap.State == Unregistering {
			m.snap.State = Registering
			if m.bound(now) {
				m.snap.State = Registered
			}
		}
		return out
	case nothing:
	}
	return m.register(out)
}

func (m *Machine) stop(now time.Time, out []Effect) []Effect {
	m.desired, m.again = false, false
	out = m.stopTimer(out)
	switch m.flight {
	case binding:
		m.snap.State = Unregistering // what comes of the flight decides how
		m.snap.RetryAt = time.Time{}
		return out
	case unbinding:
		return out
	case nothing:
	}
	if m.bound(now) {
		return m.unregister(out)
	}
	return m.idle(nil, out)
}

// bound says that the registrar may still have a binding of ours.
func (m *Machine) bound(now time.Time) bool { return now.Before(m.snap.Until) }

func (m *Machine) register(out []Effect) []Effect {
	if m.snap.State != Registered {
		m.snap.State = Registering
	}
	m.snap.RetryAt = time.Time{}
	m.raised = false
	m.again = false
	out = m.stopTimer(out)
	return m.send(binding, m.ask, out)
}

func (m *Machine) unregister(out []Effect) []Effect {
	m.snap.State = Unregistering
	m.snap.RetryAt = time.Time{}
	return m.send(unbinding, 0, out)
}

func (m *Machine) send(f flight, expires time.Duration, out []Effect) []Effect {
	m.flight = f
	m.cseq++
	m.sent = m.cseq
	m.dropping = len(m.drops)
	return append(out, Send{CSeq: m.cseq, Expires: expires, Contact: m.contact, Drop: slices.Clone(m.drops), RegID: m.regID()})
}

// regID is the flow's number while outbound is asked for.
func (m *Machine) regID() int {
	if m.plain || m.cfg.Instance == "" {
		return 0
	}
	return m.cfg.RegID
}

// idle is the end of it all; err is what went wrong on the way, if anything.
func (m *Machine) idle(err error, out []Effect) []Effect {
	m.flight = nothing
	m.snap.State, m.snap.Err = Unregistered, err
	m.snap.Expires, m.snap.Until, m.snap.RetryAt = 0, time.Time{}, time.Time{}
	m.snap.Learned = Learned{}
	m.since = time.Time{}
	m.drops = nil
	return out
}

func (m *Machine) setTimer(at time.Time, out []Effect) []Effect {
	m.due = at
	return append(out, SetTimer{at})
}

func (m *Machine) stopTimer(out []Effect) []Effect {
	if m.due.IsZero() {
		return out
	}
	m.due = time.Time{}
	return append(out, StopTimer{})
}
