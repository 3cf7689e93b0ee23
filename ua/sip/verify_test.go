package sip

import (
	"crypto/x509"
	"errors"
	"net"
	"strings"
	"testing"
	"time"
)

// RFC 5922, sections 7.1 and 7.2, with the wildcard that it doesn't have.
func TestIdentity(t *testing.T) {
	ca := newAuthority(t, "CA")
	for _, c := range []struct {
		what   string
		dialed string
		cert   func(*x509.Certificate)
		ok     bool
	}{
		{"a SIP URI", "example.com", named("", nil, "sip:example.com"), true},
		{"a SIP URI, without case", "EXAMPLE.com.", named("", nil, "sip:Example.COM"), true},
		{"a SIP URI with a parameter", "example.com", named("", nil, "sip:example.com;transport=tls"), true},
		{"a SIP URI with a user", "example.com", named("", nil, "sip:alice@example.com"), false},
		{"a sips URI isn't an identity", "example.com", named("", nil, "sips:example.com"), false},
		{"a web server's URI", "example.com", named("", nil, "https://example.com"), false},
		{"a wildcard in a SIP URI", "a.example.com", named("", nil, "sip:*.example.com"), false},
		{"a DNS name", "example.com", named("", dns("example.com")), true},
		{"one of several", "example.com", named("", dns("other.example", "example.com")), true},
		{"a subdomain", "sip.example.com", named("", dns("example.com")), false},
		{"a superdomain", "example.com", named("", dns("sip.example.com")), false},
		{"a wildcard", "sip.example.com", named("", dns("*.example.com")), true},
		{"a wildcard for two labels", "a.b.example.com", named("", dns("*.example.com")), false},
		{"a wildcard for none", "example.com", named("", dns("*.example.com")), false},
		{"a wildcard for a top level", "example.com", named("", dns("*.com")), false},
		{"a part of a label", "sip1.example.com", named("", dns("sip*.example.com")), false},
		{"a common name alone", "example.com", named("example.com", nil), true},
		{"a common name beside a DNS name", "example.com", named("example.com", dns("other.example")), false},
		{"a common name beside a URI", "example.com", named("example.com", nil, "sip:alice@example.com"), false},
		{"a wildcard common name", "sip.example.com", named("*.example.com", nil), false},
		{"no name at all", "example.com", nil, false},
		{"an address", "192.0.2.1", func(c *x509.Certificate) { c.IPAddresses = []net.IP{net.ParseIP("192.0.2.1")} }, true},
		{"another address", "192.0.2.2", func(c *x509.Certificate) { c.IPAddresses = []net.IP{net.ParseIP("192.0.2.1")} }, false},
		{"an IPv6 address in brackets", "[2001:db8::1]", func(c *x509.Certificate) { c.IPAddresses = []net.IP{net.ParseIP("2001:db8::1")} }, true},
		{"an address as a DNS wildcard", "192.0.2.1", named("", dns("*.0.2.1")), false},
		{"usage for SIP alone (RFC 5924)", "example.com", sipDomain, true},
	} {
		leaf := ca.leaf(c.cert).Leaf
		err := verifier{name: c.dialed, roots: ca.pool()}.verify([]*x509.Certificate{leaf})
		var refused *CertificateError
		switch {
		case c.ok && err != nil:
			t.Errorf("%s: %v", c.what, err)
		case !c.ok && (!errors.As(err, &refused) || refused.Problem != CertWrongName):
			t.Errorf("%s: taken for %s: %v", c.what, c.dialed, err)
		}
	}
}

func TestCertificateProblems(t *testing.T) {
	ca, other := newAuthority(t, "Lab CA"), newAuthority(t, "Other CA")
	good := ca.leaf(named("", dns("example.com"))).Leaf
	pin, wrong := PinOf(good), PinOf(other.cert)
	for _, c := range []struct {
		what  string
		v     verifier
		cert  *x509.Certificate
		want  CertProblem
		words string // empty for a certificate that is taken
	}{
		{"good", verifier{roots: ca.pool()}, good, 0, ""},
		{"another's", verifier{name: "sip.example.org", roots: ca.pool()}, good, CertWrongName, "shown for sip.example.org is for example.com; check the address"},
		{"old", verifier{roots: ca.pool(), now: time.Now().Add(2 * time.Hour)}, good, CertExpired, "expired on"},
		{"too new", verifier{roots: ca.pool(), now: time.Now().Add(-2 * time.Hour)}, good, CertNotYetValid, "isn't valid before"},
		{"unknown", verifier{roots: other.pool()}, good, CertUnknownAuthority, `"Lab CA", which isn't a known authority`},
		{"unknown to the system", verifier{}, good, CertUnknownAuthority, pin.String()},
		{"for clients", verifier{roots: ca.pool()}, ca.leaf(func(c *x509.Certificate) {
			c.DNSNames, c.ExtKeyUsage = dns("example.com"), []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
		}).Leaf, CertWrongUsage, "isn't for a server"},
		{"pinned", verifier{pin: &pin}, good, 0, ""},
		{"pinned, by another name and too late", verifier{name: "x", pin: &pin, now: time.Now().Add(9000 * time.Hour)}, good, 0, ""},
		{"pinned otherwise", verifier{pin: &wrong}, good, CertWrongPin, "isn't the pinned one"},
		{"pinned, of an unknown authority", verifier{pin: &pin, roots: other.pool()}, good, CertUnknownAuthority, "known authority"},
		{"pinned, by an authority, by another name", verifier{name: "x", pin: &pin, roots: ca.pool()}, good, CertWrongName, "is for example.com"},
	} {
		if c.v.name == "" {
			c.v.name = "example.com"
		}
		err := c.v.verify([]*x509.Certificate{c.cert})
		var refused *CertificateError
		switch {
		case c.words == "" && err != nil:
			t.Errorf("%s: %v", c.what, err)
		case c.words == "":
		case !errors.As(err, &refused) || refused.Problem != c.want || !strings.Contains(err.Error(), c.words):
			t.Errorf("%s: %v", c.what, err)
		case strings.Count(err.Error(), PinOf(c.cert).String()) != 1:
			t.Errorf("%s: the pin of the key is to be told, once: %v", c.what, err)
		}
	}
	if err := (verifier{name: "x"}).verify(nil); err == nil || !strings.Contains(err.Error(), "no certificate") {
		t.Errorf("no certificate: %v", err)
	}
}

func TestParsePin(t *testing.T) {
	pin := PinOf(newAuthority(t, "CA").cert)
	hexed := strings.ToUpper(strings.Repeat("ab:", 31) + "ab")
	for _, s := range []string{pin.String(), strings.TrimPrefix(pin.String(), "sha256//"), " SHA256:" + strings.TrimPrefix(pin.String(), "sha256//") + " ", hexed} {
		got, err := ParsePin(s)
		if err != nil || s != hexed && got != pin || s == hexed && got[0] != 0xab {
			t.Errorf("%q: %v, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "sha256//", "abc", hexed + ":00", "sha1//AAAA"} {
		if _, err := ParsePin(s); err == nil {
			t.Errorf("%q is taken", s)
		}
	}
}

func FuzzParsePin(f *testing.F) {
	f.Add("sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
	f.Add("aa:bb")
	f.Fuzz(func(t *testing.T, s string) {
		p, err := ParsePin(s)
		if err != nil {
			return
		}
		if again, err := ParsePin(p.String()); err != nil || again != p {
			t.Errorf("%q: %v, %v", s, again, err)
		}
	})
}
