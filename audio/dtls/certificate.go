package dtls

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"time"
)

// Certificate is one that its owner signed itself: the fingerprint in signalling vouches
// for it, no authority (RFC 5763, section 5). Immutable.
type Certificate struct {
	cert tls.Certificate
	told Fingerprint
}

// validity is how far from now a certificate holds, both ways: a peer's clock may be
// wrong, and nobody's calls go on for longer. Few peers look at it.
const validity = 30 * 24 * time.Hour

// NewCertificate makes a key and a certificate for it, which takes far less than a
// millisecond: each call has its own, so that calls can't be linked by it.
func NewCertificate(now time.Time) (*Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making a key for DTLS: %w", err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, fmt.Errorf("making a certificate for DTLS: %w", err)
	}
	// The name says nothing of who calls (RFC 8827, section 6.5 has the same aim).
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: "DTLS-SRTP"},
		NotBefore:    now.Add(-validity),
		NotAfter:     now.Add(validity),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("making a certificate for DTLS: %w", err)
	}
	return &Certificate{
		cert: tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key},
		told: fingerprint(SHA256, der),
	}, nil
}

// Fingerprint is what signalling is to tell of it.
func (c *Certificate) Fingerprint() Fingerprint { return c.told }
