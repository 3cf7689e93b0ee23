package dialog

import (
	"net"
	"strconv"
	"strings"

	"offhook/ua/sip"
)

// uris reads the URIs of all values of the named header, in order. A value
// without one is left out: the rest of a route still leads somewhere.
func uris(m sip.Message, name string) []sip.URI {
	var all []sip.URI
	for _, v := range sip.HeaderValues(m, name) {
		if u, _, err := sip.ParseAddress(v); err == nil && !u.Wildcard {
			all = append(all, u)
		}
	}
	return all
}

// firstContact is the URI of the message's first usable Contact.
func firstContact(m sip.Message) (sip.URI, bool) {
	if all := uris(m, "Contact"); len(all) > 0 {
		return all[0], true
	}
	return sip.URI{}, false
}

// headerValue is the whole value of the first header of that name, which may be compact.
func headerValue(m sip.Message, name, compact string) string {
	for _, n := range [...]string{name, compact} {
		if h := m.GetHeaders(n); len(h) > 0 {
			return strings.TrimSpace(h[0].Value())
		}
	}
	return ""
}

// tag reads the tag of a From or To value. It has no case (RFC 3261, section 7.3.1).
func tag(value string) string {
	_, params, err := sip.ParseAddress(value)
	if err != nil {
		return ""
	}
	t, _ := sip.ParamValue(params, "tag")
	return strings.ToLower(t)
}

// setCSeq gives a request its CSeq, as the message model's own type, from which
// the transaction layer derives an ACK's or a CANCEL's.
func setCSeq(r *sip.Request, number uint32) {
	sip.SetHeader(r, &sip.CSeqHeader{SeqNo: number, MethodName: r.Method})
}

// loose says that the proxy of a route routes loosely (RFC 3261, section 16.12).
func loose(u sip.URI) bool {
	_, ok := sip.ParamValue(u.UriParams, "lr")
	return ok
}

// peerURI is where a peer without a Contact is: the address its message came from.
func peerURI(t sip.Target) (sip.URI, bool) {
	if !t.Addr.IsValid() {
		return sip.URI{}, false
	}
	text := "sip:" + net.JoinHostPort(t.Addr.Addr().Unmap().WithZone("").String(), strconv.Itoa(int(t.Addr.Port())))
	switch t.Transport {
	case sip.UDP, sip.AnyTransport: // what a URI without the parameter means
	case sip.TCP, sip.TLS, sip.WS, sip.WSS:
		text += ";transport=" + strings.ToLower(t.Transport.String())
	}
	u, err := sip.ParseURI(text)
	return u, err == nil
}
