package ice

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"time"
)

// What servers tell while candidates are gathered: addresses outside, and relays.

// remember takes over what a restart knows of a base already: the address that the round before
// has outside, which lives on the same socket. When no server is left to tell it, the peer's relay must
// learn it all the same, to let our checks in.
func (a *Agent) remember(r *round, b *base) {
	a.mu.Lock()
	before := a.now
	var known []Candidate
	if before != r {
		for _, c := range before.local {
			if c.Type == ServerReflexive && c.Related == b.candidate.Addr {
				known = append(known, c)
			}
		}
	}
	a.mu.Unlock()
	for _, c := range known {
		a.addCandidate(r, c)
	}
}

// remembers reports whether an address outside is known before any server has answered.
func (a *Agent) remembers(r *round) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return r.again && slices.ContainsFunc(r.local, func(c Candidate) bool { return c.Type == ServerReflexive })
}

// reflexive asks all servers for a base's address outside, and takes the first answer.
func (a *Agent) reflexive(r *round, b *base, servers []netip.AddrPort, index int) error {
	ctx, stop := context.WithTimeout(r.life, relayTime)
	defer stop()
	type reply struct {
		server, mapped netip.AddrPort
		err            error
	}
	replies := make(chan reply, len(servers))
	for _, s := range servers {
		a.work.Go(func() {
			mapped, err := a.ask(ctx, b, s)
			replies <- reply{s, mapped, err}
		})
	}
	var errs []error
	for range servers {
		p := <-replies
		if p.err != nil {
			errs = append(errs, p.err)
			continue
		}
		a.mu.Lock()
		r.keep = append(r.keep, keptOpen{b, p.server})
		r.keepAt = time.Now().Add(keepEvery)
		a.mu.Unlock()
		a.kick()
		if p.mapped != b.candidate.Addr { // no NAT: it is redundant (RFC 8445, section 5.1.3)
			a.addCandidate(r, r.candidate(ServerReflexive, p.mapped, b.candidate.Addr, p.server.Addr(), index))
		}
		return nil
	}
	return errors.Join(errs...)
}

// relayed asks a TURN server for an address. TCP has its turn when UDP has given none, and TLS
// when TCP hasn't: an address that isn't needed costs the server, and us a refresh for ever.
func (a *Agent) relayed(r *round, server TURNServer, index int, cfg Config) error {
	ctx, stop := context.WithTimeout(r.life, 2*relayTime)
	defer stop()
	if wait := turnOf(server.Transport, cfg.TURN); wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		if a.relays(r) {
			return nil
		}
	}
	b := &base{}
	v6 := cfg.Socket.LocalAddr().Addr().Unmap().Is6()
	relay, err := dialRelay(ctx, server, a.dial, v6, logs{a.log}, func(err error) { a.lose(b, err) })
	if err != nil {
		return err
	}
	// The peer needs no more than a default in the place of our address, when we hide it.
	related := relay.mapped
	if cfg.Policy == RelayOnly || !related.IsValid() {
		related = hidden(relay.addr())
	}
	b.out = relay
	b.candidate = r.candidate(Relayed, relay.addr(), related, server.Addr.Addr(), index+int(server.Transport)*256)
	relay.read(b, a.arrived)
	a.setup.Lock()
	defer a.setup.Unlock()
	a.addBase(r, b)
	return nil
}

// turnOf is how long a transport waits for those that cost less.
func turnOf(t Transport, servers []TURNServer) time.Duration {
	var better []Transport
	for _, s := range servers {
		if s.Transport < t && !slices.Contains(better, s.Transport) {
			better = append(better, s.Transport)
		}
	}
	return time.Duration(len(better)) * transportWait
}

// relays says that a round has a relay.
func (a *Agent) relays(r *round) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.ContainsFunc(r.bases, func(b *base) bool { return b.candidate.Type == Relayed && b.lost == nil })
}
