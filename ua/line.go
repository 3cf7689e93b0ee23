package ua

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"

	"offhook/ua/rules"
	"offhook/ua/sip"
)

// line is an account at work: its sockets, its credentials, its registration.
type line struct {
	agent *Agent
	acc   Account
	aor   sip.URI
	// registrar is where REGISTER goes; proxies, if there are any, what every request
	// that starts a dialog goes through one of.
	registrar sip.URI
	collector sip.URI // of quality reports
	proxies   []sip.URI
	instance  string // our URN for ever; empty when nothing needs one
	auth      *sip.Authenticator
	reg       *registrar     // owned by the loop
	lead      netip.AddrPort // what an account that doesn't register looks towards; owned by the loop
	seen      netip.AddrPort // where the registrar sees us over UDP; owned by the loop
	life      lifetime       // owned by the loop
	gruus     []string       // that were given to us; owned by the loop
	pub       *publication   // nil before anything was published; owned by the loop
	attending bool           // what the configuration watches was begun; owned by the loop
	busy      bool           // a call was up when watchers were last told; owned by the loop
	watchers  rules.Matcher  // who may watch

	stunSilence, relaySilence silence // of its servers

	mu     sync.Mutex
	ends   []bound // guarded by mu; the first is the main one
	ways   []way   // guarded by mu
	closed bool    // guarded by mu
	// servers are the registrar's and the outbound proxy's addresses; guarded by mu.
	servers      ownServers
	serviceHosts []string // of the Service-Route; guarded by mu
	detours      detours  // guarded by mu
	token        string   // of our registered Contact
}

// bound is an endpoint and the local address that it has.
type bound struct {
	endpoint
	addr netip.Addr
}

func (a *Agent) newLine(acc Account) (*line, error) {
	fail := func(what, value string, err error) (*line, error) {
		return nil, fmt.Errorf("account %q: the %s %q isn't a SIP address: %w", acc.Name, what, value, err)
	}
	aor, err := sip.ParseURI(acc.AOR)
	if err != nil {
		return fail("address", acc.AOR, err)
	}
	if aor.Host == "" {
		return fail("address", acc.AOR, errors.New("it has no host; write it like sip:alice@example.com"))
	}
	l := &line{agent: a, acc: acc, aor: aor, token: sip.NewTag()}
	if l.watchers, err = rules.NewMatcher(acc.Watchers); err != nil {
		return nil, fmt.Errorf("account %q: who may watch: %w", acc.Name, err)
	}
	l.registrar = sip.URI{Scheme: aor.Scheme, Host: aor.Host, Port: aor.Port, UriParams: transportParam(aor)}
	if acc.Registrar != "" {
		if l.registrar, err = sip.ParseURI(acc.Registrar); err != nil {
			return fail("registrar", acc.Registrar, err)
		}
		l.registrar.User, l.registrar.Headers = "", nil // RFC 3261, section 10.2
	}
	if acc.QualityReport != "" {
		l.collector, err = sip.ParseURI(acc.QualityReport)
		if err == nil && l.collector.Host == "" {
			err = errors.New("it has no host; write it like sip:collector@example.com")
		}
		if err != nil {
			return fail("collector of quality reports", acc.QualityReport, err)
		}
	}
	for _, s := range strings.FieldsFunc(acc.OutboundProxy, func(r rune) bool { return r == ',' || r == ' ' }) {
		proxy, err := sip.ParseURI(s)
		if err != nil {
			return fail("outbound proxy", s, err)
		}
		l.proxies = append(l.proxies, proxy)
	}
	if acc.Outbound != OutboundOff || acc.GRUU != GRUUOff {
		if l.instance = acc.Instance; l.instance == "" {
			l.instance = NewInstance()
		}
	}
	user := acc.AuthUser
	if user == "" {
		user = aor.User
	}
	l.auth = sip.NewAuthenticator(sip.Credentials{
		User: user, Password: func() string { return string(acc.Password) },
		Realm: acc.Realm, Domain: aor.Host, Home: l.goesHome,
	}, acc.credentials()...)
	l.reg = newRegistrar(l)
	return l, nil
}

// transportParam keeps only the transport of a URI: an address of record has no other
// use for parameters in a Request-URI.
func transportParam(u sip.URI) sip.Params {
	if v, ok := sip.ParamValue(u.UriParams, "transport"); ok {
		return sip.Params{{K: "transport", V: v}}
	}
	return nil
}

// domain is what a bare user is dialled at.
func (l *line) domain() string {
	d := l.aor.Host
	if strings.Contains(d, ":") && !strings.HasPrefix(d, "[") {
		d = "[" + d + "]"
	}
	if l.aor.Port > 0 {
		d = fmt.Sprintf("%s:%d", d, l.aor.Port)
	}
	if v, ok := sip.ParamValue(l.aor.UriParams, "transport"); ok {
		d += ";transport=" + v
	}
	return d
}

