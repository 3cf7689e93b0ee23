package sip

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
)

// TLSConfig says whom to believe over TLS and WSS, and who we are there. Its zero value
// believes the system's authorities and shows no certificate. A peer with a certificate of its
// own making is best pinned, or its authority named.
type TLSConfig struct {
	// Roots are the authorities that are believed. Nil means the system's.
	Roots *x509.CertPool
	// Certificate is shown by our listeners, and to peers that ask for one. Nil for none.
	Certificate *tls.Certificate
	// Pin is what the peer's public key must be; nil for any. Without Roots it is all that
	// is asked for, as a TLSA record 3 1 1 would (RFC 7671, section 5.1): names, dates and
	// authorities don't matter then. With Roots both must hold.
	Pin *Pin
	// ServerName is the name that the peer's certificate must have, in place of the domain
	// that was dialled. It is sent as the server name too.
	ServerName string
	// Verify says what becomes of a peer that can't prove who it is.
	Verify Verification
	// Clients are the authorities one of which has to vouch for a peer that connects to
	// our listeners, by a certificate that it shows. Nil asks for none.
	Clients *x509.CertPool
}

// Pin is the SHA-256 of a certificate's SubjectPublicKeyInfo.
type Pin [sha256.Size]byte

// PinOf is the pin of a certificate's key.
func PinOf(cert *x509.Certificate) Pin { return sha256.Sum256(cert.RawSubjectPublicKeyInfo) }

// ParsePin reads a pin in base64, as curl and HPKP write it, or in hexadecimal, with
// colons or without; "sha256//" or "sha256:" may stand before it.
func ParsePin(s string) (Pin, error) {
	text := strings.TrimSpace(s)
	for _, prefix := range []string{"sha256//", "sha256/", "sha256:"} {
		if len(text) > len(prefix) && strings.EqualFold(text[:len(prefix)], prefix) {
			text = text[len(prefix):]
			break
		}
	}
	var p Pin
	raw, err := hex.DecodeString(strings.ReplaceAll(text, ":", ""))
	if err != nil {
		raw, err = base64.RawStdEncoding.DecodeString(strings.TrimRight(text, "="))
	}
	if err != nil || len(raw) != len(p) {
		return Pin{}, fmt.Errorf("%q is no pin: give the SHA-256 of the server's public key, 44 characters of base64 or 64 of hexadecimal", s)
	}
	copy(p[:], raw)
	return p, nil
}

// String is the pin in base64, as ParsePin reads it.
func (p Pin) String() string { return "sha256//" + base64.StdEncoding.EncodeToString(p[:]) }

// client is the TLS configuration of a connection that we dial to reach host. doubt is told
// what was wrong with a peer that is taken all the same.
func (c *TLSConfig) client(host string, cache tls.ClientSessionCache, doubt func(*CertificateError)) *tls.Config {
	name := c.ServerName
	if name == "" {
		name = host
	}
	v := verifier{name: name, roots: c.Roots, pin: c.Pin}
	cfg := &tls.Config{
		MinVersion: tls.VersionTLS12,
		ServerName: name,
		// The check is ours, in VerifyConnection, which a resumed session passes too:
		// crypto/tls knows no SIP identities and no pins.
		InsecureSkipVerify: true,
		VerifyConnection:   c.verification(v, doubt),
		ClientSessionCache: cache,
	}
	if c.Certificate != nil {
		cfg.Certificates = []tls.Certificate{*c.Certificate}
	}
	return cfg
}

// server is the TLS configuration of our listeners.
func (c *TLSConfig) server() *tls.Config {
	cfg := &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{*c.Certificate}}
	if c.Clients != nil {
		cfg.ClientAuth, cfg.ClientCAs = tls.RequireAndVerifyClientCert, c.Clients
	}
	return cfg
}
