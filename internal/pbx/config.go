package pbx

import (
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"net/netip"
	"time"

	"offhook/codec"
	"offhook/ua/sip"
	"offhook/ua/trace"
)

// Config says what a PBX is. The zero value listens on a free port of 127.0.0.1 and has no
// users: anybody on this machine may call the services.
type Config struct {
	// Listen is the address for UDP and TCP. Zero address means 127.0.0.1, port 0
	// any port.
	Listen netip.AddrPort
	// Ports are those to listen on for TLS, WS and WSS; 0 takes any, and what isn't there
	// isn't listened on. TLS and WSS need Certificate.
	Ports       map[sip.Transport]uint16
	Certificate *tls.Certificate
	// Domain is the name in users' addresses, beside the listening address itself.
	// It is the realm of the digest challenges too. Empty means "offhook.local".
	Domain string
	// Users maps user names to passwords. No name may be a service's.
	Users map[string]string
	// Algorithms are the digest algorithms to offer, the most wanted first: MD5,
	// SHA-256, SHA-512-256. Empty means MD5 alone. RFC 8760 wants SHA-256 beside it, but
	// phones of today, such as baresip 1, give up when any challenge isn't MD5.
	Algorithms []string
	// Codecs are what the services talk. Empty means that services can't be called.
	Codecs codec.Set
	// OpenServices lets callers from other machines call the services without a password.
	// Unset, only this machine may. Nobody calls a user without one.
	OpenServices bool
	// Clip is a file for the clip service to play, WAV, Ogg-Opus or bare samples. Empty means a melody.
	Clip string
	// MinExpires and MaxExpires bound the lifetime of a registration. Zero means
	// 60 s and 1 h.
	MinExpires, MaxExpires time.Duration
	// MaxContacts is how many phones one user may register. Zero means 10.
	MaxContacts int
	// MaxCalls is how many calls all services together take. Zero means 100.
	MaxCalls int
	// Trace is told each message that the PBX itself receives and sends; nil for none.
	Trace trace.Sink
	// Secrets says what Trace sees of passwords' hashes and keys: by default nothing.
	Secrets trace.Secrets
	// Origins are the sites whose web pages may connect to the WebSockets (sip.ParseOrigin);
	// empty lets none. Clients are the authorities one of which has to vouch for who connects
	// over TLS; nil asks nobody.
	Origins []string
	Clients *x509.CertPool
	// Log takes what an operator should know; nil for nothing.
	Log *slog.Logger
}

func (c Config) withDefaults() Config {
	if !c.Listen.Addr().IsValid() {
		c.Listen = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), c.Listen.Port())
	}
	if c.Domain == "" {
		c.Domain = "offhook.local"
	}
	if len(c.Algorithms) == 0 {
		c.Algorithms = []string{"MD5"}
	}
	if c.MinExpires <= 0 {
		c.MinExpires = time.Minute
	}
	if c.MaxExpires <= 0 {
		c.MaxExpires = time.Hour
	}
	if c.MaxContacts <= 0 {
		c.MaxContacts = 10
	}
	if c.MaxCalls <= 0 {
		c.MaxCalls = 100
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}
