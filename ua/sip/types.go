package sip

import (
	"fmt"
	"strings"

	sipgo "github.com/emiago/sipgo/sip"
)

// Typed headers of the message model.
type (
	ViaHeader           = sipgo.ViaHeader
	FromHeader          = sipgo.FromHeader
	ToHeader            = sipgo.ToHeader
	ContactHeader       = sipgo.ContactHeader
	RouteHeader         = sipgo.RouteHeader
	RecordRouteHeader   = sipgo.RecordRouteHeader
	CSeqHeader          = sipgo.CSeqHeader
	CallIDHeader        = sipgo.CallIDHeader
	MaxForwardsHeader   = sipgo.MaxForwardsHeader
	ExpiresHeader       = sipgo.ExpiresHeader
	ContentTypeHeader   = sipgo.ContentTypeHeader
	ContentLengthHeader = sipgo.ContentLengthHeader
	// Params are a header's or a URI's parameters. Names in a parsed message are lower case.
	Params = sipgo.HeaderParams
	Param  = sipgo.HeaderKV
)

const (
	INVITE    = sipgo.INVITE
	ACK       = sipgo.ACK
	CANCEL    = sipgo.CANCEL
	BYE       = sipgo.BYE
	REGISTER  = sipgo.REGISTER
	OPTIONS   = sipgo.OPTIONS
	SUBSCRIBE = sipgo.SUBSCRIBE
	NOTIFY    = sipgo.NOTIFY
	REFER     = sipgo.REFER
	INFO      = sipgo.INFO
	MESSAGE   = sipgo.MESSAGE
	PRACK     = sipgo.PRACK
	UPDATE    = sipgo.UPDATE
	PUBLISH   = sipgo.PUBLISH
)

// String is the transport's name as in a Via: "UDP".
func (t Transport) String() string {
	switch t {
	case UDP:
		return "UDP"
	case TCP:
		return "TCP"
	case TLS:
		return "TLS"
	case WS:
		return "WS"
	case WSS:
		return "WSS"
	case AnyTransport:
		return "ANY"
	}
	return fmt.Sprintf("Transport(%d)", uint8(t))
}

// Reliable says whether the transport delivers in order and without loss, so that
// nothing is retransmitted over it (RFC 3261, section 17.1.1.2).
func (t Transport) Reliable() bool { return t != UDP }

// DefaultPort is the port to use when a URI names none (RFC 3261, section 19.1.2).
func (t Transport) DefaultPort() uint16 {
	switch t {
	case TLS:
		return 5061
	case WS:
		return 80
	case WSS:
		return 443
	case UDP, TCP, AnyTransport:
	}
	return 5060
}

// ParseTransport reads a transport's name, in any case.
func ParseTransport(name string) (Transport, error) {
	for t := UDP; t <= WSS; t++ {
		if strings.EqualFold(name, t.String()) {
			return t, nil
		}
	}
	return UDP, fmt.Errorf("no such transport: %q; use udp, tcp, tls, ws or wss", name)
}

// String is "udp:192.0.2.1:5060".
func (t Target) String() string {
	return strings.ToLower(t.Transport.String()) + ":" + t.Addr.String()
}
