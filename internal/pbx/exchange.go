package pbx

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"offhook/ua/sip"
)

// endpoint is what the exchange needs of sip.Endpoint.
type endpoint interface {
	sip.Forwarder
	Cancel(sip.ClientTransaction, sip.ResponseHandler, ...sip.Header) (sip.ClientTransaction, error)
}

// challenger checks digests; *sip.Challenger is one.
type challenger interface {
	Challenge(req *sip.Request, code int) *sip.Response
	Verify(req *sip.Request) (user string, stale bool, err error)
}

// exchange is the registrar and proxy. All fields are owned by the loop, all methods run
// in it, unless a comment says otherwise.
type exchange struct {
	domain       domain
	router       router
	store        *store
	digest       challenger
	realm        string
	users        map[string]string
	openServices bool
	services     *services
	endpoint     endpoint
	locate       func(context.Context, sip.URI, sip.Transport) ([]sip.Target, error)
	inbox        *mailbox
	log          *slog.Logger

	// pending are the INVITEs that a CANCEL may still name.
	pending map[txKey]*session
	// live are all proxied requests that have running timers.
	live map[*session]struct{}

	// ctx ends when the PBX closes; workers counts what runs beside the loop.
	ctx     context.Context
	workers sync.WaitGroup
}

// receive takes a request from the endpoint, in its goroutine.
func (x *exchange) receive(tx sip.ServerTransaction) {
	if x.inbox.offer(func() { x.handle(tx) }) {
		return
	}
	if tx.Request().Method != "ACK" {
		res := sip.NewResponse(tx.Request(), 503, "")
		res.AppendHeader(sip.NewHeader("Retry-After", "5"))
		_ = tx.Respond(res) // the caller asks again when this is lost
	}
}

func (x *exchange) handle(tx sip.ServerTransaction) {
	req := tx.Request()
	if req.Method == "CANCEL" {
		x.cancel(tx)
		return
	}
	d, p := x.router.route(req)
	switch d := d.(type) {
	case refuse:
		x.refuse(tx, d)
	case drop:
	case register:
		x.register(tx)
	case self:
		x.self(tx)
	case dial:
		x.dial(tx, d.user, p)
	case elsewhere:
		x.elsewhere(tx, d, p)
	case follow:
		x.follow(tx, d, p)
	}
}

// self answers what is sent to the PBX and not to one of its users.
func (x *exchange) self(tx sip.ServerTransaction) {
	const allow = "REGISTER, OPTIONS"
	res := sip.NewResponse(tx.Request(), 405, "")
	if tx.Request().Method == "OPTIONS" {
		res = sip.NewResponse(tx.Request(), 200, "")
		res.AppendHeader(sip.NewHeader("Accept", "application/sdp"))
	}
	res.AppendHeader(sip.NewHeader("Allow", allow))
	x.respond(tx, res)
}

// dial starts what the policy lets through (RFC 3261, section 16.5).
func (x *exchange) dial(tx sip.ServerTransaction, name string, p passage) {
	req := tx.Request()
	if req.Method == "ACK" {
		x.acknowledge(tx, name, p)
		return
	}
	who := caller{here: x.isHere(tx), replies: req.Method == "MESSAGE" && x.services.sent(tx.Source())}
	if from := req.From().Address; x.domain.owns(from) {
		if _, ours := x.users[from.User]; ours {
			who.claims = from.User
		}
	} else {
		who.unnamed = unnamed(from)
	}
	if who.claims != "" || req.GetHeader("Proxy-Authorization") != nil {
		user, ok := x.prove(tx, 407)
		if !ok {
			return
		}
		who.proved = user
	}
	service, isService := x.services.find(name)
	to := nobody
	if _, ok := x.users[name]; ok {
		to = someUser
	} else if isService {
		to = someService
	}
	switch admit(who, to, x.openServices) {
	case granted:
	case prove:
		x.challenge(tx, 407)
		return
	case forbidden:
		x.refuse(tx, refuse{code: 403})
		return
	case unknown:
		x.refuse(tx, refuse{code: 404})
		return
	}
	if to == someService {
		x.toService(tx, service, p)
		return
	}
	if ev := req.Method; (ev == "SUBSCRIBE" || ev == "PUBLISH") && who.proved == name {
		// A phone asks its server about itself (message waiting, say): there is nothing to tell.
		x.refuse(tx, refuse{code: 489})
		return
	}
	bindings := x.store.lookup(time.Now(), name)
	if len(bindings) == 0 {
		x.refuse(tx, refuse{code: 480, reason: "Not Registered"})
		return
	}
	s := x.open(tx, p)
	legs := make([]*branch, 0, len(bindings))
	for _, b := range bindings {
		legs = append(legs, &branch{uri: b.uri, ways: ways(b)})
	}
	s.start(legs)
}

