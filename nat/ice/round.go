package ice

import (
	"context"
	"crypto/rand"
	"net/netip"
	"slices"
	"time"
)

// round is one exchange of credentials. Owner: the Agent's mu, but for what says otherwise.
type round struct {
	ufrag, pwd string
	bases      []*base
	own        *base // among bases; nil before Gather, and when only relays are used
	local      []Candidate
	complete   bool
	remote     Description
	begun      bool
	again      bool // it takes the place of another
	// controlling is our role at Start; pion's agent may change it (RFC 8445, section 7.3.1.1).
	controlling bool
	checks      *checks  // with remote; nil before Start
	early       []packet // requests that came before it
	state       State
	reason      error
	since       time.Time  // when checks began, or the last candidate came
	told        *way       // what OnSelected said last
	keep        []keptOpen // mappings that silence would close
	keepAt      time.Time
	gone        bool
	life        context.Context
	end         context.CancelFunc
}

// keptOpen is a NAT's mapping, and who is asked to keep it.
type keptOpen struct {
	base   *base
	server netip.AddrPort
}

type packet struct {
	base *base // nil: the session's socket
	raw  []byte
	from netip.AddrPort
	to   string // whose user name fragment it has
	by   string // and whose it is from
}

const (
	// maxRemote bounds the candidates of a peer.
	maxRemote = 32
	// maxEarly bounds the requests that are kept until checks begin.
	maxEarly = 16
	// giveUp is after how long without a pair that works the stream Failed. Checks go on, since
	// a peer may be late (RFC 8863), until
	giveUp   = 10 * time.Second
	patience = 40 * time.Second
	// giveUpAgain is the same for a restart: the peer is known to answer, and what was found too
	// late, such as a relay that comes back, needs another.
	giveUpAgain = 3 * time.Second
	// keepEvery keeps mappings open while nothing else does: Tr of RFC 8445, section 11.
	keepEvery = 15 * time.Second
)

// until is when a round without a pair that works has Failed.
func (r *round) until() time.Time {
	if r.again {
		return r.since.Add(giveUpAgain)
	}
	return r.since.Add(giveUp)
}

func (a *Agent) newRound() *round {
	r := &round{ufrag: secret(8), pwd: secret(24)}
	r.life, r.end = context.WithCancel(a.life)
	return r
}

// secret is n characters of 6 bits each: 24 make 144 bits, of the 128 that RFC 8445, section 5.3, asks.
func secret(n int) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	b := make([]byte, n)
	rand.Read(b) // never fails
	for i := range b {
		b[i] = alphabet[b[i]&63]
	}
	return string(b)
}

// addRemote takes what can be checked and isn't known. A peer elsewhere has no loopback that is
// ours, and mustn't make us talk to ourselves.
func (r *round) addRemote(cs []Candidate, loopback bool) (fresh []Candidate) {
	for _, c := range cs {
		if c.Addr.Addr().IsLoopback() && !loopback {
			continue
		}
		known := slices.ContainsFunc(r.remote.Candidates, func(k Candidate) bool { return k.Addr == c.Addr })
		if c.usable() && !known && len(r.remote.Candidates) < maxRemote {
			r.remote.Candidates = append(r.remote.Candidates, c)
			fresh = append(fresh, c)
		}
	}
	if len(fresh) > 0 {
		r.since = time.Now()
	}
	return fresh
}

// rounds are all that live.
func (a *Agent) rounds() []*round {
	if a.next != nil {
		return []*round{a.next, a.now}
	}
	return []*round{a.now}
}

// linger is how long the bases of a round live on after another took its place, for what the
// peer had sent there.
const linger = time.Second

// discard ends a round in the background. mu is held.
func (a *Agent) discard(r *round, after time.Duration) {
	if r.gone {
		return
	}
	r.gone = true
	r.end()
	checks, bases := r.checks, r.bases
	a.work.Go(func() {
		if checks != nil {
			checks.close()
		}
		timer := time.NewTimer(after)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-a.life.Done():
		}
		for _, b := range bases {
			b.out.close()
		}
	})
}

// permit tells the relays who will be sent to.
func (a *Agent) permit(r *round, cs []Candidate) {
	a.mu.Lock()
	bases := slices.Clone(r.bases)
	a.mu.Unlock()
	for _, b := range bases {
		for _, c := range cs {
			if b.reaches(c) {
				b.out.permit(c.Addr.Addr())
			}
		}
	}
}

func (b *base) reaches(c Candidate) bool {
	return b.candidate.Addr.Addr().Is4() == c.Addr.Addr().Is4()
}
