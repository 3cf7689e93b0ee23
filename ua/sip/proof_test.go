package sip

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
)

// Who vouches for a server, and what becomes of one that nobody vouches for.
func TestProof(t *testing.T) {
	ca, other := newAuthority(t, "CA"), newAuthority(t, "another")
	good := ca.local()
	expired := ca.leaf(func(c *x509.Certificate) { c.DNSNames, c.NotAfter = []string{"localhost"}, time.Now().Add(-time.Hour) })
	pin := PinOf(good.Leaf)
	wrong := PinOf(other.cert)
	for _, c := range []struct {
		name    string
		cert    *tls.Certificate
		client  TLSConfig
		want    Proof
		refused CertProblem // when want is NoProof
		doubted CertProblem // when want is ProofNobody
	}{
		{name: "by an authority", cert: good, client: TLSConfig{Roots: ca.pool()}, want: ProofAuthority},
		{name: "by a pin", cert: good, client: TLSConfig{Pin: &pin}, want: ProofPin},
		{name: "by both", cert: good, client: TLSConfig{Roots: ca.pool(), Pin: &pin}, want: ProofAuthority},
		{name: "nobody known", cert: good, client: TLSConfig{Roots: other.pool()}, refused: CertUnknownAuthority},
		{name: "unchecked", cert: good, client: TLSConfig{Roots: other.pool(), Verify: VerifyNothing}, want: ProofNobody, doubted: CertUnknownAuthority},
		{name: "unchecked, expired", cert: expired, client: TLSConfig{Roots: ca.pool(), Verify: VerifyNothing}, want: ProofNobody, doubted: CertExpired},
		{name: "unchecked, and good", cert: good, client: TLSConfig{Roots: ca.pool(), Verify: VerifyNothing}, want: ProofAuthority},
		{name: "a pin holds", cert: good, client: TLSConfig{Pin: &wrong, Verify: VerifyNothing}, refused: CertWrongPin},
	} {
		t.Run(c.name, func(t *testing.T) {
			server, _ := listenWith(t, "127.0.0.1", Config{Transports: everyTransport, TLS: TLSConfig{Certificate: c.cert}})
			for _, transport := range []Transport{TLS, WSS} {
				doubts := make(chan *CertificateError, 10)
				client, _ := listenWith(t, "127.0.0.1", Config{TLS: c.client, Unverified: func(err *CertificateError) { doubts <- err }})
				to := Target{Transport: transport, Addr: server.LocalAddr(transport)}
				told := make(chan error, 1)
				if _, err := client.Request(outgoing(OPTIONS), to, func(_ *Response, err error) { told <- err }); err != nil {
					t.Fatal(err)
				}
				if c.want == NoProof {
					var err *CertificateError
					if got := want(t, told); !errors.As(got, &err) || err.Problem != c.refused {
						t.Errorf("%s: %v", transport, got)
					}
				} else {
					in := want(t, server.requests)
					if got := server.Proof(PeerOf(in)); got != ProofUnasked {
						t.Errorf("%s: the server has %v of us", transport, got)
					}
					respond(t, in, 200)
					if err := want(t, told); err != nil {
						t.Fatal(err)
					}
				}
				if got := client.Proof(to); got != c.want {
					t.Errorf("%s: %v, want %v", transport, got, c.want)
				}
				if c.want == ProofNobody {
					if err := want(t, doubts); err.Problem != c.doubted {
						t.Errorf("%s: doubted by %v", transport, err)
					}
				}
				if len(doubts) > 0 {
					t.Errorf("%s: doubted by %v", transport, <-doubts)
				}
			}
		})
	}
	client, server := listen(t, "127.0.0.1"), listen(t, "127.0.0.1")
	to := Target{Transport: TCP, Addr: server.LocalAddr(TCP)}
	if _, err := client.Request(outgoing(OPTIONS), to, client.answer); err != nil {
		t.Fatal(err)
	}
	respond(t, want(t, server.requests), 200)
	want(t, client.answers)
	if got := client.Proof(to); got != NoProof {
		t.Errorf("TCP proves %v", got)
	}
}

