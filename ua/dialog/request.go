package dialog

import (
	"strings"

	"offhook/ua/sip"
)

// Request builds the next request of the dialog, without Via, Max-Forwards and
// body, which the sender adds. Its CSeq is one more than the last (RFC 3261,
// section 12.2.1.1). For an ACK to a 2xx use Ack; CANCEL isn't a dialog's.
func (d *Dialog) Request(method sip.Method) *sip.Request {
	d.localSeq++
	r := d.build(method, d.localSeq)
	if d.contact != "" && carriesContact(method) {
		r.AppendHeader(sip.NewHeader("Contact", d.contact))
	}
	return r
}

// Retry is req again under a new CSeq, for an answer to a challenge (RFC 3261,
// section 22.1) or another change that makes it a new request. Via, and
// credentials that were refused, are left for the sender to set.
func (d *Dialog) Retry(req *sip.Request) *sip.Request {
	d.localSeq++
	r := req.Clone()
	sip.RemoveHeaders(r, "Via")
	setCSeq(r, d.localSeq)
	return r
}

// Ack builds the ACK to a 2xx to our invite: a request of the dialog with the
// number and the credentials of the INVITE (RFC 3261, section 13.2.2.4). Keep it
// and send the same one for each time that the 2xx comes.
func (d *Dialog) Ack(invite *sip.Request) *sip.Request {
	seq := d.localSeq
	if c := invite.CSeq(); c != nil {
		seq = c.SeqNo
	}
	r := d.build(sip.ACK, seq)
	for _, name := range [...]string{"Authorization", "Proxy-Authorization"} {
		for _, h := range invite.GetHeaders(name) {
			r.AppendHeader(sip.NewHeader(name, h.Value()))
		}
	}
	return r
}

// build addresses a request (RFC 3261, section 12.2.1.1):
//
//	route set    Request-URI    Route
//	empty        target         -
//	loose first  target         the route set
//	strict first first route    the rest of it, then target
func (d *Dialog) build(method sip.Method, seq uint32) *sip.Request {
	uri := d.target
	routes := d.routes
	if len(routes) > 0 && !loose(routes[0]) {
		uri = routes[0]
		routes = append(routes[1:len(routes):len(routes)], d.target)
	}
	r := sip.NewRequest(method, requestURI(uri))
	for _, route := range routes {
		r.AppendHeader(sip.NewHeader("Route", "<"+route.String()+">"))
	}
	r.AppendHeader(sip.NewHeader("From", d.local))
	r.AppendHeader(sip.NewHeader("To", d.remote))
	r.AppendHeader(sip.NewHeader("Call-ID", d.callID))
	setCSeq(r, seq)
	return r
}

// requestURI drops what a Request-URI may not hold (RFC 3261, section 19.1.1, table 1).
func requestURI(u sip.URI) sip.URI {
	c := u.Clone()
	c.Headers = nil
	c.UriParams.Remove("method")
	return *c
}

// NextHop is the URI to locate the next server by: the first route, else the
// remote target (RFC 3261, section 8.1.2). A strict route is the Request-URI by
// now, and it is still the first. In a dialog that a sips URI made it is one, whatever a
// Contact or Record-Route says (sections 8.1.2 and 26.2.2).
func (d *Dialog) NextHop() sip.URI {
	hop := d.Target()
	if len(d.routes) > 0 {
		hop = *d.routes[0].Clone()
	}
	if d.secure && (hop.Scheme == "" || strings.EqualFold(hop.Scheme, "sip")) {
		hop.Scheme = "sips"
	}
	return hop
}

// carriesContact says which requests refresh the target or need one to be
// answered to (RFC 3261, table 3; RFC 3311; RFC 6665).
func carriesContact(m sip.Method) bool {
	switch m {
	case sip.INVITE, sip.UPDATE, sip.SUBSCRIBE, sip.NOTIFY, sip.REFER:
		return true
	default:
		return false
	}
}
