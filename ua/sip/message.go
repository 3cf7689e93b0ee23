package sip

import (
	"net/netip"
	"strconv"

	sipgo "github.com/emiago/sipgo/sip"
)

// NewRequest makes a request with no headers yet.
func NewRequest(method Method, to URI) *Request { return sipgo.NewRequest(method, to) }

// NewResponse makes a response to a request that came: it copies Via, From, To,
// Call-ID, CSeq (RFC 3261, section 8.2.6.2) and, where the response may make a dialog,
// Record-Route (section 12.1.1). An empty reason stands for the standard phrase. It adds no
// To tag: SetToTag does, and a server transaction adds one to a response that has none.
func NewResponse(req *Request, code int, reason string) *Response {
	if reason == "" {
		reason = ReasonPhrase(code)
	}
	res := sipgo.NewResponse(code, reason)
	for _, h := range req.GetHeaders("via") {
		res.AppendHeader(sipgo.HeaderClone(h))
	}
	if recordsRoute(req.Method, code) {
		for _, h := range req.GetHeaders("record-route") {
			res.AppendHeader(sipgo.HeaderClone(h))
		}
	}
	// Typed nil pointers are not nil interfaces, hence one test each.
	if h := req.From(); h != nil {
		res.AppendHeader(sipgo.HeaderClone(h))
	}
	if h := req.To(); h != nil {
		res.AppendHeader(sipgo.HeaderClone(h))
	}
	if h := req.CallID(); h != nil {
		id := *h
		res.AppendHeader(&id)
	}
	if h := req.CSeq(); h != nil {
		res.AppendHeader(sipgo.HeaderClone(h))
	}
	if code == 100 {
		// RFC 3261, section 8.2.6.1.
		for _, h := range req.GetHeaders("timestamp") {
			res.AppendHeader(sipgo.HeaderClone(h))
		}
	}
	res.SetBody(nil)
	res.SetTransport(req.Transport())
	res.SetDestination(req.Source())
	return res
}

// recordsRoute says whether a response to this method can create a dialog (RFC
// 3261, section 12.1.1; RFC 6665, section 4.2; RFC 3515).
func recordsRoute(m Method, code int) bool {
	switch m {
	case INVITE:
		return code > 100 && code < 300
	case SUBSCRIBE, REFER, NOTIFY:
		return code >= 200 && code < 300
	}
	return false
}

// SetToTag puts a tag on the To of a response, in place of one that is there.
func SetToTag(res *Response, tag string) {
	if to := res.To(); to != nil {
		to.Params.Remove("tag")
		to.Params.Add("tag", tag)
	}
}

// Observed is where the far end saw our request come from: received and rport
// of the top Via of its response (RFC 3581). It is invalid when the response
// doesn't say.
func Observed(res *Response) netip.AddrPort {
	via := res.Via()
	if via == nil {
		return netip.AddrPort{}
	}
	host := via.Host
	if v, ok := ParamValue(via.Params, "received"); ok && v != "" {
		host = v
	}
	addr, err := netip.ParseAddr(unbracket(host))
	if err != nil {
		return netip.AddrPort{}
	}
	port := uint16(via.Port)
	if v, ok := ParamValue(via.Params, "rport"); ok && v != "" {
		p, err := strconv.ParseUint(v, 10, 16)
		if err != nil {
			return netip.AddrPort{}
		}
		port = uint16(p)
	}
	return netip.AddrPortFrom(addr.Unmap(), port)
}

// SourceOf is where a message that came was sent from; invalid for one that didn't come.
func SourceOf(msg Message) netip.AddrPort {
	a, err := netip.ParseAddrPort(msg.Source())
	if err != nil {
		return netip.AddrPort{}
	}
	return a
}
