package ua

import (
	"reflect"
	"slices"

	"offhook/ua/registration"
)

// registrar keeps an account registered: by one flow, or side by side by one for each
// outbound proxy (RFC 5626). The loop owns it.
//
//	flow 1 ---- registered, Outbound ----> the others too
//	       \--- registered without ------> stays alone: another binding would only fork calls
//	       \--- failed -----------------> the others stand in
type registrar struct {
	line   *line
	flows  []*flow
	wanted bool
	shown  Registration
}

func newRegistrar(l *line) *registrar {
	r := &registrar{line: l, shown: Registration{Account: l.acc.Name, AOR: l.acc.AOR}}
	for i := range max(len(l.proxies), 1) {
		f := newFlow(r, i+1)
		if len(l.proxies) > 0 {
			f.proxy = &l.proxies[i]
		}
		r.flows = append(r.flows, f)
	}
	return r
}

func (r *registrar) register() {
	r.wanted = true
	for i, f := range r.flows {
		if i == 0 || f.wanted {
			f.register()
		}
	}
	r.balance()
}

func (r *registrar) unregister() {
	r.wanted = false
	for _, f := range r.flows {
		f.unregister()
	}
	r.tell()
}

// idle says that nothing is registered and nothing under way.
func (r *registrar) idle() bool {
	return !slices.ContainsFunc(r.flows, func(f *flow) bool { return !f.idle() })
}

func (r *registrar) stopTimer() {
	for _, f := range r.flows {
		f.stopTimer()
	}
}

// bound tells where an account without registration can be reached.
func (r *registrar) bound() {
	r.flows[0].begin(r.line.acc.Transport)
	r.tell()
}

// changed follows a change of any flow.
func (r *registrar) changed() {
	r.balance()
	r.line.setWays()
	r.tell()
}

// balance starts the further flows when the first one's fate says so, and tells each how
// the others fare.
func (r *registrar) balance() {
	first := r.flows[0]
	for i, f := range r.flows {
		if i > 0 && r.wanted && !f.wanted && (first.down() || first.up() && first.learned().Outbound) {
			f.register()
		}
		others := slices.ContainsFunc(r.flows, func(o *flow) bool { return o != f && o.up() })
		if f.m != nil {
			f.step(registration.Company{Others: others})
		}
	}
}

// tell shows the registration if it changed: the state of the flow that fares best.
func (r *registrar) tell() {
	l := r.line
	now := Registration{Account: l.acc.Name, AOR: l.acc.AOR, Instance: l.instance}
	best := r.flows[0]
	for _, f := range r.flows {
		if rank(f.state()) > rank(best.state()) {
			best = f
		}
	}
	now.State = best.state()
	now.Code, now.Reason = best.code, best.reason
	now.RetryAt, now.Err = best.trouble()
	if best.m != nil {
		s := best.m.Snapshot()
		now.Expires, now.Contact = s.Expires, unmarked(s.Contact)
		now.PubGRUU, now.TempGRUU = s.Learned.PubGRUU, s.Learned.TempGRUU
		now.ServiceRoute, now.Path = s.Learned.ServiceRoute, s.Learned.Path
	}
	now.Warnings = best.warnings
	for _, f := range r.flows {
		if f.wanted {
			now.Flows = append(now.Flows, f.show())
		}
	}
	if sameRegistration(now, r.shown) {
		r.shown = now
		return
	}
	was := r.shown
	r.shown = now
	l.agent.emit(func(m Meta) Event { return RegistrationChanged{Meta: m, Registration: now} })
	if now.State == Registered && (was.State != Registered || was.Contact != now.Contact) || !l.acc.Register && now.Contact != "" && was.Contact == "" {
		l.attend()
	}
}

// rank orders the states of flows by what the account is worth with them.
func rank(s RegState) int {
	return slices.Index([]RegState{Unregistered, RegFailed, Unregistering, Registering, Registered}, s)
}

// sameRegistration leaves out what changes with each refresh.
func sameRegistration(a, b Registration) bool {
	a.TempGRUU, b.TempGRUU = "", ""
	return reflect.DeepEqual(a, b)
}
