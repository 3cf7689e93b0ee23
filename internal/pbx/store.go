package pbx

import (
	"fmt"
	"slices"
	"time"

	"offhook/ua/sip"
)

// binding ties an address of record to one place where its user can be reached.
//
//	absent --REGISTER--> bound --REGISTER, higher CSeq--> bound
//	                       \-- expires 0, "*", or time --> absent
type binding struct {
	uri sip.URI
	q   int // thousandths
	// instance and regID are of RFC 5626: with both, they name the binding
	// instead of its URI, so a phone that moved replaces itself.
	instance, regID string
	callID          string
	cseq            uint32
	expires         time.Time
	// source is where the REGISTER came from: behind a NAT, and for a stream that
	// the client opened, the way back.
	source sip.Target
}

// contact is one Contact of a REGISTER.
type contact struct {
	uri             sip.URI
	q               int
	expires         time.Duration
	instance, regID string
}

// registration is a REGISTER, read.
type registration struct {
	aor      string
	callID   string
	cseq     uint32
	contacts []contact
	// all is Contact: * with Expires: 0.
	all    bool
	source sip.Target
}

// store keeps the bindings of every address of record (RFC 3261, section 10.3).
// It is pure: the caller passes the time, and the loop alone calls it.
type store struct {
	limits limits
	aors   map[string][]binding
}

// limits bound what a client can ask for.
type limits struct {
	minExpires, maxExpires, defaultExpires time.Duration
	contacts                               int // per address of record
}

// Errors of store.apply.
type (
	// tooBrief asks for a longer lifetime (RFC 3261, section 21.4.17).
	tooBrief struct{ min time.Duration }
	// tooMany refuses another contact.
	tooMany struct{ max int }
	// outOfOrder is a REGISTER older than the binding it would change.
	outOfOrder struct{}
)

func (e tooBrief) Error() string {
	return fmt.Sprintf("the registration is too brief: at least %d s", int(e.min.Seconds()))
}
func (e tooMany) Error() string  { return fmt.Sprintf("more than %d contacts", e.max) }
func (outOfOrder) Error() string { return "an older REGISTER than the one before" }

func newStore(l limits) *store {
	return &store{limits: l, aors: make(map[string][]binding)}
}

// apply changes the bindings as r asks, all or nothing (RFC 3261, section 10.3,
// step 7), and returns those of its address of record. The result is shared: it
// isn't to be modified.
func (s *store) apply(now time.Time, r registration) ([]binding, error) {
	current := s.lookup(now, r.aor)
	if r.all {
		for _, b := range current {
			if stale(b, r) {
				return nil, outOfOrder{}
			}
		}
		delete(s.aors, r.aor)
		return nil, nil
	}
	if len(r.contacts) == 0 {
		return current, nil
	}
	next := slices.Clone(current)
	for _, c := range r.contacts {
		// Only lifetimes under an hour may be refused (RFC 3261, section 10.3, step 7).
		if c.expires > 0 && c.expires < min(s.limits.minExpires, time.Hour) {
			return nil, tooBrief{s.limits.minExpires}
		}
		at := slices.IndexFunc(next, func(b binding) bool { return sameBinding(b, c) })
		if at >= 0 && stale(next[at], r) {
			return nil, outOfOrder{}
		}
		if c.expires <= 0 {
			if at >= 0 {
				next = slices.Delete(next, at, at+1)
			}
			continue
		}
		b := binding{
			uri: c.uri, q: c.q, instance: c.instance, regID: c.regID,
			callID: r.callID, cseq: r.cseq, source: r.source,
			expires: now.Add(min(c.expires, s.limits.maxExpires)),
		}
		if at >= 0 {
			next[at] = b
		} else {
			next = append(next, b)
		}
	}
	if len(next) > s.limits.contacts {
		return nil, tooMany{s.limits.contacts}
	}
	slices.SortStableFunc(next, func(a, b binding) int { return b.q - a.q })
	if len(next) == 0 {
		delete(s.aors, r.aor)
	} else {
		s.aors[r.aor] = next
	}
	return next, nil
}

// lookup returns the live bindings of aor, the most wanted first, and forgets
// the others.
func (s *store) lookup(now time.Time, aor string) []binding {
	all := s.aors[aor]
	if !slices.ContainsFunc(all, func(b binding) bool { return !b.expires.After(now) }) {
		return all
	}
	live := make([]binding, 0, len(all))
	for _, b := range all {
		if b.expires.After(now) {
			live = append(live, b)
		}
	}
	if len(live) == 0 {
		delete(s.aors, aor)
		return nil
	}
	s.aors[aor] = live
	return live
}

// byContact finds the binding whose contact a request inside a dialog names.
func (s *store) byContact(now time.Time, uri sip.URI) (binding, bool) {
	for _, bs := range s.aors {
		for _, b := range bs {
			if b.expires.After(now) && sameURI(b.uri, uri) {
				return b, true
			}
		}
	}
	return binding{}, false
}

// stale says that r is no newer than what made b (RFC 3261, section 10.3, step 7).
// Another Call-ID is a client that restarted: always newer.
func stale(b binding, r registration) bool {
	return b.callID == r.callID && r.cseq <= b.cseq
}

func sameBinding(b binding, c contact) bool {
	if b.instance != "" && b.regID != "" && b.instance == c.instance && b.regID == c.regID {
		return true
	}
	return sameURI(b.uri, c.uri)
}
