package ua

import (
	"net/netip"
	"strings"
	"time"

	"offhook/ua/dialog"
	"offhook/ua/sip"
)

// Who may disturb. An account that registers is called by its registrar or its proxy,
// and by nobody else: a request from anywhere else with a user part that happens to
// fit is a scanner's guess. Known is
//
//	a source address that the registrar, an outbound proxy or its Service-Route was located at (all of
//	an SRV set, and over connections too), or
//	a Request-URI with the line parameter of our registered Contact: a random token
//	that only who read the registration can know (a proxy that sends from another
//	address than it listens on), or
//	an INVITE that replaces one of our calls (RFC 3891): it names its Call-ID and tags.
//
// What doesn't disturb (OPTIONS) is answered for everybody.

// lineParam is the URI parameter of the token, the one that snom's phones have had for it.
const lineParam = "line"

// marked puts the token on the Contact that we register.
func (f *flow) marked(uri string) string {
	if !f.reg.wanted {
		return uri // nobody is told
	}
	return uri + ";" + lineParam + "=" + f.line.token
}

// unmarked is a Contact for people's eyes.
func unmarked(uri string) string {
	uri, _, _ = strings.Cut(uri, ";"+lineParam+"=")
	return uri
}

func sameServer(u, v sip.URI) bool { return strings.EqualFold(u.Host, v.Host) && u.Port == v.Port }

// knows says whether a request comes from whom the account has to do with.
func (l *line) knows(st sip.ServerTransaction) bool {
	if l.ownServer(st.Source().Addr()) {
		return true
	}
	token, _ := sip.ParamValue(st.Request().Recipient.UriParams, lineParam)
	return token != "" && token == l.token
}

// onlyKnown says whether the account takes calls from known sources only.
func (l *line) onlyKnown() bool {
	switch l.acc.Accept {
	case AcceptKnown:
		return true
	case AcceptAny:
		return false
	case AcceptAuto:
	}
	return l.acc.Register || l.reg.shown.State == Registered
}

// known says whether any account that a request may be for knows its source, or it is
// about a call of ours.
func (a *Agent) known(l *line, st sip.ServerTransaction) bool {
	for _, other := range a.lines {
		if (other == l || other.shares(l)) && other.knows(st) {
			return true
		}
	}
	return a.replacesOurs(st.Request())
}

// replacesOurs says whether an INVITE names one of our dialogs (RFC 3891, section 3).
func (a *Agent) replacesOurs(req *sip.Request) bool {
	if req.Method != sip.INVITE {
		return false
	}
	r, found, err := dialog.ReplacesOf(req, "Replaces")
	if !found || err != nil {
		return false
	}
	c, _ := a.dialogNamed(r)
	return c != nil
}

// refuseUnknown answers a request that would disturb and comes from an unknown source,
// and counts it.
func (a *Agent) refuseUnknown(l *line, st sip.ServerTransaction) bool {
	switch st.Request().Method {
	case sip.INVITE, sip.MESSAGE, sip.REFER, sip.SUBSCRIBE, sip.NOTIFY, sip.PUBLISH:
	default:
		return false
	}
	l = a.lineFor(l, st.Request())
	if !l.onlyKnown() || a.known(l, st) {
		return false
	}
	a.refused.count(a, l, st)
	return true
}

// Scanners try thousands of numbers. Each source is answered a few times, so that a
// person who tests the way here learns why, and then not at all; its refusals are
// told together.
const (
	refusalInterval  = 10 * time.Second
	answeredRefusals = 5
	maxSources       = 256
)

// refusals counts what was refused to unknown sources. The loop owns it.
type refusals struct {
	sources map[netip.Addr]*refusedSource
	total   uint64
}

// refusedSource lives from its first refusal until an interval without any.
type refusedSource struct {
	last    CallRefused
	untold  uint64
	answers int
}

// count answers one request and tells, or keeps for later.
func (r *refusals) count(a *Agent, l *line, st sip.ServerTransaction) {
	r.total++
	source := st.Source().Addr().Unmap()
	s := r.sources[source]
	first := s == nil
	if first {
		if r.sources == nil {
			r.sources = make(map[netip.Addr]*refusedSource)
		}
		if len(r.sources) >= maxSources {
			source = netip.Addr{} // all the others are told together
			s = r.sources[source]
			first = s == nil
		}
		if first {
			s = &refusedSource{}
			r.sources[source] = s
			a.after(refusalInterval, func() { r.told(a, source) })
		}
	}
	e := refusedOf(l, st, RefusedUnknown, 403)
	s.answers++
	ignorer, ok := st.(sip.Ignorer)
	if s.answers > answeredRefusals && ok {
		e.Code = 0
		ignorer.Ignore()
	} else {
		a.reply(st, e.Code, "", nil)
	}
	s.last = e
	s.untold++
	if first {
		r.tell(a, s)
	}
}

// told ends an interval of a source.
func (r *refusals) told(a *Agent, source netip.Addr) {
	s := r.sources[source]
	if s.untold == 0 {
		delete(r.sources, source)
		return
	}
	r.tell(a, s)
	a.after(refusalInterval, func() { r.told(a, source) })
}

func (r *refusals) tell(a *Agent, s *refusedSource) {
	e := s.last
	e.Count, e.Total = s.untold, r.total
	s.untold = 0
	a.emit(func(m Meta) Event { e.Meta = m; return e })
}

// refusedOf is a refusal of st.
func refusedOf(l *line, st sip.ServerTransaction, why Refusal, code int) CallRefused {
	req := st.Request()
	f := factsOf(req, l.acc.Name, time.Time{})
	return CallRefused{
		Account: l.acc.Name, Method: string(req.Method), From: f.Caller.URI, Name: f.Caller.Name, Dialed: f.Callee.URI,
		SIPCallID: sip.HeaderValue(req, "Call-ID"), Source: st.Source(), Why: why, Code: code, Count: 1,
	}
}

// carryOut does what a plan says with an INVITE that doesn't become a call.
func (a *Agent) carryOut(l *line, st sip.ServerTransaction, plan Plan) {
	e := refusedOf(l, st, plan.Refusal, plan.Code)
	e.Rule, e.Target, e.Total = plan.Decision.Rule, plan.Target, a.refused.total
	if plan.Outcome == PlanForward {
		if to, err := l.forwardURI(plan.Target); err == nil {
			e.Target = display(to)
			a.reply(st, 302, "", func(res *sip.Response) {
				addRedirection(res, st.Request(), l.aorURI(), divert{to: to, why: plan.why})
			})
		} else {
			e.Code, e.Target, e.Why = 480, "", RefusedRule
			a.log.Warn("a call can't be forwarded", "target", plan.Target, "err", err)
			a.reply(st, 480, "", nil)
		}
	} else {
		a.reply(st, plan.Code, plan.Reason, nil)
	}
	a.emit(func(m Meta) Event { e.Meta = m; return e })
}

// planFor asks policy about an INVITE.
func (a *Agent) planFor(l *line, st sip.ServerTransaction) Plan {
	req := st.Request()
	f := CallFacts{Facts: factsOf(req, l.acc.Name, time.Now()), OnlyKnown: l.onlyKnown()}
	f.Known = a.known(l, st)
	f.Calls = a.open()
	f.Full = f.Calls >= a.cfg.MaxCalls
	f.Alone = f.Calls == 0 || a.cfg.Parallel
	f.Diverted = diversions(req)
	return a.policy.Load().incoming(f)
}
