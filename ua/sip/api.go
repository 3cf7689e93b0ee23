package sip

import (
	"net/netip"

	sipgo "github.com/emiago/sipgo/sip"
)

// The message model is sipgo's; this package is its sole importer, so that the
// rest of the house sees one SIP.
type (
	Message  = sipgo.Message
	Request  = sipgo.Request
	Response = sipgo.Response
	URI      = sipgo.Uri
	Header   = sipgo.Header
	Method   = sipgo.RequestMethod
)

// Transport is a SIP transport protocol (RFC 3261, section 18).
type Transport uint8

const (
	UDP Transport = iota
	TCP
	TLS
	WS
	WSS
)

// Target is one place to send a request to: what locating a URI gives.
type Target struct {
	Transport Transport
	Addr      netip.AddrPort
	// Host is the name that was looked up, for TLS verification.
	Host string
}

// ServerTransaction is a request that came, and the way to answer it. For an
// ACK, Respond reports an error. Safe for concurrent use.
type ServerTransaction interface {
	// Request is the request as received; not to be modified.
	Request() *Request
	Source() netip.AddrPort
	// Respond sends a response built by NewResponse. It doesn't block. A second
	// 2xx to an INVITE is sent as it is: its retransmission belongs to the dialog
	// (RFC 6026, section 7.1).
	Respond(*Response) error
}

// ClientTransaction is a request that went out.
type ClientTransaction interface {
	Request() *Request
	// Abandon stops retransmission; the handler isn't called again.
	Abandon()
}

// ResponseHandler is told what becomes of a client transaction, in wire order
// and never after Abandon: each provisional response; then either the first final
// response, or nil and an error that wraps ErrTimeout or ErrTransport. For an
// INVITE each further 2xx (a retransmission, or a fork's) comes too, as long as
// it lasts (64*T1; RFC 3261, section 13.2.2.4). It must not block.
type ResponseHandler func(*Response, error)

// RequestHandler is told each request that isn't a retransmission, in wire
// order: an ACK to a 2xx and every CANCEL included; an ACK to a failure is the
// transaction's own and isn't told. A CANCEL is answered by its own transaction: nothing is
// sent for it, nor a 487 for the INVITE, unless the handler does. It must not block.
type RequestHandler func(ServerTransaction)

// NewHeader makes a header from its name and its whole value, which is sent as it is.
func NewHeader(name, value string) Header { return sipgo.NewHeader(name, value) }

// ParseAddress reads one value of Contact, From, To, Route or Record-Route: its URI
// and the header's parameters after it.
func ParseAddress(value string) (URI, Params, error) {
	na, err := parseNameAddr(value)
	if err != nil {
		return URI{}, nil, err
	}
	return na.uri, na.params, nil
}

// Forwarder is what a proxy needs beyond Request and Send; *Endpoint is one. Both
// keep the Vias that are there and push one on top, with the given branch (with the
// magic cookie, fresh for each call) and rport; a response's own top Via is still there when
// the handler sees it. They change nothing else but Content-Length. Neither blocks:
// a connection that can't be made is told to the handler as ErrTransport.
type Forwarder interface {
	Forward(req *Request, to Target, branch string, h ResponseHandler) (ClientTransaction, error)
	// ForwardAck sends an ACK to a 2xx on, without a transaction.
	ForwardAck(req *Request, to Target, branch string) error
}
