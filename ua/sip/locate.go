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
	"time"
)

// srvTimeout bounds the wait for SRV records, which most domains don't have; the
// address is looked up after it all the same.
const srvTimeout = 3 * time.Second

// Locator finds where to send a request (RFC 3263). Its zero value asks the
// system's resolver. NAPTR isn't asked: the transport comes from the URI or the account.
type Locator struct {
	// LookupAddr gives a host's addresses. Nil means the system's resolver.
	LookupAddr func(ctx context.Context, host string) ([]netip.Addr, error)
	// LookupSRV gives the records of _service._proto.name. Nil means the system's resolver.
	LookupSRV func(ctx context.Context, service, proto, name string) ([]*net.SRV, error)
	// Local, when valid, leaves out addresses of the other IP family.
	Local netip.Addr
	// Float gives numbers in [0, 1) for the choice by weight. Nil means math/rand.
	Float func() float64
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
//	host is an address           that address
//	host with a port             A and AAAA, that port
//	host alone                   SRV, each target's A and AAAA; without SRV: A and AAAA, default port
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
	port := transport.DefaultPort()
	if uri.Port > 0 {
		port = uint16(uri.Port)
	}
	q := &query{locator: l, transport: transport, host: name}
	switch addr, aerr := netip.ParseAddr(name); {
	case aerr == nil:
		err = q.add([]netip.Addr{addr}, port)
	case uri.Port > 0 || isLocalhost(name):
		err = q.address(ctx, name, port)
	default:
		err = q.service(ctx, port)
	}
	if err != nil {
		return nil, &LocateError{URI: uri.Addr(), Asked: q.asked, Err: err}
	}
	return q.found, nil
}

// query is one Locate under way.
type query struct {
	locator   *Locator
	transport Transport
	host      string
	asked     []string
	found     []Target
}

// service asks for SRV records, and for the address if there are none (RFC 3263, section 4.2).
func (q *query) service(ctx context.Context, port uint16) error {
	service, proto := "sip", "udp"
	switch q.transport {
	case UDP:
	case TCP, WS:
		proto = "tcp"
	case TLS, WSS:
		service, proto = "sips", "tcp"
	}
	q.asked = append(q.asked, fmt.Sprintf("SRV _%s._%s.%s", service, proto, q.host))
	lookup := q.locator.LookupSRV
	if lookup == nil {
		lookup = func(ctx context.Context, service, proto, name string) ([]*net.SRV, error) {
			_, records, err := net.DefaultResolver.LookupSRV(ctx, service, proto, name)
			return records, err
		}
	}
	sctx, cancel := context.WithTimeout(ctx, srvTimeout)
	records, err := lookup(sctx, service, proto, q.host)
	cancel()
	if err := ctx.Err(); err != nil {
		return err
	}
	if err != nil || len(records) == 0 {
		return q.address(ctx, q.host, port)
	}
	if len(records) == 1 && strings.TrimSuffix(records[0].Target, ".") == "" {
		return errNoService // RFC 2782: the target "."
	}
	float := q.locator.Float
	if float == nil {
		float = rand.Float64
	}
	var last error
	for _, r := range orderSRV(records, float) {
		if err := q.address(ctx, strings.TrimSuffix(r.Target, "."), r.Port); err != nil {
			last = err
		}
	}
	if len(q.found) == 0 {
		return last
	}
	return nil
}

func (q *query) address(ctx context.Context, host string, port uint16) error {
	q.asked = append(q.asked, "address of "+host)
	lookup := q.locator.LookupAddr
	if lookup == nil {
		lookup = func(ctx context.Context, host string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		}
	}
	addrs, err := lookup(ctx, host)
	if err != nil {
		var dns *net.DNSError
		if errors.As(err, &dns) && dns.IsNotFound {
			return fmt.Errorf("there is no such host: %w", err)
		}
		return err
	}
	return q.add(addrs, port)
}

// add takes addresses as targets, IPv4 first: the more that is likely to work end to end
// with media.
func (q *query) add(addrs []netip.Addr, port uint16) error {
	if len(addrs) == 0 {
		return errNoAddress
	}
	addrs = slices.Clone(addrs)
	for i, a := range addrs {
		addrs[i] = a.Unmap()
	}
	slices.SortStableFunc(addrs, func(a, b netip.Addr) int { return cmp.Compare(a.BitLen(), b.BitLen()) })
	taken := 0
	for _, a := range addrs {
		if l := q.locator.Local; l.IsValid() && l.Unmap().Is4() != a.Is4() {
			continue
		}
		taken++
		t := Target{Transport: q.transport, Addr: netip.AddrPortFrom(a, port), Host: q.host}
		if !slices.Contains(q.found, t) {
			q.found = append(q.found, t)
		}
	}
	if taken == 0 {
		return errFamily
	}
	return nil
}

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
			return t, fmt.Errorf("%s: %w", uri.String(), err)
		}
	}
	if !uri.IsEncrypted() {
		return t, nil
	}
	switch t {
	case UDP, TCP, TLS:
		return TLS, nil
	case WS, WSS:
	}
	return WSS, nil
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
