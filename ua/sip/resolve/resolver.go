package resolve

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// Config says whom to ask. Its zero value asks whom the system asks.
type Config struct {
	// Nameservers are asked in the place of the system's. Port 0 means 53.
	Nameservers []netip.AddrPort
	// ResolvConf and Hosts are the system's files. Empty means those in /etc.
	ResolvConf, Hosts string
	// Timeout bounds one question to one nameserver. Zero means what resolv.conf says.
	Timeout time.Duration
	// MaxEntries bounds the cache. Zero means 1024.
	MaxEntries int
	// Exchange sends one question and gives the answer. Nil means the network.
	Exchange func(ctx context.Context, network string, server netip.AddrPort, m *dns.Msg) (*dns.Msg, error)
	// System finds the addresses of names that only the system's resolver can find:
	// those in .local (RFC 6762), and all of them where there is no resolv.conf and
	// no Nameservers. Nil means net.DefaultResolver.
	System func(ctx context.Context, host string) ([]netip.Addr, error)
}

// NAPTR is one record of RFC 3403, as far as RFC 3263 uses it.
type NAPTR struct {
	Order, Preference uint16
	// Flags is "s" for a Replacement to be asked for SRV, "a" for addresses.
	Flags       string
	Service     string // "SIP+D2U"
	Replacement string
}

// Resolver answers from its cache or by asking. Safe for concurrent use.
type Resolver struct {
	cfg   Config
	files systemFiles
	cache *cache

	mu   sync.Mutex
	slow map[netip.AddrPort]time.Time // guarded by mu: when a nameserver last failed
}

// New makes a Resolver. It opens nothing and starts nothing.
func New(cfg Config) *Resolver {
	if cfg.ResolvConf == "" {
		cfg.ResolvConf = "/etc/resolv.conf"
	}
	if cfg.Hosts == "" {
		cfg.Hosts = "/etc/hosts"
	}
	if cfg.MaxEntries <= 0 {
		cfg.MaxEntries = 1024
	}
	if cfg.System == nil {
		cfg.System = func(ctx context.Context, host string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		}
	}
	if cfg.Exchange == nil {
		cfg.Exchange = exchange
	}
	return &Resolver{
		cfg:   cfg,
		files: systemFiles{resolvConf: cfg.ResolvConf, hosts: cfg.Hosts},
		cache: newCache(cfg.MaxEntries),
		slow:  make(map[netip.AddrPort]time.Time),
	}
}

// ErrNoName is wrapped by errors that say that a name, or such a record of it, does
// not exist. The error itself is a *net.DNSError.
var ErrNoName = errors.New("no such name or record")

// NAPTR gives the NAPTR records of a domain.
func (r *Resolver) NAPTR(ctx context.Context, domain string) ([]NAPTR, error) {
	rrs, err := r.lookup(ctx, domain, dns.TypeNAPTR)
	var out []NAPTR
	for _, rr := range rrs {
		if n, ok := rr.(*dns.NAPTR); ok {
			out = append(out, NAPTR{
				Order: n.Order, Preference: n.Preference, Flags: strings.ToLower(n.Flags),
				Service: n.Service, Replacement: strings.TrimSuffix(n.Replacement, "."),
			})
		}
	}
	return out, err
}

// SRV gives the SRV records of a whole name, such as "_sip._udp.example.com".
func (r *Resolver) SRV(ctx context.Context, name string) ([]*net.SRV, error) {
	rrs, err := r.lookup(ctx, name, dns.TypeSRV)
	var out []*net.SRV
	for _, rr := range rrs {
		if s, ok := rr.(*dns.SRV); ok {
			out = append(out, &net.SRV{Target: s.Target, Port: s.Port, Priority: s.Priority, Weight: s.Weight})
		}
	}
	return out, err
}

// Addrs gives the addresses of a host, IPv4 and IPv6: the hosts file's, or the DNS's.
// The order says nothing.
func (r *Resolver) Addrs(ctx context.Context, host string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a}, nil
	}
	sys := r.files.read()
	if addrs := sys.addrs(host); addrs != nil {
		return addrs, nil
	}
	if isLocalhost(host) { // RFC 6761, section 6.3
		return []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}, nil
	}
	if hasSuffix(host, "local") || !sys.present && len(r.cfg.Nameservers) == 0 {
		return r.cfg.System(ctx, host)
	}
	rrs, err := r.lookup(ctx, host, dns.TypeA, dns.TypeAAAA)
	var out []netip.Addr
	for _, rr := range rrs {
		switch rr := rr.(type) {
		case *dns.A:
			if a, ok := netip.AddrFromSlice(rr.A.To4()); ok {
				out = append(out, a)
			}
		case *dns.AAAA:
			if a, ok := netip.AddrFromSlice(rr.AAAA); ok {
				out = append(out, a.Unmap())
			}
		}
	}
	return out, err
}

// noName is what there is no record of.
func noName(name string) error {
	return &nameError{net.DNSError{Err: "no such host", Name: strings.TrimSuffix(name, "."), IsNotFound: true}}
}

// nameError is a net.DNSError that is ErrNoName too.
type nameError struct{ net.DNSError }

func (e *nameError) Error() string   { return e.DNSError.Error() }
func (e *nameError) Unwrap() []error { return []error{ErrNoName, &e.DNSError} }

func isLocalhost(host string) bool {
	host = strings.TrimSuffix(host, ".")
	return strings.EqualFold(host, "localhost") || hasSuffix(host, "localhost")
}

// hasSuffix says whether a name is below a domain.
func hasSuffix(name, domain string) bool {
	name = strings.TrimSuffix(name, ".")
	return len(name) > len(domain)+1 && name[len(name)-len(domain)-1] == '.' && strings.EqualFold(name[len(name)-len(domain):], domain)
}
