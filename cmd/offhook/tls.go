package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"time"

	"offhook/config"
	"offhook/ua"
	"offhook/ua/sip"
)

// tlsFlags say who is believed over TLS and WSS, who we are there, and how the way is
// kept open.
func (f *accountFlags) tlsFlags() {
	f.text("tls-ca", "believe the authorities in the PEM `FILE`, not the system's", func(a *config.Account) *string { return &a.TLSCA })
	f.text("tls-cert", "show the certificate in the PEM `FILE`", func(a *config.Account) *string { return &a.TLSCert })
	f.text("tls-key", "PEM `FILE` of that certificate's key", func(a *config.Account) *string { return &a.TLSKey })
	f.text("tls-pin", "SHA-256 `HASH` of the server's public key, base64 or hexadecimal", func(a *config.Account) *string { return &a.TLSPin })
	f.text("tls-server-name", "`NAME` that the server's certificate must have, when it isn't the domain",
		func(a *config.Account) *string { return &a.TLSServerName })
	f.text("tls-client-ca", "let only those connect to us over TLS who show a certificate of the authorities in the PEM `FILE`; needs --tls-cert",
		func(a *config.Account) *string { return &a.TLSClientCA })
	f.yes("insecure", "talk to TLS servers that can't prove who they are, with warnings: whoever is in between reads along; --tls-pin is better",
		func(a *config.Account) *bool { return &a.Insecure })
	f.text("ws-path", "`PATH` to ask for over ws and wss (default /ws)", func(a *config.Account) *string { return &a.WSPath })
	f.text("keepalive", "`HOW` the way to the registrar is kept open: auto, off, crlf, stun or options",
		func(a *config.Account) *string { return &a.KeepAlive })
	f.span("keepalive-interval", "longest `TIME` between two keep-alives",
		func(a *config.Account) *time.Duration { return &a.KeepAliveInterval })
	f.span("media-keepalive", "`TIME` that a call may send nothing, as on hold, before an empty packet keeps NATs open (default 15s)",
		func(a *config.Account) *time.Duration { return &a.MediaKeepAlive })
}

// secure puts into an account what the configuration says of TLS, WebSocket and keep-alives.
func (a *app) secure(c config.Account, out *ua.Account) error {
	var errs []error
	wrong := func(key string, err error) { errs = append(errs, &accountError{c.Name, key, err}) }
	if path := c.WSPath; path != "" && path[0] != '/' {
		wrong("ws_path", fmt.Errorf("%q doesn't start with a slash", path))
	}
	out.WSPath = c.WSPath
	out.KeepAlive.Interval = c.KeepAliveInterval
	out.MediaKeepAlive = c.MediaKeepAlive
	switch c.KeepAlive {
	case "off":
		out.KeepAlive.Method = sip.KeepAliveOff
	case "crlf":
		out.KeepAlive.Method = sip.KeepAliveCRLF
	case "stun":
		out.KeepAlive.Method = sip.KeepAliveSTUN
	case "options":
		out.KeepAlive.Method = sip.KeepAliveOptions
	}
	out.TLS.ServerName = c.TLSServerName
	if c.TLSPin != "" {
		pin, err := sip.ParsePin(c.TLSPin)
		if err != nil {
			wrong("tls_pin", err)
		}
		out.TLS.Pin = &pin
	}
	if c.TLSCA != "" {
		roots, err := readRoots(a.home(c.TLSCA))
		if err != nil {
			wrong("tls_ca", err)
		}
		out.TLS.Roots = roots
	}
	cert, err := readCertificate(a.home(c.TLSCert), a.home(c.TLSKey))
	if err != nil {
		key := "tls_cert"
		if c.TLSCert == "" {
			key = "tls_key"
		}
		wrong(key, err)
	}
	out.TLS.Certificate = cert
	if c.TLSClientCA != "" {
		if out.TLS.Clients, err = readRoots(a.home(c.TLSClientCA)); err == nil && c.TLSCert == "" {
			err = errors.New("nobody connects over TLS without a certificate of ours: set tls_cert and tls_key, too")
		}
		if err != nil {
			wrong("tls_client_ca", err)
		}
	}
	if c.Insecure {
		out.TLS.Verify = sip.VerifyNothing
		a.warn("account %q is insecure: certificates of TLS servers aren't checked, and whoever is in between reads along, passwords' hashes included; pin the server's key instead (tls_pin, --tls-pin)", c.Name)
	}
	return errors.Join(errs...)
}

func readRoots(path string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no certificate in PEM (-----BEGIN CERTIFICATE-----)", path)
	}
	return roots, nil
}

// readCertificate reads a certificate and its key; nil without any.
func readCertificate(cert, key string) (*tls.Certificate, error) {
	switch {
	case cert == "" && key == "":
		return nil, nil
	case key == "":
		return nil, errors.New("the certificate's key is missing: a certificate needs its key (tls_key, --tls-key)")
	case cert == "":
		return nil, errors.New("the key's certificate is missing: a key needs its certificate (tls_cert, --tls-cert)")
	}
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return nil, fmt.Errorf("the certificate %s and its key %s can't be used: %w", cert, key, err)
	}
	return &pair, nil
}
