package ua

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"offhook/ua/registration"
	"offhook/ua/sip"
)

// How a request that starts a dialog leaves an account:
//
//	outbound proxies                 Route                            sent to
//	one or more, a flow lives        that proxy, Service-Route        the flow's own address
//	one or more                      the first proxy, Service-Route   the first proxy
//	none, the registrar took a flow  Service-Route                    the flow's own address, within its domain
//	none                             Service-Route                    its first hop, else the Request-URI

// way is a live flow as workers see it.
type way struct {
	hop    string // the proxy's or registrar's URI
	target sip.Target
}

// firstHop is the URI to locate for a request to u that starts a dialog (RFC 3261,
// section 8.1.2; RFC 5626, section 4.3). In the loop.
func (l *line) firstHop(u sip.URI) sip.URI {
	f := l.reg.live()
	hop := l.firstHopBy(f, u)
	if u.IsEncrypted() && (f == nil || !encryptedBy(f.target.Transport)) {
		return securedHop(hop)
	}
	return hop
}

func (l *line) firstHopBy(f *flow, u sip.URI) sip.URI {
	switch {
	case f != nil && f.proxy != nil:
		return *f.proxy
	case len(l.proxies) > 0:
		return l.proxies[0]
	case f != nil && f.learned().Outbound && strings.EqualFold(u.Host, l.registrar.Host) && u.Port == l.registrar.Port:
		return l.registrar
	}
	if f != nil && len(f.learned().ServiceRoute) > 0 {
		if hop, _, err := sip.ParseAddress(f.learned().ServiceRoute[0]); err == nil {
			return hop
		}
	}
	return u
}

// addRoute puts the way on a request that starts a dialog: the outbound proxy, and
// what the registrar said of the way from there (RFC 3608, section 6.1). In the loop.
func (l *line) addRoute(req *sip.Request) {
	f := l.reg.live()
	first := ""
	switch {
	case f != nil && f.proxy != nil:
		first = looseRoute(*f.proxy)
	case len(l.proxies) > 0:
		first = looseRoute(l.proxies[0])
	}
	if first != "" {
		req.AppendHeader(sip.NewHeader("Route", first))
	}
	if f == nil {
		return
	}
	for i, route := range f.learned().ServiceRoute {
		if i == 0 && first != "" && sameHop(route, first) {
			continue // the registrar counts the proxy in
		}
		req.AppendHeader(sip.NewHeader("Route", route))
	}
}

// reroute aims the first Route at the proxy whose flow leads to t, when a request goes on to
// another flow than the one that it was made for.
func (l *line) reroute(req *sip.Request, t sip.Target) {
	if len(l.proxies) < 2 {
		return
	}
	first := sip.HeaderValue(req, "Route")
	ours := func(p sip.URI) bool { return first != "" && sameHop(first, looseRoute(p)) }
	if !slices.ContainsFunc(l.proxies, ours) {
		return
	}
	for _, f := range l.reg.flows {
		if f.proxy == nil || f.target != t {
			continue
		}
		rest := sip.HeaderValues(req, "Route")[1:]
		sip.RemoveHeaders(req, "Route")
		for _, route := range append([]string{looseRoute(*f.proxy)}, rest...) {
			req.AppendHeader(sip.NewHeader("Route", route))
		}
		return
	}
}

// looseRoute is a proxy's URI as a Route value; it is loose unless it says otherwise itself.
func looseRoute(proxy sip.URI) string {
	p := *proxy.Clone()
	if _, ok := sip.ParamValue(p.UriParams, "lr"); !ok {
		p.UriParams = append(p.UriParams, sip.Param{K: "lr"})
	}
	return "<" + p.String() + ">"
}

// sameHop says that two Route values name one server.
func sameHop(a, b string) bool {
	u, _, err := sip.ParseAddress(a)
	v, _, err2 := sip.ParseAddress(b)
	return err == nil && err2 == nil && strings.EqualFold(u.Host, v.Host) && u.Port == v.Port && u.User == v.User
}

// reach gives the targets of u and binds a socket that leads to the first. Where live
// flows lead to u, it is these: the newest answer of DNS may be another server, which
// knows nothing of us. It blocks: for workers.
func (l *line) reach(ctx context.Context, u sip.URI) ([]sip.Target, error) {
	l.mu.Lock()
	ways := l.ways
	l.mu.Unlock()
	hop := u.String()
	if i := slices.IndexFunc(ways, func(w way) bool { return w.hop == hop }); i >= 0 {
		targets := []sip.Target{ways[i].target}
		for j, w := range ways {
			if j != i {
				targets = append(targets, w.target)
			}
		}
		if _, err := l.endpointTo(targets[0]); err == nil {
			return targets, nil
		}
	}
	return l.seek(ctx, u)
}

// seek is reach by DNS alone.
func (l *line) seek(ctx context.Context, u sip.URI) ([]sip.Target, error) {
	targets, err := l.agent.net.Locate(ctx, u, l.transport())
	if err != nil {
		return nil, err
	}
	if len(targets) == 0 {
		return nil, fmt.Errorf("%w: no address for %s", sip.ErrTransport, u.Host)
	}
	l.noteServers(u, targets)
	return l.leadable(l.agent.avoid.Order(l.noteOpen(u, targets), time.Now()))
}

// setWays tells the workers which flows live. In the loop.
func (l *line) setWays() {
	var ways []way
	var hosts []string
	for _, f := range l.reg.flows {
		if route := f.learned().ServiceRoute; len(route) > 0 {
			if hop, _, err := sip.ParseAddress(route[0]); err == nil {
				hosts = append(hosts, whereTo(hop))
			}
		}
		if f.up() && f.target.Addr.IsValid() && (f.learned().Outbound || len(l.proxies) > 1) {
			hop := f.hop()
			ways = append(ways, way{hop.String(), f.target})
		}
	}
	l.mu.Lock()
	l.ways, l.serviceHosts = ways, hosts
	l.mu.Unlock()
}

// live is the flow that requests go by: the first that is registered; nil for none.
func (r *registrar) live() *flow {
	for _, f := range r.flows {
		if f.up() {
			return f
		}
	}
	return nil
}

// learned is what the flow's registrar told.
func (f *flow) learned() registration.Learned {
	if f.m == nil {
		return registration.Learned{}
	}
	return f.m.Snapshot().Learned
}

// nextAttempt is a request that starts no dialog yet, again under the next CSeq.
func nextAttempt(prev *sip.Request) *sip.Request {
	req := prev.Clone()
	sip.RemoveHeaders(req, "Via")
	if c := prev.CSeq(); c != nil {
		sip.SetHeader(req, &sip.CSeqHeader{SeqNo: c.SeqNo + 1, MethodName: prev.Method})
	}
	return req
}
