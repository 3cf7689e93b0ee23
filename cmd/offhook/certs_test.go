package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"offhook/ua/sip"
)

// testCerts are the certificates of the scripts, below $CERTS, each NAME.pem with NAME.key:
//
//	ca        an authority            good      for 127.0.0.1
//	expired   for it, until yesterday other     for other.example
//	self      by itself               phone     a client's
//
// $PIN is that of good.
type testCerts struct{ dir, pin string }

func newTestCerts(t *testing.T) testCerts {
	t.Helper()
	c := testCerts{dir: t.TempDir()}
	here, later := []net.IP{net.IPv4(127, 0, 0, 1)}, time.Now().Add(24*time.Hour)
	ca := &x509.Certificate{Subject: pkix.Name{CommonName: "test CA"}, NotAfter: later, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	caKey := c.make(t, "ca", ca, nil, nil)
	good := &x509.Certificate{NotAfter: later, IPAddresses: here}
	c.make(t, "good", good, ca, caKey)
	c.pin = sip.PinOf(good).String()
	c.make(t, "expired", &x509.Certificate{NotAfter: time.Now().Add(-24 * time.Hour), IPAddresses: here}, ca, caKey)
	c.make(t, "other", &x509.Certificate{NotAfter: later, DNSNames: []string{"other.example"}}, ca, caKey)
	c.make(t, "self", &x509.Certificate{Subject: pkix.Name{CommonName: "myself"}, NotAfter: later, IPAddresses: here}, nil, nil)
	c.make(t, "phone", &x509.Certificate{NotAfter: later, DNSNames: []string{"phone"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}, ca, caKey)
	return c
}

// make writes a certificate by an authority, or by itself, and fills it in.
func (c testCerts) make(t *testing.T, name string, cert, by *x509.Certificate, byKey *ecdsa.PrivateKey) *ecdsa.PrivateKey {
	t.Helper()
	check := func(err error) {
		if err != nil {
			t.Helper()
			t.Fatal(err)
		}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(err)
	if by == nil {
		by, byKey = cert, key
	}
	cert.SerialNumber, cert.NotBefore = big.NewInt(time.Now().UnixNano()), time.Now().Add(-48*time.Hour)
	if cert.ExtKeyUsage == nil && !cert.IsCA {
		cert.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	}
	der, err := x509.CreateCertificate(rand.Reader, cert, by, &key.PublicKey, byKey)
	check(err)
	whole, err := x509.ParseCertificate(der)
	check(err)
	*cert = *whole
	private, err := x509.MarshalPKCS8PrivateKey(key)
	check(err)
	for file, block := range map[string]*pem.Block{name + ".pem": {Type: "CERTIFICATE", Bytes: der}, name + ".key": {Type: "PRIVATE KEY", Bytes: private}} {
		check(os.WriteFile(filepath.Join(c.dir, file), pem.EncodeToMemory(block), 0o600))
	}
	return key
}

func (c testCerts) tell(env *testscript.Env) {
	env.Setenv("CERTS", c.dir)
	env.Setenv("PIN", c.pin)
}