// elsewhere takes what is sent to the own address of one of our services, as its Contact
// gives it: that is where an attended transfer leads (RFC 5589, section 7). We relay to
// nobody else's.
func (x *exchange) elsewhere(tx sip.ServerTransaction, d elsewhere, p passage) {
	if e, ok := x.services.living(d.uri); ok {
		x.dial(tx, e.name, p)
		return
	}
	x.refuse(tx, refuse{code: 403, reason: "Not Relaying to Other Domains"})
}

// acknowledge passes on an ACK that has no Route. Only a service that runs can be
// meant; an ACK can't be challenged.
func (x *exchange) acknowledge(tx sip.ServerTransaction, name string, p passage) {
	e, ok := x.services.find(name)
	if !ok || admit(caller{here: x.isHere(tx)}, someService, x.openServices) != granted {
		return
	}
	if d, runs := x.services.at(e); runs {
		p.uri = d.uri
		x.goOn(tx, p, []sip.Target{d.target})
	}
}

// isHere says that a request came from this machine: from loopback, or from the
// address that the exchange itself has, which no other host can send from.
func (x *exchange) isHere(tx sip.ServerTransaction) bool {
	from := tx.Source().Addr().Unmap()
	return from.IsLoopback() || from == x.services.host.Unmap()
}

// toService hands a request to a service's agent, which may have to be made first.
func (x *exchange) toService(tx sip.ServerTransaction, to extension, p passage) {
	s := x.open(tx, p)
	leg := func(d *desk) []*branch { return []*branch{{uri: d.uri, ways: []sip.Target{d.target}}} }
	if d, runs := x.services.at(to); runs {
		s.start(leg(d)) // in order with what came before
		return
	}
	x.work(func(ctx context.Context) func() {
		d, err := x.services.open(ctx, to)
		return func() {
			if err != nil {
				x.log.Error("a service can't start", "service", to.name, "err", err)
				s.fail(refuse{code: 500, reason: "Service Can't Start"})
				return
			}
			s.start(leg(d))
		}
	})
}

// follow passes on a request inside a dialog (RFC 3261, section 16.6, steps 6 and 7).
func (x *exchange) follow(tx sip.ServerTransaction, d follow, p passage) {
	if b, ok := x.store.byContact(time.Now(), d.next); ok {
		x.goOn(tx, p, ways(b))
		return
	}
	if t, ok := numericTarget(d.next); ok {
		x.goOn(tx, p, []sip.Target{t})
		return
	}
	x.work(func(ctx context.Context) func() {
		targets, err := x.locate(ctx, d.next, transportOf(d.next))
		return func() {
			if err != nil {
				x.log.Info("a hop can't be located", "uri", d.next.String(), "err", err)
			}
			x.goOn(tx, p, targets)
		}
	})
}

// goOn sends a request in a dialog on to the first of targets that takes it.
func (x *exchange) goOn(tx sip.ServerTransaction, p passage, targets []sip.Target) {
	req := tx.Request()
	if req.Method == "ACK" {
		if len(targets) == 0 {
			return
		}
		out := forwarded(req, p, p.uri, nil, x.realm)
		if err := x.endpoint.ForwardAck(out, targets[0], newBranch(p.loop)); err != nil {
			x.log.Info("an ACK can't be sent on", "to", targets[0].Addr, "err", err)
		}
		return
	}
	if len(targets) == 0 {
		x.refuse(tx, refuse{code: 480, reason: "Contact Unreachable"})
		return
	}
	x.open(tx, p).start([]*branch{{uri: p.uri, ways: targets}})
}

// work runs f beside the loop and then, in the loop, what it returns.
func (x *exchange) work(f func(context.Context) func()) {
	x.workers.Go(func() { x.inbox.post(f(x.ctx)) })
}

// prove asks for a user's password and reports who showed it. It has answered when
// it reports false.
func (x *exchange) prove(tx sip.ServerTransaction, code int) (string, bool) {
	user, stale, err := x.digest.Verify(tx.Request())
	if err == nil && !stale {
		return user, true
	}
	x.challenge(tx, code)
	return "", false
}

func (x *exchange) challenge(tx sip.ServerTransaction, code int) {
	x.respond(tx, x.digest.Challenge(tx.Request(), code))
}

func (x *exchange) refuse(tx sip.ServerTransaction, f refuse) {
	res := sip.NewResponse(tx.Request(), f.code, f.reason)
	for _, h := range f.headers {
		res.AppendHeader(h)
	}
	x.respond(tx, res)
}

func (x *exchange) respond(tx sip.ServerTransaction, res *sip.Response) {
	if err := tx.Respond(res); err != nil {
		x.log.Info("a response can't be sent", "to", tx.Source(), "code", res.StatusCode, "err", err)
	}
}
