package sip

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// verifier decides whether a peer is who was dialled. It is pure but for the clock that
// may be left to the system.
//
//	certificate --> pin, if any --> chain to a root --> dates, usage --> identity
type verifier struct {
	name  string // the domain that was dialled, or an address without brackets
	roots *x509.CertPool
	pin   *Pin
	now   time.Time // zero means now
}

// verify says why the peer with this chain isn't believed, nil when it is.
func (v verifier) verify(chain []*x509.Certificate) *CertificateError {
	if len(chain) == 0 {
		return &CertificateError{Problem: CertMissing, Host: v.name}
	}
	leaf := chain[0]
	refuse := func(p CertProblem, err error) *CertificateError {
		return &CertificateError{
			Problem: p, Host: v.name, Names: identities(leaf), Issuer: issuer(leaf),
			NotBefore: leaf.NotBefore, NotAfter: leaf.NotAfter, Pin: PinOf(leaf), Err: err,
		}
	}
	if v.pin != nil {
		if PinOf(leaf) != *v.pin {
			return refuse(CertWrongPin, nil)
		}
		if v.roots == nil {
			return nil
		}
	}
	opts := x509.VerifyOptions{
		Roots: v.roots, Intermediates: x509.NewCertPool(), CurrentTime: v.now,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if slices.ContainsFunc(leaf.UnknownExtKeyUsage, sipDomainUsage.Equal) {
		opts.KeyUsages = []x509.ExtKeyUsage{x509.ExtKeyUsageAny} // RFC 5924, section 4
	}
	for _, c := range chain[1:] {
		opts.Intermediates.AddCert(c)
	}
	if _, err := leaf.Verify(opts); err != nil {
		return refuse(problemOf(err, leaf, v.now), err)
	}
	if !speaksFor(leaf, v.name) {
		return refuse(CertWrongName, nil)
	}
	return nil
}

// sipDomainUsage is id-kp-sipDomain.
var sipDomainUsage = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 20}

// problemOf sorts what crypto/x509 found.
func problemOf(err error, leaf *x509.Certificate, now time.Time) CertProblem {
	if now.IsZero() {
		now = time.Now()
	}
	var invalid x509.CertificateInvalidError
	var unknown x509.UnknownAuthorityError
	switch {
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired && now.Before(leaf.NotBefore):
		return CertNotYetValid
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return CertExpired
	case errors.As(err, &invalid) && invalid.Reason == x509.IncompatibleUsage:
		return CertWrongUsage
	case errors.As(err, &unknown):
		return CertUnknownAuthority
	}
	return CertBadChain
}

// speaksFor says that a certificate is for a domain (RFC 5922, section 7.2), or for an
// address when an address was dialled. Names compare without case.
//
// Section 7.2 lets no wildcard match. Providers' certificates have them all the same, so
// one is taken in a DNS name, for its whole first label, as the web does (RFC 6125,
// section 6.4.3); never in a SIP URI or a common name.
func speaksFor(cert *x509.Certificate, name string) bool {
	name = strings.TrimSuffix(unbracket(name), ".")
	addr, err := netip.ParseAddr(name)
	numeric := err == nil
	if numeric {
		for _, ip := range cert.IPAddresses {
			if a, ok := netip.AddrFromSlice(ip); ok && a.Unmap() == addr.Unmap().WithZone("") {
				return true
			}
		}
	}
	for _, id := range sipIdentities(cert) {
		if equalHost(id, name) {
			return true
		}
	}
	for _, id := range cert.DNSNames {
		if equalHost(id, name) || !numeric && matchesWildcard(id, name) {
			return true
		}
	}
	// RFC 5922, section 7.1: the common name counts only without any subjectAltName.
	return !hasAltName(cert) && equalHost(cert.Subject.CommonName, name)
}

// sipIdentities are the hosts of sip: URIs without a user (RFC 5922, section 7.1).
func sipIdentities(cert *x509.Certificate) (hosts []string) {
	for _, u := range cert.URIs {
		if !strings.EqualFold(u.Scheme, "sip") || u.User != nil {
			continue
		}
		// url.Parse puts what follows "sip:" into Opaque.
		host := u.Opaque
		if host == "" {
			host = u.Host
		}
		host, _, _ = strings.Cut(host, ";")
		if strings.Contains(host, "@") || strings.Contains(host, "*") {
			continue
		}
		var at URI
		if splitHostPort(host, &at) == nil {
			hosts = append(hosts, unbracket(at.Host))
		}
	}
	return hosts
}

// altNameExtension is id-ce-subjectAltName (RFC 5280, section 4.2.1.6).
var altNameExtension = asn1.ObjectIdentifier{2, 5, 29, 17}

// hasAltName says that the certificate has subjectAltName, of whatever kind.
func hasAltName(cert *x509.Certificate) bool {
	return slices.ContainsFunc(cert.Extensions, func(e pkix.Extension) bool { return e.Id.Equal(altNameExtension) })
}

// identities are the names a certificate is for, to be shown.
func identities(cert *x509.Certificate) []string {
	names := slices.Clone(cert.DNSNames)
	for _, id := range sipIdentities(cert) {
		if !slices.Contains(names, id) {
			names = append(names, id)
		}
	}
	for _, ip := range cert.IPAddresses {
		names = append(names, ip.String())
	}
	if !hasAltName(cert) && cert.Subject.CommonName != "" {
		names = append(names, cert.Subject.CommonName)
	}
	return names
}

func issuer(cert *x509.Certificate) string {
	if cert.Issuer.CommonName != "" {
		return cert.Issuer.CommonName
	}
	return cert.Issuer.String()
}

func equalHost(a, b string) bool {
	return a != "" && strings.EqualFold(strings.TrimSuffix(a, "."), b)
}

// matchesWildcard takes "*.example.com" for any one label before example.com.
func matchesWildcard(pattern, name string) bool {
	rest, ok := strings.CutPrefix(pattern, "*.")
	if !ok || !strings.Contains(rest, ".") || strings.Contains(rest, "*") {
		return false
	}
	_, domain, ok := strings.Cut(name, ".")
	return ok && equalHost(rest, domain)
}
