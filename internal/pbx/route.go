package pbx

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"offhook/ua/sip"
)

// decision is where a request goes. Sealed.
type decision interface{ decided() }

type (
	// refuse answers with a failure.
	refuse struct {
		code    int
		reason  string
		headers []sip.Header
	}
	// drop says nothing: an ACK can't be answered.
	drop struct{}
	// register is for the registrar.
	register struct{}
	// self is for the PBX as a user agent: it has no user part.
	self struct{}
	// dial starts something with a user or service of ours.
	dial struct{ user string }
	// elsewhere starts something at an address that isn't of our domain.
	elsewhere struct{ uri sip.URI }
	// follow goes on in a dialog that was set up through here, to the next hop.
	follow struct{ next sip.URI }
)

func (refuse) decided()    {}
func (drop) decided()      {}
func (register) decided()  {}
func (self) decided()      {}
func (dial) decided()      {}
func (elsewhere) decided() {}
func (follow) decided()    {}

// passage is a request as it leaves, but for what depends on the target.
type passage struct {
	uri         sip.URI
	routes      []sip.Header
	maxForwards int
	// loop is a digest of what decided the route (RFC 3261, section 16.6, step 8): our
	// branches carry it, and meeting it again is a loop.
	loop string
}

// router takes the decisions of RFC 3261, sections 16.3 and 16.4. Pure.
type router struct {
	domain domain
	// secret keys the cookie in our Record-Route, so that only who was let into a
	// dialog may send inside it. Without it any To tag would open a relay.
	secret []byte
}

const maxMaxForwards = 255

// route validates a request, takes our own Routes off and decides.
func (r router) route(req *sip.Request) (decision, passage) {
	if d := validate(req); d != nil {
		return d, passage{}
	}
	p := passage{uri: req.Recipient, maxForwards: 70}
	if d := r.hops(req, &p); d != nil {
		return d, passage{}
	}
	admitted, d := r.popRoutes(req, &p)
	if d != nil {
		return d, passage{}
	}
	switch {
	case req.Method == "REGISTER":
		if !r.domain.owns(p.uri) {
			return refuse{code: 403, reason: "Not Registrar of This Domain"}, passage{}
		}
		return register{}, p
	case sip.Tag(req.To()) != "":
		return r.inDialog(req, admitted, p)
	case req.Method == "ACK":
		return drop{}, passage{}
	case len(p.routes) > 0:
		return refuse{code: 403, reason: "Not Relaying to Other Domains"}, passage{}
	case !r.domain.owns(p.uri):
		return elsewhere{p.uri}, p
	case p.uri.User == "":
		return self{}, p
	}
	return dialOf(req, p)
}

func dialOf(req *sip.Request, p passage) (decision, passage) {
	user, err := url.PathUnescape(p.uri.User)
	if err != nil {
		return failure(req, 400, "Malformed Request-URI"), passage{}
	}
	return dial{user}, p
}

func (r router) inDialog(req *sip.Request, admitted bool, p passage) (decision, passage) {
	switch {
	case admitted:
	case len(p.routes) == 0 && p.uri.User != "" && r.domain.owns(p.uri):
		// A caller that knows no Record-Route, such as sipp's own scenarios, goes on
		// sending to whom it dialled: the name leads there again.
		return dialOf(req, p)
	default:
		return failure(req, 481, ""), passage{}
	}
	next := p.uri
	if len(p.routes) > 0 {
		u, err := routeURI(p.routes[0])
		if err != nil {
			return refuse{code: 400, reason: "Malformed Route"}, passage{}
		}
		next = u
	}
	return follow{next}, p
}

// validate checks what any request must have (RFC 3261, sections 8.1.1 and 16.3).
func validate(req *sip.Request) decision {
	from, to, cseq := req.From(), req.To(), req.CSeq()
	switch {
	case req.Via() == nil || from == nil || to == nil || cseq == nil || req.CallID() == nil:
		return failure(req, 400, "Missing Mandatory Header")
	case sip.Tag(from) == "":
		return failure(req, 400, "Missing From Tag")
	case cseq.MethodName != req.Method:
		return failure(req, 400, "CSeq Method Differs")
	case !strings.EqualFold(req.Recipient.Scheme, "sip"):
		return failure(req, 416, "")
	}
	if v := sip.HeaderValues(req, "Proxy-Require"); len(v) > 0 {
		d := failure(req, 420, "")
		if f, ok := d.(refuse); ok {
			f.headers = []sip.Header{sip.NewHeader("Unsupported", strings.Join(v, ", "))}
			return f
		}
		return d
	}
	return nil
}

// failure refuses, and drops what can't be answered.
func failure(req *sip.Request, code int, reason string) decision {
	if req.Method == "ACK" {
		return drop{}
	}
	return refuse{code: code, reason: reason}
}