// aorURI is the address of record without parameters, as From and To have it.
func (l *line) aorURI() string {
	u := sip.URI{Scheme: l.aor.Scheme, User: l.aor.User, Host: l.aor.Host, Port: l.aor.Port}
	return u.String()
}

// bindFixed binds the address that the account asks for, if it names one.
func (l *line) bindFixed() error {
	if !l.fixed() {
		return nil
	}
	_, err := l.bind(l.acc.Listen.Addr())
	return err
}

func (l *line) fixed() bool {
	return l.acc.Listen.Addr().IsValid() && !l.acc.Listen.Addr().IsUnspecified()
}

// start begins what the account does by itself. In the loop.
func (l *line) start() {
	if l.acc.Register {
		l.reg.register()
		return
	}
	// Reachable without a registrar too: bind where the address of record leads.
	a, hop := l.agent, l.firstHop(l.registrar)
	a.inWorker(func(ctx context.Context) {
		var lead netip.AddrPort
		if l.main() == nil {
			targets, err := l.reach(ctx, hop)
			if err != nil {
				a.log.Info("account isn't reachable yet", "account", l.acc.Name, "err", err)
				a.box.post(a.watchNetwork)
				return
			}
			lead = targets[0].Addr
		}
		a.box.post(func() {
			l.lead = lead
			l.reg.bound()
			a.watchNetwork()
		})
	})
}

// endpointTo gives the endpoint from which t can be reached, and binds one when
// there is none yet. Any goroutine may call it; it doesn't wait for the network.
func (l *line) endpointTo(t sip.Target) (bound, error) {
	if l.fixed() {
		if main := l.main(); main != nil && main.addr.Is4() == t.Addr.Addr().Unmap().Is4() {
			return *main, nil
		}
	}
	local, err := l.agent.net.LocalAddrFor(t.Addr)
	if err != nil {
		return bound{}, fmt.Errorf("%w: no way to %s: %w", sip.ErrTransport, t.Addr, err)
	}
	return l.bind(local)
}

// bind gives the endpoint at local, a new one if need be.
func (l *line) bind(local netip.Addr) (bound, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, b := range l.ends {
		if b.addr == local {
			return b, nil
		}
	}
	if l.closed {
		return bound{}, sip.ErrClosed
	}
	b, err := l.listen(local, l.acc.Listen.Port())
	if err != nil && len(l.ends) > 0 && l.acc.Listen.Port() != 0 {
		b, err = l.listen(local, 0) // a second way out doesn't need the known port
	}
	if err != nil {
		return bound{}, err
	}
	l.ends = append(l.ends, b)
	return b, nil
}

// listen opens an endpoint.
func (l *line) listen(local netip.Addr, port uint16) (bound, error) {
	a := l.agent
	// The handler runs in the endpoint's goroutines; it only posts.
	b := bound{addr: local}
	ready := make(chan struct{})
	ep, err := a.net.Listen(sip.Config{
		Listen:    netip.AddrPortFrom(local, port),
		Trace:     a.cfg.Trace,
		Secrets:   a.cfg.Secrets,
		UserAgent: a.cfg.UserAgent,
		Server:    a.cfg.UserAgent,
		Log:       a.log,
		TLS:       l.acc.TLS,
		Unverified: func(err *sip.CertificateError) {
			a.box.post(func() { a.emit(func(m Meta) Event { return ServerUnverified{m, l.acc.Name, err} }) })
		},
		WSPath:   l.acc.WSPath,
		FlowLost: func(f sip.Flow) { a.box.post(func() { l.flowLost(f) }) },
		Handler: func(st sip.ServerTransaction) {
			<-ready
			if b.endpoint == nil {
				return // Listen failed
			}
			if a.box.flooded() && st.Request().Method != sip.ACK {
				_ = st.Respond(sip.NewResponse(st.Request(), 503, ""))
				return
			}
			a.box.post(func() { a.onRequest(l, b, st) })
		},
	})
	if err != nil {
		close(ready)
		return bound{}, fmt.Errorf("account %q can't listen on %s: %w", l.acc.Name, netip.AddrPortFrom(local, port), err)
	}
	b.endpoint = ep
	close(ready)
	return b, nil
}

// main is the account's first endpoint, nil before there is one.
func (l *line) main() *bound {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.ends) == 0 {
		return nil
	}
	b := l.ends[0]
	return &b
}

// closeEndpoints closes the sockets and waits for their goroutines.
func (l *line) closeEndpoints() {
	l.mu.Lock()
	ends := l.ends
	l.ends, l.closed = nil, true
	l.mu.Unlock()
	for _, b := range ends {
		if err := b.Close(); err != nil {
			l.agent.log.Info("endpoint didn't close well", "account", l.acc.Name, "err", err)
		}
	}
}
