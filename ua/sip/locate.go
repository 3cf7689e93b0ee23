package sip

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"offhook/ua/sip/resolve"
)

// recordTimeout bounds the wait for all NAPTR and SRV records of a domain, which most
// don't have; the address is looked up after it all the same.
const recordTimeout = 5 * time.Second

// locateTimeout bounds all that is asked for one URI; what was found by then has to do. A caller
// hangs up before, and a domain's nameservers mustn't hold a worker for longer.
const locateTimeout = 20 * time.Second

// AnyTransport is for Locate alone: the domain's DNS chooses among the transports that
// there are (RFC 3263, section 4.1). Without a word of the DNS it is UDP, or TLS for sips.
const AnyTransport Transport = 0xff

// Names answers questions of the DNS; *resolve.Resolver is one.
type Names interface {
	NAPTR(ctx context.Context, domain string) ([]resolve.NAPTR, error)
	// SRV is asked for a whole name: "_sip._udp.example.com".
	SRV(ctx context.Context, name string) ([]*net.SRV, error)
	Addrs(ctx context.Context, host string) ([]netip.Addr, error)
}

// Locator finds where to send a request (RFC 3263). Its zero value asks whom the system
// asks. Safe for concurrent use; not to be copied once used.
type Locator struct {
	// Names answers. Nil means a resolver of the locator's own.
	Names Names
	// Local, when valid, leaves out addresses of the other IP family.
	Local netip.Addr
	// Route gives the local address from which another is reached. Nil means LocalAddrFor.
	Route func(netip.AddrPort) (netip.Addr, error)
	// Float gives numbers in [0, 1) for the choice by weight. Nil means math/rand.
	Float func() float64

	once sync.Once
	own  *resolve.Resolver // guarded by once
}

func (l *Locator) names() Names {
	if l.Names != nil {
		return l.Names
	}
	l.once.Do(func() { l.own = resolve.New(resolve.Config{}) })
	return l.own
}

// LocateError says what was looked up in vain.
type LocateError struct {
	URI string
	// Asked are the questions, in order: "SRV _sip._udp.example.com", "address of example.com".
	Asked []string
	Err   error
}

func (e *LocateError) Error() string {
	return fmt.Sprintf("can't find %s: looked up %s: %v; check the spelling, the network, or name an outbound proxy",
		e.URI, strings.Join(e.Asked, " and "), e.Err)
}

func (e *LocateError) Unwrap() error { return e.Err }

var (
	errNoService = errors.New("the domain says that it has no SIP service over this transport")
	errFamily    = errors.New("it has no address of the local IP family")
	errNoAddress = errors.New("it has no address")
)

// Locate gives the places to try for a URI, in order. transport is what to use when the
// URI doesn't say.
//
//	                      transport known             transport open (AnyTransport)
//	host is an address    that address                that address by UDP; TLS for sips
//	host with a port      A and AAAA, that port       the same by UDP; TLS for sips
//	host alone            SRV of the transport        NAPTR, the SRV that it names
//	                      or else A and AAAA          or else SRV of UDP, TCP, TLS
//	                                                  or else A and AAAA
//
// Each SRV target is as many places as it has addresses and ports: two records for one
// host at two ports are two places.
func (l *Locator) Locate(ctx context.Context, uri URI, transport Transport) ([]Target, error) {
	transport, err := transportOf(uri, transport)
	if err != nil {
		return nil, err
	}
	name := uri.Host
	if m, ok := ParamValue(uri.UriParams, "maddr"); ok && m != "" {
		name = m // RFC 3263, section 4: the TARGET
	}
	name = strings.TrimSuffix(unbracket(name), ".")
	if name == "" {
		return nil, fmt.Errorf("%s has no host; a SIP URI is like sip:alice@example.com", uri.String())
	}
	q := &query{locator: l, names: l.names(), host: name, sips: uri.IsEncrypted()}
	fallback := transport
	if fallback == AnyTransport {
		fallback = UDP
		if q.sips {
			fallback = TLS
		}
	}
	port := fallback.DefaultPort()
	if uri.Port > 0 {
		port = uint16(uri.Port)
	}
	ctx, cancel := context.WithTimeout(ctx, locateTimeout)
	defer cancel()
	switch addr, aerr := netip.ParseAddr(name); {
	case aerr == nil:
		err = q.add([]netip.Addr{addr}, fallback, port)
	case uri.Port > 0 || isLocalhost(name):
		err = q.address(ctx, name, fallback, port)
	default:
		err = q.domain(ctx, transport, fallback)
	}
	if err != nil {
		if errors.Is(err, context.DeadlineExceeded) {
			err = fmt.Errorf("no nameserver answered within %v: %w", locateTimeout, err)
		}
		return nil, &LocateError{URI: uri.Addr(), Asked: q.asked, Err: err}
	}
	return q.found, nil
}

// query is one Locate under way.
type query struct {
	locator *Locator
	names   Names
	host    string
	sips    bool
	asked   []string
	found   []Target
}

