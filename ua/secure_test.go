package ua

import (
	"bytes"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"offhook/ua/call"
	"offhook/ua/sip"
	"offhook/ua/trace"
	"offhook/ua/uatest"
)

// secureRig is an Agent whose account is at "localhost" over TLS, with a peer whose
// certificate is for that name and not for its address.
func secureRig(t *testing.T, options ...option) *rig {
	t.Helper()
	cert, roots := uatest.Certificate(t, "localhost")
	peer := uatest.TLS(t, cert)
	return newRigWith(t, peer, append([]option{withAccount(func(a *Account) {
		a.AOR = fmt.Sprintf("sip:alice@localhost:%d", peer.Addr().Port())
		a.Transport, a.TLS.Roots = sip.TLS, roots
	})}, options...)...)
}

// RFC 5922: requests in a dialog, too, go to who was dialled, whose Contact is an address
// that no certificate names; also when the connection has to be made again.
func TestInterop08TLSInDialog(t *testing.T) {
	r := secureRig(t)
	id := r.agent.Dial(DialRequest{Target: "bob"})
	inv := r.peer.Expect("INVITE")
	if !strings.Contains(inv.Get("Via"), "SIP/2.0/TLS ") || !strings.Contains(inv.Get("Contact"), ";transport=tls>") {
		t.Errorf("INVITE:\n%s", inv.Raw)
	}
	leg := r.peer.Leg(inv)
	leg.Reply(inv, 200, r.sdp())
	if ack := r.peer.Expect("ACK"); ack.From != inv.From {
		t.Errorf("the ACK came from %s, the INVITE from %s", ack.From, inv.From)
	}
	r.state(id, call.Confirmed)
	r.peer.HangUp()
	r.agent.Hangup(id)
	bye := r.peer.Expect("BYE")
	if bye.From == inv.From || !strings.Contains(bye.URI(), "127.0.0.1") {
		t.Errorf("BYE to %s from %s", bye.URI(), bye.From)
	}
	leg.Reply(bye, 200, "")
	if info := r.ended(id); info.Cause != call.LocalHangup {
		t.Errorf("ended by %v, %v", info.Cause, info.Err)
	}
}

// The certificate isn't for the address: dialled as that, it is refused, in words.
func TestCertificateRefused(t *testing.T) {
	r := secureRig(t)
	id := r.agent.Dial(DialRequest{Target: r.peer.URI("bob")})
	info := r.ended(id)
	if info.Cause != call.TransportFailure || info.Err == nil ||
		!strings.HasPrefix(info.Err.Error(), "the certificate shown for 127.0.0.1 is for localhost; check the address that was dialled, or set tls_server_name if that is its name (") {
		t.Errorf("%v: %v", info.Cause, info.Err)
	}
}

// RFC 3261, sections 8.1.1.8, 12.1.1 and 26.2.2: what is dialled as sips goes by TLS, though
// the account is one for UDP, and we name ourselves so.
func TestSipsCall(t *testing.T) {
	r := secureRig(t, withAccount(func(a *Account) { a.Transport = sip.UDP }))
	id := r.agent.Dial(DialRequest{Target: fmt.Sprintf("sips:bob@localhost:%d", r.peer.Addr().Port())})
	inv := r.peer.Expect("INVITE")
	if !strings.HasPrefix(inv.URI(), "sips:bob@localhost:") {
		t.Errorf("INVITE to %s", inv.URI())
	}
	if c := inv.Get("Contact"); !strings.HasPrefix(c, "<sips:alice@127.0.0.1:") || strings.Contains(c, "transport") {
		t.Errorf("Contact %s", c)
	}
	leg := r.peer.Leg(inv)
	leg.Contact = "sips:bob@" + r.peer.Addr().String() + ";transport=tcp" // TLS over TCP
	leg.Reply(inv, 200, r.sdp())
	r.peer.Expect("ACK")
	r.state(id, call.Confirmed)
	leg.To = inv.From
	leg.Send(leg.Request("INVITE", r.sdp()))
	if ok := r.peer.Expect("200 INVITE"); !strings.HasPrefix(ok.Get("Contact"), "<sips:") {
		t.Errorf("Contact %s", ok.Get("Contact"))
	}
	leg.Send(leg.Ack(leg.Seq, ""))
	r.agent.Hangup(id)
	leg.Reply(r.peer.Expect("BYE"), 200, "")
	r.ended(id)
}

func TestAsSecure(t *testing.T) {
	for _, c := range []struct {
		uri    string
		dialog sip.Transport
		want   sip.Transport
	}{
		{"sip:192.0.2.1", sip.UDP, sip.UDP},
		{"sip:192.0.2.1;transport=tcp", sip.UDP, sip.TCP},
		{"sip:192.0.2.1;transport=ws", sip.WSS, sip.WSS},
		{"sip:192.0.2.1;transport=ws", sip.WS, sip.WS},
		{"sips:192.0.2.1;transport=ws", sip.TLS, sip.WSS},
		{"sips:192.0.2.1;transport=tcp", sip.TLS, sip.TLS},
		{"sips:192.0.2.1", sip.TLS, sip.TLS},
	} {
		u, err := sip.ParseURI(c.uri)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := numericTarget(u, c.dialog); !ok || got.Transport != c.want {
			t.Errorf("%s in a dialog over %s: %v, %v", c.uri, c.dialog, got, ok)
		}
	}
}

