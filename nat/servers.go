package nat

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// DefaultPort is STUN's over UDP and TCP (RFC 8489, section 18.6).
const DefaultPort = 3478

// maxServers bounds how many addresses of one list are asked at once.
const maxServers = 8

// recordTime bounds the wait for SRV records.
const recordTime = time.Second

// Names answers questions of the DNS.
type Names interface {
	// SRV is asked for a whole name: "_stun._udp.example.com".
	SRV(ctx context.Context, name string) ([]*net.SRV, error)
	Addrs(ctx context.Context, host string) ([]netip.Addr, error)
}

// ErrNoServer is wrapped when a STUN server's name leads nowhere.
var ErrNoServer = errors.New("no STUN server found")

// Locate finds the addresses of STUN servers: a list of HOST or HOST:PORT with commas
// between them. A host without a port is asked for SRV records first (RFC 8489, section 8), in
// whose order its servers stand. Only addresses of local's family are given, of any without a valid
// one. It blocks for the DNS.
func Locate(ctx context.Context, names Names, list string, local netip.Addr) ([]netip.AddrPort, error) {
	var out []netip.AddrPort
	var last error
	for server := range strings.SplitSeq(list, ",") {
		if server = strings.TrimSpace(server); server == "" {
			continue
		}
		found, err := locate(ctx, names, server, local)
		if err != nil {
			last = err
		}
		for _, at := range found {
			if !slices.Contains(out, at) && len(out) < maxServers {
				out = append(out, at)
			}
		}
	}
	switch {
	case len(out) > 0:
		return out, nil
	case last == nil:
		last = fmt.Errorf("%w: none is named", ErrNoServer)
	}
	return nil, last
}

// locate finds those of one entry of the list.
func locate(ctx context.Context, names Names, server string, local netip.Addr) ([]netip.AddrPort, error) {
	host, port, err := split(server)
	if err != nil {
		return nil, err
	}
	if port != 0 {
		return addresses(ctx, names, host, port, local)
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return addresses(ctx, names, host, DefaultPort, local)
	}
	if out := Services(ctx, names, host, local); len(out) > 0 {
		return out, nil
	}
	return addresses(ctx, names, host, DefaultPort, local)
}

// Services finds the STUN servers that a domain names for itself (SRV "_stun._udp"), in their
// order; none is the rule, and no error.
func Services(ctx context.Context, names Names, domain string, local netip.Addr) []netip.AddrPort {
	var out []netip.AddrPort
	// A nameserver that is silent about it must leave time for the addresses.
	rctx, cancel := context.WithTimeout(ctx, recordTime)
	records, _ := names.SRV(rctx, "_stun._udp."+domain)
	cancel()
	slices.SortStableFunc(records, func(a, b *net.SRV) int {
		if a.Priority != b.Priority {
			return int(a.Priority) - int(b.Priority)
		}
		return int(b.Weight) - int(a.Weight) // all are asked at once: the weight only decides who is left out
	})
	for _, r := range records {
		if target := strings.TrimSuffix(r.Target, "."); target != "" && r.Port != 0 {
			found, _ := addresses(ctx, names, target, r.Port, local)
			out = append(out, found...)
		}
	}
	return out
}

// split takes HOST:PORT apart; without a port it is 0.
func split(server string) (string, uint16, error) {
	host, p, err := net.SplitHostPort(server)
	if err != nil {
		return strings.Trim(server, "[]"), 0, nil
	}
	port, err := strconv.ParseUint(p, 10, 16)
	if err != nil || port == 0 || host == "" {
		return "", 0, fmt.Errorf("%w: %q isn't HOST or HOST:PORT with a port of 1 to 65535", ErrNoServer, server)
	}
	return host, uint16(port), nil
}

func addresses(ctx context.Context, names Names, host string, port uint16, local netip.Addr) ([]netip.AddrPort, error) {
	addrs, err := names.Addrs(ctx, host)
	if err != nil {
		return nil, fmt.Errorf("%w: %q: %w", ErrNoServer, host, err)
	}
	var out []netip.AddrPort
	for _, a := range addrs {
		if a = a.Unmap(); !local.IsValid() || local.Unmap().Is4() == a.Is4() {
			out = append(out, netip.AddrPortFrom(a, port))
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%w: %q has no address of the local IP family", ErrNoServer, host)
	}
	return out, nil
}
