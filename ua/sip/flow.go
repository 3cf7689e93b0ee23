package sip

import (
	"net/netip"
	"time"
)

// Flow is a way to a peer: a connection, or an association between our UDP socket and
// its (RFC 5626, section 3).
type Flow struct {
	Target
	// Err is why it was lost.
	Err error
	// Kept says that KeepAlive was asked for it.
	Kept bool
}

// KeepAliveMethod is how a flow is kept alive.
type KeepAliveMethod uint8

const (
	// KeepAliveAuto pings streams with CRLFs, and sends nothing over UDP.
	KeepAliveAuto KeepAliveMethod = iota
	KeepAliveOff
	// KeepAliveCRLF pings streams, and sends CRLFs that nobody answers over UDP.
	KeepAliveCRLF
	// KeepAliveSTUN sends STUN binding requests over UDP, and pings streams.
	KeepAliveSTUN
	// KeepAliveOptions sends OPTIONS, whatever the transport; any answer will do.
	KeepAliveOptions
)

// KeepAlive says how a flow is kept alive. Its zero value is KeepAliveAuto.
type KeepAlive struct {
	Method KeepAliveMethod
	// Interval is the longest time between two; each is 80 to 100 % of it (RFC 5626,
	// section 4.4.1). Zero means 120 s on streams, 29 s over UDP.
	Interval time.Duration
	// Witness is a STUN server that is asked from the SIP socket after each CRLF over UDP: a peer
	// that answers nothing can't tell that the NAT maps us elsewhere now, so that the flow is
	// dead. That the witness is silent says nothing. Invalid for none.
	Witness netip.AddrPort
}

func (m KeepAliveMethod) String() string {
	switch m {
	case KeepAliveAuto:
		return "auto"
	case KeepAliveOff:
		return "off"
	case KeepAliveCRLF:
		return "crlf"
	case KeepAliveSTUN:
		return "stun"
	case KeepAliveOptions:
		return "options"
	}
	return "unknown"
}

// PeerOf is where a request came from, as a target that leads back over the same
// connection. Its host is the name that the peer has proved there, empty for none.
func PeerOf(tx ServerTransaction) Target {
	to := Target{Addr: tx.Source()}
	if t, err := ParseTransport(tx.Request().Transport()); err == nil {
		to.Transport = t
	}
	if t, ok := tx.(*serverTx); ok && t.link.conn != nil {
		to.Host = t.link.conn.key.host
	}
	return to
}
