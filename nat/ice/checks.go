package ice

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"

	pion "github.com/pion/ice/v4"
	"github.com/pion/stun/v4"
)

// checks are a round's checks with one remote side. pion's agent pairs candidates, answers
// requests, resolves conflicts of roles and nominates; each base is a candidate of its own
// to it, with a port for a socket. What goes through the ports is paced, and read along: it
// says which pairs work before one is nominated, what the NATs made of our addresses, and whether the
// peer consents.
//
//	pion's agent <──read── port <── route <── base
//	      └──────write──> port ──> pacer, consent ──> base
type checks struct {
	a      *Agent
	r      *round
	remote Description // its credentials
	agent  *pion.Agent

	// Owner: the Agent's mu.
	ports    []*port
	sent     map[txid]asked
	pacer    pacer
	valid    map[way]proof
	selected *way
	consent  consent
	silence  bool             // media stopped, and was asked about
	sources  []netip.AddrPort // of requests, that the peer hasn't told
}

// asked is a request that waits for its answer.
type asked struct {
	way      way
	nominate bool
	at       time.Time
}

// proof is what an answer showed.
type proof struct {
	mapped   netip.AddrPort // where the peer sees us
	rtt      time.Duration
	priority uint64
}

const (
	// tick is how often pion offers checks; the pacer says which of them go.
	tick = 100 * time.Millisecond
	// beat is how often it offers one of consent.
	beat = 500 * time.Millisecond
	// How long better pairs are waited for before one is nominated. Media flows meanwhile.
	waitReflexive = 100 * time.Millisecond
	waitRelay     = 400 * time.Millisecond
	maxSent       = 512
	sentLife      = 5 * time.Second
)

// begin makes the checks of r and starts them. setup is held.
func (a *Agent) begin(r *round) error {
	a.mu.Lock()
	c := &checks{a: a, r: r, remote: Description{Ufrag: r.remote.Ufrag, Pwd: r.remote.Pwd}, sent: make(map[txid]asked), valid: make(map[way]proof)}
	remote, bases, controlling := r.remote.Candidates, r.bases, r.controlling
	a.mu.Unlock()
	relays := waitRelay
	if a.cfg.Policy == RelayOnly {
		relays = 0
	}
	var err error
	c.agent, err = pion.NewAgentWithOptions(
		pion.WithNet(noNet{}), pion.WithMulticastDNSMode(pion.MulticastDNSModeDisabled), pion.WithLoggerFactory(logs{a.log}),
		pion.WithLocalCredentials(r.ufrag, r.pwd), pion.WithNetworkTypes([]pion.NetworkType{pion.NetworkTypeUDP4, pion.NetworkTypeUDP6}),
		pion.WithCheckInterval(tick), pion.WithKeepaliveInterval(beat), pion.WithMaxBindingRequests(math.MaxUint16),
		// Timers are ours: see consent and review.
		pion.WithDisconnectedTimeout(0), pion.WithFailedTimeout(0),
		pion.WithHostAcceptanceMinWait(0), pion.WithSrflxAcceptanceMinWait(waitReflexive),
		pion.WithPrflxAcceptanceMinWait(waitReflexive), pion.WithRelayAcceptanceMinWait(relays),
	)
	if err != nil {
		return fmt.Errorf("begin ICE: %w", err)
	}
	if err := c.agent.OnSelectedCandidatePairChange(c.nominated); err != nil {
		return fmt.Errorf("begin ICE: %w", err)
	}
	for _, b := range bases {
		c.open(b)
	}
	a.mu.Lock()
	early := r.early
	r.checks, r.early, r.since = c, nil, time.Now()
	r.state, r.reason = Checking, nil
	for _, p := range early {
		c.take(p)
	}
	a.review()
	a.mu.Unlock()
	c.know(remote)
	if controlling {
		_, err = c.agent.StartDial(c.remote.Ufrag, c.remote.Pwd)
	} else {
		_, err = c.agent.StartAccept(c.remote.Ufrag, c.remote.Pwd)
	}
	if err != nil {
		return fmt.Errorf("begin ICE: %w", err)
	}
	a.kick()
	return nil
}

// open makes a base a candidate of pion's. setup is held.
func (c *checks) open(b *base) {
	cand, err := pionLocal(b.candidate)
	if err != nil {
		c.a.log.Debug("an address is not checked from", "address", b.candidate.Addr, "error", err)
		return
	}
	p := &port{checks: c, base: b, id: cand.ID(), in: make(chan packet, portRoom), done: make(chan struct{})}
	c.a.mu.Lock()
	c.ports = append(c.ports, p)
	c.a.mu.Unlock()
	if err := c.agent.AddVirtualCandidate(cand, p); err != nil {
		c.a.log.Debug("an address is not checked from", "address", b.candidate.Addr, "error", err)
	}
}

// know tells pion of remote candidates. setup is held.
func (c *checks) know(cs []Candidate) {
	for _, r := range cs {
		cand, err := pionRemote(r)
		if err == nil {
			err = c.agent.AddRemoteCandidate(cand)
		}
		if err != nil {
			c.a.log.Debug("an address of the peer is not checked", "address", r.Addr, "error", err)
		}
	}
}