// A listener that asks for certificates serves who shows one of the right authority.
func TestClientCertificates(t *testing.T) {
	ca, clients, other := newAuthority(t, "CA"), newAuthority(t, "clients"), newAuthority(t, "another")
	server, _ := listenWith(t, "127.0.0.1", Config{Transports: everyTransport, TLS: TLSConfig{Certificate: ca.local(), Clients: clients.pool()}})
	phone := func(a *authority) *tls.Certificate {
		return a.leaf(func(c *x509.Certificate) {
			c.DNSNames, c.ExtKeyUsage = []string{"phone"}, []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
		})
	}
	for _, transport := range []Transport{TLS, WSS} {
		for _, c := range []struct {
			name string
			cert *tls.Certificate
			ok   bool
		}{{"none", nil, false}, {"another authority's", phone(other), false}, {"good", phone(clients), true}} {
			client, _ := listenWith(t, "127.0.0.1", Config{TLS: TLSConfig{Roots: ca.pool(), Certificate: c.cert}})
			told := make(chan error, 1)
			if _, err := client.Request(outgoing(OPTIONS), Target{Transport: transport, Addr: server.LocalAddr(transport)}, func(_ *Response, err error) { told <- err }); err != nil {
				t.Fatal(err)
			}
			if c.ok {
				in := want(t, server.requests)
				if got := server.Proof(PeerOf(in)); got != ProofAuthority {
					t.Errorf("%s, %s: the server has %v", transport, c.name, got)
				}
				respond(t, in, 200)
			}
			if err := want(t, told); (err == nil) != c.ok || err != nil && !errors.Is(err, ErrTransport) {
				t.Errorf("%s, %s: %v", transport, c.name, err)
			}
		}
	}
	if len(server.requests) > 0 {
		t.Error("a request without a certificate came through")
	}
}

// RFC 6455, section 10.2: pages of sites that aren't named don't get in, neither from this
// machine nor under a name that leads here.
func TestWebSocketOrigin(t *testing.T) {
	const phone = "https://phone.example.org"
	named, _ := listenWith(t, "127.0.0.1", Config{Transports: []Transport{WS}, Origins: []string{phone, "http://lab:8080"}})
	none, _ := listenWith(t, "127.0.0.1", Config{Transports: []Transport{WS}})
	files, _ := listenWith(t, "127.0.0.1", Config{Transports: []Transport{WS}, Origins: []string{"null"}})
	all, _ := listenWith(t, "127.0.0.1", Config{Transports: []Transport{WS}, Origins: []string{AnyOrigin}})
	for _, c := range []struct {
		server *rig
		origin string
		ok     bool
	}{
		{none, "", true}, {none, phone, false}, {none, "null", false}, {none, "http://" + none.LocalAddr(WS).String(), false}, {none, "*", false},
		{named, "", true}, {named, phone, true}, {named, "HTTPS://Phone.example.org:443", true}, {named, "http://lab:8080", true},
		{named, "http://phone.example.org", false}, {named, phone + ":8443", false}, {named, phone + ".evil.example", false}, {named, "http://lab", false}, {named, "nonsense", false},
		{files, "null", true}, {files, phone, false},
		{all, "https://evil.example", true}, {all, "null", true},
	} {
		d := ws.Dialer{Protocols: []string{"sip"}}
		if c.origin != "" {
			d.Header = ws.HandshakeHeaderString("Origin: " + c.origin + "\r\n")
		}
		nc, _, _, err := d.Dial(t.Context(), "ws://"+c.server.LocalAddr(WS).String())
		var status ws.StatusError
		switch {
		case c.ok && err != nil, !c.ok && (!errors.As(err, &status) || status != 403):
			t.Errorf("%q to those that let in %v: %v", c.origin, c.server.cfg.Origins, err)
		}
		if err == nil {
			_ = nc.Close()
		}
	}
}

func TestParseOrigin(t *testing.T) {
	for in, want := range map[string]string{
		"https://Phone.Example.org": "https://phone.example.org", "https://a:443": "https://a", "http://a:80/": "http://a",
		"http://[::1]:8080": "http://[::1]:8080", "*": "*", "null": "null", "chrome-extension://abc": "chrome-extension://abc",
		"": "", "phone.example.org": "", "https://a/page": "", "https://u@a": "", "https://": "", "https://a?x": "",
	} {
		got, err := ParseOrigin(in)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v", in, got, err)
		}
		if err != nil && !strings.Contains(err.Error(), "scheme and host") {
			t.Errorf("%q: %v", in, err)
		}
	}
}
