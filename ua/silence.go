package ua

import (
	"sync/atomic"
	"time"
)

// Every call waits for an account's STUN servers and relays before it tells where it can be
// reached. One that is silent costs the first call that time, and not each of those that follow:
//
//	all of it ──silent──> short ──answer, other network, forgetSilence──> all of it
const (
	// askTime is what silent STUN servers may cost, and askShort when they were silent just now.
	askTime  = time.Second
	askShort = 200 * time.Millisecond
	// gatherTime is the same for candidates; what servers say later is trickled to peers that take
	// it (RFC 8840). gatherShort leaves relays over TCP their turn, which comes after UDP's.
	gatherTime    = 1500 * time.Millisecond
	gatherShort   = 500 * time.Millisecond
	forgetSilence = 30 * time.Second
	// nameTime bounds the look-up of servers.
	nameTime = 2 * time.Second
)

// silence remembers until when servers count as silent. Any goroutine may use it.
type silence struct{ until atomic.Pointer[time.Time] }

// patience is how long to wait: all of it, or short after silence.
func (s *silence) patience(all, short time.Duration) time.Duration {
	if t := s.until.Load(); t != nil && time.Now().Before(*t) {
		return short
	}
	return all
}

// note remembers silence from now on.
func (s *silence) note() {
	t := time.Now().Add(forgetSilence)
	s.until.Store(&t)
}

func (s *silence) forget() { s.until.Store(nil) }