// check adds remote candidates to the checks that are on. setup is held.
func (a *Agent) check(r *round, fresh []Candidate) {
	a.permit(r, fresh)
	a.mu.Lock()
	c := r.checks
	a.mu.Unlock()
	if c != nil {
		c.know(fresh)
	}
}

// close ends the checks and waits for them. Neither setup nor mu need be held; mu must not.
func (c *checks) close() {
	if err := c.agent.GracefulClose(); err != nil {
		c.a.log.Debug("ICE didn't end well", "error", err)
	}
}

// take hands a packet to the port of its base. mu is held.
func (c *checks) take(p packet) {
	if p.by != "" && p.by != c.remote.Ufrag {
		return
	}
	for _, q := range c.ports {
		if q.base == p.base || p.base == nil && q.base == c.r.own {
			q.put(p)
			return
		}
	}
}

// inspect reads along what goes to pion, and reports whether it may.
func (c *checks) inspect(p *port, k packet) bool {
	m := &stun.Message{Raw: k.raw}
	peeked, ok := peek(k.raw)
	if !ok || m.Decode() != nil {
		return false
	}
	w := way{p.base, k.from}
	switch peeked.class {
	case request:
		if stun.NewShortTermIntegrity(c.r.pwd).Check(m) != nil {
			return false
		}
		c.a.mu.Lock()
		defer c.a.mu.Unlock()
		if !c.admit(k.from) {
			return false
		}
		c.a.verify(k.from)
		c.pacer.hear(w)
		return true
	case success:
		if stun.NewShortTermIntegrity(c.remote.Pwd).Check(m) != nil {
			return false
		}
		return c.answered(w, peeked.id, m)
	case failure: // pion checks it, and that it is about a request
		c.a.mu.Lock()
		defer c.a.mu.Unlock()
		s, ok := c.sent[peeked.id]
		delete(c.sent, peeked.id)
		return ok && s.way == w
	case indication: // it keeps a mapping open
	}
	return false
}

// admit reports whether a request from there is heard: each new address is one more that pion
// pairs with all of ours and checks, and a peer can have as many as it likes. mu is held.
func (c *checks) admit(from netip.AddrPort) bool {
	told := slices.ContainsFunc(c.r.remote.Candidates, func(k Candidate) bool { return k.Addr == from })
	if told || slices.Contains(c.sources, from) {
		return true
	}
	if len(c.sources) >= maxRemote {
		return false
	}
	c.sources = append(c.sources, from)
	return true
}

// answered notes a pair that works. The answer must come back the way that the request went
// (RFC 8445, section 7.2.5.2.1).
func (c *checks) answered(w way, id txid, m *stun.Message) bool {
	mapped, ok := mappedAddress(m)
	now := time.Now()
	c.a.mu.Lock()
	defer c.a.mu.Unlock()
	s, known := c.sent[id]
	delete(c.sent, id)
	if !ok || !known || s.way != w {
		return false
	}
	c.a.verify(w.remote)
	c.pacer.drop(check{w, s.nominate})
	c.valid[w] = proof{mapped: mapped, rtt: now.Sub(s.at), priority: c.priority(w)}
	if c.selected != nil && *c.selected == w {
		c.consent.begin(now, rand.Float64())
	}
	c.a.review()
	return true
}

// write takes what pion sends.
func (c *checks) write(p *port, raw []byte, to netip.AddrPort) error {
	peeked, ok := peek(raw)
	if !ok || peeked.class != request {
		return p.base.out.send(raw, to)
	}
	w := way{p.base, to}
	now := time.Now()
	c.a.mu.Lock()
	if c.selected == nil || peeked.nominate {
		c.pacer.offer(now, check{w, peeked.nominate}, c.priority(w), raw)
		c.a.mu.Unlock()
		c.a.kick()
		return nil
	}
	ask := *c.selected == w && c.ask(now)
	if ask {
		c.note(peeked.id, check{way: w}, now)
	}
	c.a.review()
	c.a.mu.Unlock()
	if !ask {
		return nil
	}
	return p.base.out.send(raw, to)
}

// ask reports whether it is time to ask for consent. mu is held.
func (c *checks) ask(now time.Time) bool {
	quiet := now.Sub(c.a.born) - time.Duration(c.a.media.Load())
	switch {
	case c.a.media.Load() == 0: // media isn't shown to us
	case quiet < time.Second:
		c.silence = false
	case !c.silence:
		c.silence = true
		c.consent.doubt(now)
	}
	if !c.consent.due(now) {
		return false
	}
	c.consent.ask(now)
	return true
}

// note remembers a request. mu is held.
func (c *checks) note(id txid, k check, now time.Time) {
	if len(c.sent) >= maxSent {
		for k, s := range c.sent {
			if now.Sub(s.at) > sentLife {
				delete(c.sent, k)
			}
		}
		if len(c.sent) >= maxSent {
			clear(c.sent)
		}
	}
	c.sent[id] = asked{k.way, k.nominate, now}
}