// domain looks for the services of a domain (RFC 3263, sections 4.1 and 4.2).
func (q *query) domain(ctx context.Context, transport, fallback Transport) error {
	var services []service
	rctx, cancel := context.WithTimeout(ctx, recordTimeout)
	defer cancel()
	if transport == AnyTransport {
		services = q.naptr(rctx)
		if services == nil {
			services = defaultServices(q.host, q.sips)
		}
	} else {
		services = srvOf(transport, q.host)
	}
	var last error
	for _, s := range services {
		if ctx.Err() != nil || len(q.found) >= maxTargets {
			break
		}
		err := q.service(ctx, rctx, s)
		if err != nil && (s.transport == fallback || !errors.Is(err, errNoService)) {
			last = err
		}
	}
	if len(q.found) > 0 {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if last != nil {
		return last
	}
	return q.address(ctx, q.host, fallback, fallback.DefaultPort())
}

// service asks for SRV records, for as long as rctx lasts, and their targets' addresses. That
// there are none is no error.
func (q *query) service(ctx, rctx context.Context, s service) error {
	if s.direct {
		return q.address(ctx, s.name, s.transport, s.transport.DefaultPort())
	}
	q.asked = append(q.asked, "SRV "+s.name)
	records, err := q.names.SRV(rctx, s.name)
	if err != nil || len(records) == 0 {
		return nil
	}
	if len(records) == 1 && strings.TrimSuffix(records[0].Target, ".") == "" {
		return errNoService // RFC 2782: the target "."
	}
	float := q.locator.Float
	if float == nil {
		float = rand.Float64
	}
	var last error
	before := len(q.found)
	ordered := orderSRV(records, float)
	for _, r := range ordered[:min(len(ordered), maxTargets)] {
		if ctx.Err() != nil {
			break
		}
		if err := q.address(ctx, strings.TrimSuffix(r.Target, "."), s.transport, r.Port); err != nil {
			last = err
		}
	}
	if len(q.found) == before {
		return last
	}
	return nil
}

func (q *query) address(ctx context.Context, host string, t Transport, port uint16) error {
	q.asked = append(q.asked, "address of "+host)
	if a, err := netip.ParseAddr(unbracket(host)); err == nil { // an SRV target that is none, and yet is met
		return q.add([]netip.Addr{a}, t, port)
	}
	addrs, err := q.names.Addrs(ctx, host)
	if err != nil {
		var dns *net.DNSError
		if errors.As(err, &dns) && dns.IsNotFound {
			return fmt.Errorf("there is no such host: %w", err)
		}
		return err
	}
	return q.add(q.locator.order(addrs, port), t, port)
}

// add takes addresses as targets.
func (q *query) add(addrs []netip.Addr, transport Transport, port uint16) error {
	if len(addrs) == 0 {
		return errNoAddress
	}
	taken := 0
	for _, a := range addrs {
		a = a.Unmap()
		if l := q.locator.Local; l.IsValid() && l.Unmap().Is4() != a.Is4() {
			continue
		}
		taken++
		t := Target{Transport: transport, Addr: netip.AddrPortFrom(a, port), Host: q.host}
		if !slices.Contains(q.found, t) && len(q.found) < maxTargets {
			q.found = append(q.found, t)
		}
	}
	if taken == 0 {
		return errFamily
	}
	return nil
}

// maxTargets bounds what a domain can have us try for one request.
const maxTargets = 32

// transportOf is the URI's own word on the transport, or the default (RFC 3263, section
// 4.1). A sips URI is never sent in the clear (RFC 3261, section 26.2.2).
func transportOf(uri URI, def Transport) (Transport, error) {
	t := def
	switch strings.ToLower(uri.Scheme) {
	case "", "sip", "sips":
	default:
		return t, fmt.Errorf("%s can't be called: only sip: and sips: URIs have a place to send to; use sip:number@provider", uri.String())
	}
	if name, ok := ParamValue(uri.UriParams, "transport"); ok && name != "" {
		var err error
		if t, err = ParseTransport(name); err != nil {
			return t, fmt.Errorf("%s: %w", uri.Addr(), err) // without a password
		}
	}
	if !uri.IsEncrypted() {
		return t, nil
	}
	switch t {
	case UDP, TCP, TLS:
		return TLS, nil
	case WS, WSS:
		return WSS, nil
	case AnyTransport: // the query keeps to what is encrypted
	}
	return t, nil
}

// orderSRV sorts by priority, and within one at random by weight (RFC 2782).
func orderSRV(records []*net.SRV, float func() float64) []*net.SRV {
	out := slices.Clone(records)
	// Weight 0 first, as RFC 2782 asks, so that those have a small chance too.
	slices.SortStableFunc(out, func(a, b *net.SRV) int {
		return cmp.Or(cmp.Compare(a.Priority, b.Priority), cmp.Compare(a.Weight, b.Weight))
	})
	for i := 0; i < len(out); {
		j := i
		for j < len(out) && out[j].Priority == out[i].Priority {
			j++
		}
		for group := out[i:j]; len(group) > 1; group = group[1:] {
			sum := 0
			for _, r := range group {
				sum += int(r.Weight)
			}
			pick, upTo := 0, int(float()*float64(sum+1))
			for run := 0; pick < len(group)-1; pick++ {
				if run += int(group[pick].Weight); run >= upTo {
					break
				}
			}
			chosen := group[pick]
			copy(group[1:pick+1], group[:pick])
			group[0] = chosen
		}
		i = j
	}
	return out
}

// isLocalhost knows the names that no DNS server needs to be asked for (RFC 6761).
func isLocalhost(name string) bool {
	name = strings.ToLower(name)
	return name == "localhost" || strings.HasSuffix(name, ".localhost")
}
