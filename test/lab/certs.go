package lab

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Certs is a certificate authority and what it has made out.
type Certs struct {
	t   testing.TB
	dir string
	key *ecdsa.PrivateKey
	ca  *x509.Certificate
	// CA is the PEM file of the authority.
	CA string
}

// Cert is a certificate with its key, each a PEM file.
type Cert struct {
	File, Key string
	// Pin is the SHA-256 of the public key, in base64.
	Pin string
}

// NewCerts makes an authority.
func NewCerts(t testing.TB) *Certs {
	t.Helper()
	c := &Certs{t: t, dir: t.TempDir()}
	c.key = newKey(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "lab CA"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(24 * time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	c.ca = c.sign(template, template, &c.key.PublicKey)
	c.CA = c.write("ca.pem", "CERTIFICATE", c.ca.Raw)
	return c
}

// Server makes a certificate for names and addresses; one without either is for IP.
func (c *Certs) Server(name string, hosts ...string) Cert {
	return c.make(name, time.Now().Add(24*time.Hour), hosts...)
}

// Expired makes one for IP that ended yesterday.
func (c *Certs) Expired() Cert { return c.make("expired", time.Now().Add(-24*time.Hour)) }

func (c *Certs) make(name string, until time.Time, hosts ...string) Cert {
	c.t.Helper()
	if len(hosts) == 0 {
		hosts = []string{IP}
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-47 * time.Hour), NotAfter: until,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	for _, h := range hosts {
		if ip := net.ParseIP(h); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, h)
		}
	}
	key := newKey(c.t)
	cert := c.sign(template, c.ca, &key.PublicKey)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		c.t.Fatal(err)
	}
	sum := sha256.Sum256(cert.RawSubjectPublicKeyInfo)
	return Cert{
		File: c.write(name+".pem", "CERTIFICATE", cert.Raw),
		Key:  c.write(name+".key", "PRIVATE KEY", der),
		Pin:  base64.StdEncoding.EncodeToString(sum[:]),
	}
}

func (c *Certs) sign(template, parent *x509.Certificate, key *ecdsa.PublicKey) *x509.Certificate {
	c.t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key, c.key)
	if err != nil {
		c.t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		c.t.Fatal(err)
	}
	return cert
}

func (c *Certs) write(name, kind string, der []byte) string {
	c.t.Helper()
	path := filepath.Join(c.dir, name)
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		c.t.Fatal(err)
	}
	return path
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}
