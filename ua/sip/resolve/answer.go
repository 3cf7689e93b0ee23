package resolve

import (
	"strings"
	"time"

	"github.com/miekg/dns"
)

const (
	maxTTL = 24 * time.Hour
	// maxNegativeTTL bounds how long a name may stay unknown: a record that is added
	// is wanted soon.
	maxNegativeTTL = 5 * time.Minute
)

// answer is what a nameserver knows of a question: records, or another name to ask
// for, or neither.
type answer struct {
	rrs   []dns.RR
	alias string
	ttl   time.Duration
}

// read takes the records asked for out of a message, along the aliases that lead to them.
func read(m *dns.Msg, name string, kind uint16) answer {
	var a answer
	ttl := maxTTL
	note := func(rr dns.RR) { ttl = min(ttl, time.Duration(rr.Header().Ttl)*time.Second) }
	at := name
	for range maxAliases {
		next := ""
		for _, rr := range m.Answer {
			h := rr.Header()
			if !strings.EqualFold(h.Name, at) {
				continue
			}
			if h.Rrtype == kind {
				a.rrs = append(a.rrs, rr)
				note(rr)
			} else if c, ok := rr.(*dns.CNAME); ok {
				next = c.Target
				note(rr)
			}
		}
		if len(a.rrs) > 0 || next == "" {
			break
		}
		at = next
	}
	switch {
	case len(a.rrs) > 0:
	case !strings.EqualFold(at, name) && m.Rcode == dns.RcodeSuccess && !authorityKnows(m, at):
		a.alias = at // the nameserver leaves the rest of the chain to us
	default:
		ttl = negativeTTL(m)
	}
	a.ttl = ttl
	return a
}

// authorityKnows says that the message's SOA covers a name: that it has no such record
// is then certain.
func authorityKnows(m *dns.Msg, name string) bool {
	for _, rr := range m.Ns {
		if soa, ok := rr.(*dns.SOA); ok && dns.IsSubDomain(strings.ToLower(soa.Hdr.Name), strings.ToLower(name)) {
			return true
		}
	}
	return false
}

// negativeTTL is how long "there is none" may be believed (RFC 2308, section 5): not at all
// without an SOA.
func negativeTTL(m *dns.Msg) time.Duration {
	for _, rr := range m.Ns {
		if soa, ok := rr.(*dns.SOA); ok {
			return min(time.Duration(min(soa.Hdr.Ttl, soa.Minttl))*time.Second, maxNegativeTTL)
		}
	}
	return 0
}
