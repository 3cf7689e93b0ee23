package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"offhook/config"
	"offhook/ua"
	"offhook/ua/sip"
)

// tlsFlags say who is believed over TLS and WSS, who we are there, and how the way is
// kept open.
type tlsFlags struct {
	ca, cert, key, pin, serverName string
	wsPath, keepAlive              string
	interval                       time.Duration
}

func (f *tlsFlags) addTo(cmd *cobra.Command) {
	s := cmd.Flags()
	s.StringVar(&f.ca, "tls-ca", "", "believe the authorities in the PEM `FILE`, not the system's")
	s.StringVar(&f.cert, "tls-cert", "", "show the certificate in the PEM `FILE`")
	s.StringVar(&f.key, "tls-key", "", "PEM `FILE` of that certificate's key")
	s.StringVar(&f.pin, "tls-pin", "", "SHA-256 `HASH` of the server's public key, base64 or hexadecimal")
	s.StringVar(&f.serverName, "tls-server-name", "", "`NAME` that the server's certificate must have, when it isn't the domain")
	s.StringVar(&f.wsPath, "ws-path", "", "`PATH` to ask for over ws and wss (default /ws)")
	s.StringVar(&f.keepAlive, "keepalive", "", "`HOW` the way to the registrar is kept open: auto, off, crlf, stun or options")
	s.DurationVar(&f.interval, "keepalive-interval", 0, "longest `TIME` between two keep-alives")
	inGroup(s, "account", "tls-ca", "tls-cert", "tls-key", "tls-pin", "tls-server-name", "ws-path", "keepalive", "keepalive-interval")
}

// override puts what was typed over what the account says.
func (f *tlsFlags) override(set *pflag.FlagSet, a *config.Account) {
	for _, o := range []struct {
		flag, value string
		to          *string
	}{
		{"tls-ca", f.ca, &a.TLSCA},
		{"tls-cert", f.cert, &a.TLSCert},
		{"tls-key", f.key, &a.TLSKey},
		{"tls-pin", f.pin, &a.TLSPin},
		{"tls-server-name", f.serverName, &a.TLSServerName},
		{"ws-path", f.wsPath, &a.WSPath},
		{"keepalive", f.keepAlive, &a.KeepAlive},
	} {
		if set.Changed(o.flag) {
			*o.to = o.value
		}
	}
	if set.Changed("keepalive-interval") {
		a.KeepAliveInterval = f.interval
	}
}

// secure reads what an account says of TLS, WebSocket and keep-alives.
func (a *app) secure(c config.Account, out *ua.Account) error {
	if path := c.WSPath; path != "" && path[0] != '/' {
		return failf(exitConfig, "ws_path of account %q: %q doesn't start with a slash", c.Name, path)
	}
	out.WSPath = c.WSPath
	out.KeepAlive.Interval = c.KeepAliveInterval
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
			return failf(exitConfig, "tls_pin of account %q: %w", c.Name, err)
		}
		out.TLS.Pin = &pin
	}
	if c.TLSCA != "" {
		roots, err := readRoots(a.homePath(c.TLSCA))
		if err != nil {
			return failf(exitConfig, "tls_ca of account %q: %w", c.Name, err)
		}
		out.TLS.Roots = roots
	}
	cert, err := readCertificate(a.homePath(c.TLSCert), a.homePath(c.TLSKey))
	if err != nil {
		return failf(exitConfig, "account %q: %w", c.Name, err)
	}
	out.TLS.Certificate = cert
	return nil
}

// homePath is a path whose ~/ is the person's home.
func (a *app) homePath(path string) string {
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		return filepath.Join(a.getenv("HOME"), rest)
	}
	return path
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
		return nil, fmt.Errorf("tls_cert needs tls_key, the file of the certificate's key")
	case cert == "":
		return nil, fmt.Errorf("tls_key needs tls_cert, the file of the key's certificate")
	}
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return nil, fmt.Errorf("the certificate %s and its key %s can't be used: %w", cert, key, err)
	}
	return &pair, nil
}