// hops checks Max-Forwards and looks for a loop.
func (r router) hops(req *sip.Request, p *passage) decision {
	if v := sip.HeaderValues(req, "Max-Forwards"); len(v) > 0 {
		n, err := strconv.Atoi(strings.TrimSpace(v[0]))
		switch {
		case err != nil || n < 0 || n > maxMaxForwards:
			return failure(req, 400, "Malformed Max-Forwards")
		case n == 0:
			return failure(req, 483, "")
		}
		p.maxForwards = n - 1
	}
	p.loop = loopDigest(req)
	for _, h := range req.GetHeaders("via") {
		via, ok := h.(*sip.ViaHeader)
		if !ok {
			return failure(req, 400, "Malformed Via")
		}
		if r.domain.sentBy(via) && strings.HasSuffix(branchOf(via), "."+p.loop) {
			return failure(req, 482, "")
		}
	}
	return nil
}

// popRoutes takes our own hops off the route and tells whether one of them let
// the request in.
func (r router) popRoutes(req *sip.Request, p *passage) (admitted bool, d decision) {
	p.routes = req.GetHeaders("route")
	callID := req.CallID().Value()
	// A strict router put our Record-Route into the Request-URI, and the real
	// Request-URI last in Route (RFC 3261, section 16.4).
	if _, lr := sip.ParamValue(p.uri.UriParams, "lr"); lr && p.uri.User == "" && r.domain.isHop(p.uri) {
		admitted = r.genuine(p.uri, callID)
		if n := len(p.routes); n > 0 {
			u, err := routeURI(p.routes[n-1])
			if err != nil {
				return false, failure(req, 400, "Malformed Route")
			}
			p.uri, p.routes = u, p.routes[:n-1]
		}
	}
	// One hop, or two where the legs' transports differ (RFC 5658, section 3.1).
	for range 2 {
		if len(p.routes) == 0 {
			break
		}
		u, err := routeURI(p.routes[0])
		if err != nil {
			return false, failure(req, 400, "Malformed Route")
		}
		if !r.domain.isHop(u) {
			break
		}
		admitted = admitted || r.genuine(u, callID)
		p.routes = p.routes[1:]
	}
	return admitted, nil
}

const cookieParam = "ck"

// recordRoute is our hop for the requests of one dialog.
func (r router) recordRoute(t sip.Transport, callID string) string {
	var b strings.Builder
	b.WriteString("<sip:" + r.domain.at(t).String())
	switch t {
	case sip.TCP, sip.TLS:
		b.WriteString(";transport=" + strings.ToLower(t.String()))
	case sip.WS, sip.WSS:
		b.WriteString(";transport=ws") // both kinds (RFC 7118, section 5.3)
	default:
	}
	b.WriteString(";lr;" + cookieParam + "=" + r.cookie(callID) + ">")
	return b.String()
}

func (r router) genuine(u sip.URI, callID string) bool {
	got, _ := sip.ParamValue(u.UriParams, cookieParam)
	return hmac.Equal([]byte(got), []byte(r.cookie(callID)))
}

func (r router) cookie(callID string) string {
	mac := hmac.New(sha256.New, r.secret)
	mac.Write([]byte(callID))
	return hex.EncodeToString(mac.Sum(nil)[:12])
}

var errRoute = errors.New("not a route")

// routeURI reads a Route; one that is malformed came as plain text.
func routeURI(h sip.Header) (sip.URI, error) {
	r, ok := h.(*sip.RouteHeader)
	if !ok || r.Address.Host == "" {
		return sip.URI{}, errRoute
	}
	return r.Address, nil
}

// loopDigest covers what decides the route. RFC 3261's topmost Via is left out: it
// differs in each round of a loop (RFC 5393, section 4.2).
func loopDigest(req *sip.Request) string {
	h := sha256.New()
	put := func(s string) {
		h.Write([]byte(s))
		h.Write([]byte{0})
	}
	put(req.Recipient.String())
	put(sip.Tag(req.From()))
	put(sip.Tag(req.To()))
	put(req.CallID().Value())
	put(req.CSeq().Value())
	for _, name := range [...]string{"Route", "Proxy-Require", "Proxy-Authorization"} {
		for _, v := range sip.HeaderValues(req, name) {
			put(v)
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

func branchOf(v *sip.ViaHeader) string {
	b, _ := sip.ParamValue(v.Params, "branch")
	return b
}

// sentBy says whether a Via is ours.
func (d domain) sentBy(v *sip.ViaHeader) bool {
	a, err := netip.ParseAddr(v.Host)
	return err == nil && a.Unmap() == d.addr.Addr() && d.listens(v.Port)
}
