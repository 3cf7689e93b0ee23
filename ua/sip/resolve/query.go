package resolve

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"
)

const (
	// udpSize is what we take by UDP: what passes everywhere without fragments
	// (RFC 9715).
	udpSize = 1232
	// maxAliases bounds a chain of CNAMEs that the nameserver leaves to us.
	maxAliases = 8
	// slowFor is how long a nameserver that failed is asked after the others.
	slowFor = 30 * time.Second
	// firstPatience is for the first round: most questions that are lost are answered when they
	// are asked again, and a dead nameserver mustn't hold up a call.
	firstPatience = 2 * time.Second
	// maxNames bounds the names tried for one question.
	maxNames = 8
)

// lookup asks for the records of a name, of all the kinds side by side, completed by the
// search list where the system would. The error wraps ErrNoName when there are none.
func (r *Resolver) lookup(ctx context.Context, name string, kinds ...uint16) ([]dns.RR, error) {
	sys := r.files.read()
	r.cache.enter(sys.epoch)
	if !sys.present && len(r.cfg.Nameservers) == 0 {
		return nil, noName(name) // there is nobody to ask
	}
	var trouble error
	for _, full := range names(sys, name, kinds[0]) {
		rrs := make([][]dns.RR, len(kinds))
		errs := make([]error, len(kinds))
		var others sync.WaitGroup
		for i := 1; i < len(kinds); i++ {
			others.Go(func() { rrs[i], errs[i] = r.follow(ctx, sys, full, kinds[i]) })
		}
		rrs[0], errs[0] = r.follow(ctx, sys, full, kinds[0])
		others.Wait()
		if found := slices.Concat(rrs...); len(found) > 0 {
			return found, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		for _, err := range errs { // that a longer name isn't there says less than that nobody answers
			if trouble == nil && !errors.Is(err, ErrNoName) {
				trouble = err
			}
		}
	}
	if trouble != nil {
		return nil, trouble
	}
	return nil, noName(name)
}

// names lists the full names to ask for, in order (resolv.conf(5), search and ndots). An
// SRV or NAPTR name that has a dot in its domain is one already.
func names(sys system, name string, kind uint16) []string {
	domain := name
	if kind == dns.TypeSRV {
		for strings.HasPrefix(domain, "_") {
			_, domain, _ = strings.Cut(domain, ".")
		}
	}
	if (kind == dns.TypeSRV || kind == dns.TypeNAPTR) && strings.Contains(strings.TrimSuffix(domain, "."), ".") {
		return []string{dns.Fqdn(name)}
	}
	list := sys.conf.NameList(name)
	return list[:min(len(list), maxNames)]
}

// follow asks for one full name, and for what it is an alias of.
func (r *Resolver) follow(ctx context.Context, sys system, name string, kind uint16) ([]dns.RR, error) {
	for range maxAliases {
		a, err := r.ask(ctx, sys, name, kind)
		switch {
		case err != nil:
			return nil, err
		case len(a.rrs) > 0:
			return a.rrs, nil
		case a.alias == "":
			return nil, noName(name)
		}
		name = a.alias
	}
	return nil, &net.DNSError{Err: "its aliases lead nowhere", Name: strings.TrimSuffix(name, ".")}
}

// ask gives an answer from the cache, or from the first nameserver that has one.
func (r *Resolver) ask(ctx context.Context, sys system, name string, kind uint16) (answer, error) {
	if _, ok := dns.IsDomainName(name); !ok {
		return answer{}, noName(name)
	}
	key := question{strings.ToLower(name), kind}
	if a, ok := r.cache.get(key, time.Now()); ok {
		return a, nil
	}
	servers := r.servers(sys)
	timeout := r.cfg.Timeout
	if timeout <= 0 {
		timeout = time.Duration(sys.conf.Timeout) * time.Second
	}
	var last error
	attempts := max(1, sys.conf.Attempts)
	for attempt := range attempts {
		patience := timeout
		if attempt+1 < attempts && r.cfg.Timeout <= 0 {
			patience = min(timeout, firstPatience)
		}
		for _, server := range r.order(servers) {
			msg, err := r.question(ctx, server, name, kind, patience)
			if ctx.Err() != nil {
				return answer{}, ctx.Err()
			}
			if err == nil {
				r.rate(server, true)
				a := read(msg, name, kind)
				r.cache.put(key, a, time.Now())
				return a, nil
			}
			r.rate(server, false)
			last = &net.DNSError{
				Err: err.Error(), Name: strings.TrimSuffix(name, "."), Server: server.String(),
				IsTimeout: isTimeout(err), IsTemporary: true,
			}
		}
	}
	return answer{}, last
}

// question asks one nameserver. An error means that another may know better.
func (r *Resolver) question(ctx context.Context, server netip.AddrPort, name string, kind uint16, timeout time.Duration) (*dns.Msg, error) {
	m := new(dns.Msg)
	m.SetQuestion(name, kind)
	m.SetEdns0(udpSize, false)
	msg, err := r.exchangeWithin(ctx, timeout, "udp", server, m)
	if err == nil && msg.Rcode == dns.RcodeFormatError { // a server from before EDNS0 (RFC 6891, section 7)
		m.Extra = nil
		msg, err = r.exchangeWithin(ctx, timeout, "udp", server, m)
	}
	if err == nil && msg.Truncated {
		msg, err = r.exchangeWithin(ctx, timeout, "tcp", server, m)
	}
	switch {
	case err != nil:
		return nil, err
	case msg.Rcode == dns.RcodeSuccess, msg.Rcode == dns.RcodeNameError:
		return msg, nil
	}
	return nil, fmt.Errorf("the nameserver says %s", dns.RcodeToString[msg.Rcode])
}

func (r *Resolver) exchangeWithin(ctx context.Context, timeout time.Duration, network string, server netip.AddrPort, m *dns.Msg) (*dns.Msg, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return r.cfg.Exchange(ctx, network, server, m)
}

// servers lists whom to ask, as configured.
func (r *Resolver) servers(sys system) []netip.AddrPort {
	list := r.cfg.Nameservers
	if len(list) == 0 {
		list = sys.servers
	}
	out := slices.Clone(list)
	for i, s := range out {
		if s.Port() == 0 {
			out[i] = netip.AddrPortFrom(s.Addr(), 53)
		}
	}
	return out
}

// order puts the nameservers that failed a short while ago behind the others.
func (r *Resolver) order(servers []netip.AddrPort) []netip.AddrPort {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	rank := func(s netip.AddrPort) int {
		if at, ok := r.slow[s]; ok && now.Sub(at) < slowFor {
			return 1
		}
		return 0
	}
	out := slices.Clone(servers)
	slices.SortStableFunc(out, func(a, b netip.AddrPort) int { return rank(a) - rank(b) })
	return out
}

func (r *Resolver) rate(server netip.AddrPort, good bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if good {
		delete(r.slow, server)
		return
	}
	now := time.Now()
	for s, at := range r.slow { // servers of networks that were left
		if now.Sub(at) >= slowFor {
			delete(r.slow, s)
		}
	}
	r.slow[server] = now
}

func isTimeout(err error) bool {
	var ne net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &ne) && ne.Timeout()
}
