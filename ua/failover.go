package ua

import (
	"fmt"
	"slices"
	"time"

	"offhook/ua/header"
	"offhook/ua/sip"
)

// defaultAttempt is how long a target may stay silent while another is left to try:
// long enough for four transmissions by UDP.
const defaultAttempt = 4 * time.Second

// TransportChoice says who chooses the transport for a target that names none.
type TransportChoice uint8

const (
	TransportFixed TransportChoice = iota // Account.Transport
	// TransportByDNS: the domain's NAPTR and SRV records (RFC 3263, section 4.1); UDP
	// where it has none.
	TransportByDNS
)

// transport is what to locate with.
func (l *line) transport() sip.Transport {
	if l.acc.TransportChoice == TransportByDNS {
		return sip.AnyTransport
	}
	return l.acc.Transport
}

// watchAttempt moves on to the next target when this one says nothing for a while. RFC
// 3263, section 4.3, waits for the transaction's time-out, 32 s, in which a caller hangs
// up; where there is nowhere else to go, so do we. What a target left so answers later
// is dropped.
func (x *exchange) watchAttempt() {
	d := x.line.acc.AttemptTimeout
	if d == 0 {
		d = defaultAttempt
	}
	last := len(x.targets) < 2
	if d < 0 || last && !x.line.mayDetour(x.target()) {
		return
	}
	attempt := x.attempt
	x.agent.after(d, func() {
		if attempt != x.attempt || x.heard || x.done {
			return
		}
		if last {
			x.detour(nil)
			return
		}
		x.tx.Abandon()
		x.handle(attempt, nil, fmt.Errorf("%w: %s said nothing for %v", sip.ErrTimeout, x.target(), d))
	})
}

// rate remembers how a target did, for the other requests of this phone.
func (x *exchange) rate(res *sip.Response, err error) {
	avoid := &x.agent.avoid
	switch {
	case len(x.targets) == 0: // no way was found: nobody was asked
	case err != nil && retryElsewhere(err):
		avoid.Avoid(x.target(), sip.SilentFor, time.Now())
		x.line.dropDetour(x.target())
	case err != nil:
	case res.StatusCode == 503:
		span := header.RetryAfterOf(res)
		if span <= 0 {
			span = sip.BusyFor
		}
		avoid.Avoid(x.target(), span, time.Now())
	default:
		avoid.Forgive(x.target())
	}
}

// elsewhere makes the next attempt at the next target, if there is one.
func (x *exchange) elsewhere() bool {
	if len(x.targets) < 2 {
		return false
	}
	now := time.Now()
	x.failed, x.searched = append(x.failed, x.target()), false
	// What another request has learnt meanwhile counts too.
	x.targets = x.agent.avoid.Order(slices.Clone(x.targets[1:]), now)
	x.again()
	return true
}
