package ua

import (
	"net/netip"
	"strings"

	"offhook/ua/sip"
)

// asSecure is the transport that a URI's parameter names, given that of the dialog. "ws"
// stands for both kinds of WebSocket (RFC 7118, section 5.3), and a sips URI is never sent
// to in the clear (RFC 3261, section 26.2.2).
func asSecure(named, dialog sip.Transport, encrypted bool) sip.Transport {
	switch named {
	case sip.WS:
		if encrypted || dialog == sip.WSS {
			return sip.WSS
		}
	case sip.UDP, sip.TCP:
		if encrypted {
			return sip.TLS
		}
	case sip.TLS, sip.WSS, sip.AnyTransport:
	}
	return named
}

// securedHop is the way to a sips URI, found as if it were one itself, whatever its own scheme
// (RFC 3261, section 8.1.2): nobody on it reads along.
func securedHop(hop sip.URI) sip.URI {
	hop = *hop.Clone()
	if hop.Scheme == "" || strings.EqualFold(hop.Scheme, "sip") {
		hop.Scheme = "sips"
	}
	return hop
}

// ServerUnverified tells of a server that an account talks to over TLS though it hasn't proved
// who it is: sip.VerifyNothing. There is one for each connection.
type ServerUnverified struct {
	Meta
	Account string
	// Err is what is wrong with the certificate, and names the server.
	Err *sip.CertificateError
}

func encryptedBy(t sip.Transport) bool { return t == sip.TLS || t == sip.WSS }

// proved is a next hop as TLS has to prove it: as the domain that was dialled, whatever
// address a Contact or Record-Route names (RFC 5922; interop 8). So the connection that
// made the dialog carries its requests, too.
func (l *leg) proved(t sip.Target) sip.Target { return provedBy(l.via, t) }

// provedBy is proved for a dialog that via made.
func provedBy(via, t sip.Target) sip.Target {
	secure := encryptedBy(t.Transport)
	if _, err := netip.ParseAddr(strings.Trim(t.Host, "[]")); secure && (err == nil || t.Addr == via.Addr) {
		t.Host = via.Host
	}
	return t
}

// contact is line.contact, as a sips URI where the call was placed to one (RFC 3261,
// sections 8.1.1.8 and 12.1.1).
func (c *phoneCall) contact(b bound, t sip.Transport) string {
	value := c.contactFor(c.line.contactFor(b, t, c.intro.anonymous))
	if c.encrypted() {
		return "<" + sipsURI(strings.Trim(value, "<>")) + ">"
	}
	return value
}

// encrypted says that the call was placed to a sips URI.
func (c *phoneCall) encrypted() bool {
	if c.invite != nil {
		return c.invite.Recipient.IsEncrypted()
	}
	return c.target.IsEncrypted()
}

// sipsURI is a SIP URI as one that TLS has to lead to. transport=tls is then said twice, and
// deprecated (RFC 3261, section 26.2.2).
func sipsURI(uri string) string {
	if rest, ok := strings.CutPrefix(uri, "sip:"); ok {
		uri = "sips:" + rest
	}
	return strings.Replace(uri, ";transport=tls", "", 1)
}