// wire keeps what we send.
type wireTap struct {
	mu   sync.Mutex
	sent []string
}

func (w *wireTap) Trace(r trace.Record) {
	if r.Dir == trace.Out {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.sent = append(w.sent, string(bytes.Clone(r.Raw)))
	}
}

// RFC 5118, section 4, on real sockets: brackets in the URI, in Via and in Contact, none
// in SDP nor in received; one account has a socket of each family at once.
func TestInterop10IPv6(t *testing.T) {
	four, six := uatest.UDP(t), uatest.UDPAt(t, "::1")
	tap := &wireTap{}
	r := newRigWith(t, six, withAccount(func(a *Account) { a.Listen = netip.AddrPort{} }), func(c *Config) { c.Trace = tap })
	for _, c := range []struct {
		peer *uatest.Peer
		host string // in URIs
		c    string // in SDP
	}{{six, "[::1]", "c=IN IP6 ::1\r\n"}, {four, "127.0.0.1", "c=IN IP4 127.0.0.1\r\n"}, {six, "[::1]", "c=IN IP6 ::1\r\n"}} {
		id := r.agent.Dial(DialRequest{Target: c.peer.URI("bob")})
		inv := c.peer.Expect("INVITE")
		if !strings.HasPrefix(inv.URI(), "sip:bob@"+c.host+":") || !strings.HasPrefix(inv.Get("Via"), "SIP/2.0/UDP "+c.host+":") || !strings.Contains(inv.Get("Contact"), "@"+c.host+":") ||
			!strings.Contains(inv.Body, c.c) {
			t.Errorf("INVITE:\n%s", inv.Raw)
		}
		if end := r.agent.lines[0].main(); !end.addr.Is6() {
			t.Errorf("the account's own socket is at %v", end.addr)
		}
		leg := c.peer.Leg(inv)
		leg.Reply(inv, 200, uatest.SDP(c.peer.Addr().Addr(), 4000))
		if ack := c.peer.Expect("ACK"); !strings.HasPrefix(ack.URI(), "sip:") || !strings.Contains(ack.URI(), c.host+":") {
			t.Errorf("ACK to %s", ack.URI())
		}
		if info := r.state(id, call.Confirmed); info.RemoteMedia != netip.AddrPortFrom(c.peer.Addr().Addr(), 4000) {
			t.Errorf("media to %v", info.RemoteMedia)
		}
		// A request of theirs is answered with where it came from, unbracketed in received
		// (RFC 5118, section 4.5).
		leg.To = inv.From
		leg.Send(strings.Replace(leg.Request("OPTIONS", ""), c.peer.Addr().String(), "[2001:db8::9]:5060", 1))
		ok := c.peer.Expect("200 OPTIONS")
		bare := strings.Trim(c.host, "[]")
		if via := ok.Get("Via"); uatest.Param(via, "received") != bare || !strings.Contains(via, "[2001:db8::9]:5060") {
			t.Errorf("Via %s", via)
		}
		r.agent.Hangup(id)
		leg.Reply(c.peer.Expect("BYE"), 200, "")
		r.ended(id)
	}
	tap.mu.Lock()
	defer tap.mu.Unlock()
	for _, text := range tap.sent {
		_, body, _ := strings.Cut(text, "\r\n\r\n")
		if strings.ContainsAny(body, "[]") {
			t.Errorf("brackets in the body of\n%s", text)
		}
	}
}

// RFC 3261, section 8.1.2: the way to a sips URI is found as if each hop were one.
func TestSipsGoesBySecureHops(t *testing.T) {
	for _, c := range []struct{ aor, registrar, proxy, target, want, register string }{
		{"sip:a@example.org", "", "sip:edge.example.net;transport=udp", "sips:bob@example.com", "sips:edge.example.net;transport=udp", "sip:edge.example.net;transport=udp"},
		{"sip:a@example.org", "", "sip:edge.example.net", "sip:bob@example.com", "sip:edge.example.net", "sip:edge.example.net"},
		{"sip:a@example.org", "", "", "sips:bob@example.com", "sips:bob@example.com", "sip:example.org"},
		{"sips:a@example.org", "", "sip:edge.example.net", "sip:bob@example.com", "sip:edge.example.net", "sips:edge.example.net"},
	} {
		l, err := (&Agent{}).newLine(Account{Name: "me", AOR: c.aor, Registrar: c.registrar, OutboundProxy: c.proxy})
		if err != nil {
			t.Fatal(err)
		}
		to, err := sip.ParseURI(c.target)
		if err != nil {
			t.Fatal(err)
		}
		hop := l.firstHop(to)
		if got := hop.String(); got != c.want {
			t.Errorf("%s by %q: %s", c.target, c.proxy, got)
		}
		hop = l.reg.flows[0].hop()
		if got := hop.String(); got != c.register {
			t.Errorf("REGISTER of %s by %q: %s", c.aor, c.proxy, got)
		}
	}
}
