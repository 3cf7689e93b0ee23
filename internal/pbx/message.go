package pbx

import (
	"crypto/rand"
	"net/netip"
	"strconv"
	"strings"

	"offhook/ua/sip"
)

// asserted is what only the network may say of a user. Phones believe it when it comes
// from here, so none from a phone goes through (RFC 3325, section 5).
const asserted = "p-asserted-identity"

// preferred is an identity that the caller tells its first proxy (RFC 3325, section 9.2).
const preferred = "p-preferred-identity"

// forwarded builds the request that leaves on one leg (RFC 3261, section 16.6): uri
// and route as decided, our Record-Routes on top, everything else as it came. The
// endpoint pushes the Via. Credentials for our realm end here (RFC 3261, section 22.3).
func forwarded(req *sip.Request, p passage, uri sip.URI, recordRoutes []string, realm string) *sip.Request {
	out := sip.NewRequest(req.Method, uri)
	for _, h := range req.GetHeaders("Via") {
		out.AppendHeader(h)
	}
	for _, rr := range recordRoutes {
		out.AppendHeader(sip.NewHeader("Record-Route", rr))
	}
	for _, route := range p.routes {
		out.AppendHeader(route)
	}
	out.AppendHeader(sip.NewHeader("Max-Forwards", strconv.Itoa(p.maxForwards)))
	for _, h := range req.Headers() {
		switch strings.ToLower(h.Name()) {
		case "via", "v", "route", "max-forwards", "content-length", "l", asserted:
		case preferred: // for the first proxy alone: to phones it would tell who wants to stay unnamed
		case "proxy-authorization":
			if !strings.Contains(h.Value(), "realm="+sip.Quote(realm)) {
				out.AppendHeader(h)
			}
		default:
			out.AppendHeader(h)
		}
	}
	out.SetBody(req.Body())
	return out
}

// returned builds the response for the caller from one that a leg gave. The Vias
// are those of the request as it came: what the far end made of them doesn't count.
func returned(req *sip.Request, res *sip.Response) *sip.Response {
	out := sip.NewResponse(req, res.StatusCode, res.Reason)
	for _, name := range [...]string{"Record-Route", "From", "To", "Call-ID", "CSeq"} {
		sip.RemoveHeaders(out, name)
	}
	for _, h := range res.Headers() {
		switch strings.ToLower(h.Name()) {
		case "via", "v", "content-length", "l", asserted:
		default:
			out.AppendHeader(h)
		}
	}
	out.SetBody(res.Body())
	return out
}

// withChallenges adds the challenges of the other legs, so that the caller can answer
// all at once (RFC 3261, section 16.7, step 7).
func withChallenges(out *sip.Response, shown *sip.Response, all []*sip.Response) {
	for _, res := range all {
		if res == shown {
			continue
		}
		for _, name := range [...]string{"WWW-Authenticate", "Proxy-Authenticate"} {
			for _, h := range res.GetHeaders(name) {
				out.AppendHeader(h)
			}
		}
	}
}

// newBranch makes a Via branch that carries the loop digest.
func newBranch(loop string) string { return "z9hG4bK" + rand.Text()[:16] + "." + loop }

// txKey names a server transaction so that its CANCEL finds it (RFC 3261, sections
// 9.2 and 17.2.3).
type txKey struct {
	sentBy, branch, callID string
	cseq                   uint32
	source                 netip.Addr
}

func keyOf(tx sip.ServerTransaction) txKey {
	req := tx.Request()
	var k txKey
	if v := req.Via(); v != nil {
		k.sentBy, k.branch = strings.ToLower(v.SentBy()), branchOf(v)
	}
	if c := req.CallID(); c != nil {
		k.callID = c.Value()
	}
	if c := req.CSeq(); c != nil {
		k.cseq = c.SeqNo
	}
	// Another host can't cancel the call by guessing.
	k.source = tx.Source().Addr()
	return k
}

// arrivedBy is the transport that a request came by.
func arrivedBy(req *sip.Request) sip.Transport {
	t, err := sip.ParseTransport(req.Transport())
	if err != nil {
		return sip.UDP
	}
	return t
}
