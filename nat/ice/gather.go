package ice

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"
)

// Gathering (RFC 8445, section 5.1): everything is asked at once.
//
//	own socket, other addresses ──> host candidates, at once
//	      each × STUN servers ────> reflexive: the first good answer of each base
//	TURN servers ─────────────────> relayed
//
// It is over when the best is known: one reflexive and one relayed candidate, where there are
// servers for them, and a moment for the rest. What comes later still is told by OnCandidate, and
// checked; the peer learns of it by the checks at the latest.

const (
	// moment is what the others have when the first has answered.
	moment = 40 * time.Millisecond
	// A server that doesn't answer may cost a call no more than this.
	stunTime  = 700 * time.Millisecond
	relayTime = 2500 * time.Millisecond
	// transportWait is the start that UDP has over TCP, and TCP over TLS.
	transportWait = 250 * time.Millisecond
	// maxLocal bounds the further addresses of the host.
	maxLocal = 8
)

// found is the outcome of one question.
type found struct {
	kind Type
	err  error
}

// Gather finds our candidates, of the round that Restart began or of the first. It returns
// when there is enough for an offer; ErrNoCandidates says why there is none. Problems with
// servers, while there are other candidates, are told by Config.OnProblem.
func (a *Agent) Gather(ctx context.Context) error {
	a.setup.Lock()
	a.mu.Lock()
	if a.closed {
		a.mu.Unlock()
		a.setup.Unlock()
		return ErrClosed
	}
	r := a.target()
	cfg := a.cfg
	done := len(r.bases) > 0 || r.complete
	a.work.Add(1) // Close waits for us
	a.mu.Unlock()
	defer a.work.Done()
	if done {
		a.setup.Unlock()
		return nil
	}
	if cfg.Policy == All {
		a.hosts(r, cfg)
	}
	a.setup.Unlock()
	answers, kinds := a.question(r, cfg)
	return a.settle(ctx, r, answers, kinds)
}

// hosts adds the host candidates. setup is held.
func (a *Agent) hosts(r *round, cfg Config) {
	local := unmap(cfg.Socket.LocalAddr())
	b := &base{out: own{cfg.Socket}}
	b.candidate = r.candidate(Host, local, netip.AddrPort{}, netip.Addr{}, 0)
	a.mu.Lock()
	r.own = b
	a.mu.Unlock()
	a.addBase(r, b)
	for i, addr := range others(local.Addr(), cfg.Local) {
		e, err := newExtra(addr)
		if err != nil {
			a.problem(fmt.Errorf("%v can't be used for media: %w", addr, err))
			continue
		}
		b := &base{out: e}
		b.candidate = r.candidate(Host, e.addr(), netip.AddrPort{}, netip.Addr{}, i+1)
		e.read(b, a.arrived)
		a.addBase(r, b)
	}
}

// question asks all servers, and returns what the answers come by and how many there will be.
func (a *Agent) question(r *round, cfg Config) (answers chan found, kinds []Type) {
	a.mu.Lock()
	bases := slices.Clone(r.bases)
	a.mu.Unlock()
	answers = make(chan found, len(bases)+len(cfg.TURN))
	servers := slices.Clone(cfg.STUN)
	for _, t := range cfg.TURN {
		if t.Transport == UDP && !slices.Contains(servers, t.Addr) {
			servers = append(servers, t.Addr) // a TURN server answers STUN as well (RFC 8656, section 2)
		}
	}
	for i, b := range bases {
		mine := slices.DeleteFunc(slices.Clone(servers), func(s netip.AddrPort) bool {
			return s.Addr().Unmap().Is4() != b.candidate.Addr.Addr().Is4()
		})
		if len(mine) == 0 {
			continue
		}
		kinds = append(kinds, ServerReflexive)
		a.remember(r, b)
		a.work.Go(func() { answers <- found{ServerReflexive, a.reflexive(r, b, mine, i)} })
	}
	for i, t := range cfg.TURN {
		kinds = append(kinds, Relayed)
		a.work.Go(func() { answers <- found{Relayed, a.relayed(r, t, i, cfg)} })
	}
	return answers, kinds
}

// settle waits until there is enough.
func (a *Agent) settle(ctx context.Context, r *round, answers chan found, kinds []Type) error {
	silence, rest := time.After(stunTime), time.After(relayTime)
	var problems []error
	missing := slices.Clone(kinds) // not answered
	wanted := slices.Compact(slices.Sorted(slices.Values(kinds)))
	settled := func(k Type) {
		if i := slices.Index(wanted, k); i >= 0 {
			if wanted = slices.Delete(wanted, i, i+1); len(wanted) == 0 {
				rest = time.After(moment)
			}
		}
	}
	if a.remembers(r) {
		settled(ServerReflexive) // a server that has died since costs no time
	}
	for over := false; len(missing) > 0 && !over; {
		select {
		case f := <-answers:
			i := slices.Index(missing, f.kind)
			missing = slices.Delete(missing, i, i+1)
			if f.err != nil {
				problems = append(problems, f.err)
			}
			if f.err == nil || !slices.Contains(missing, f.kind) {
				settled(f.kind)
			}
		case <-silence: // where UDP is blocked, a relay may be all there is
			settled(ServerReflexive)
		case <-rest:
			over = true
		case <-ctx.Done():
			over = true
		case <-r.life.Done():
			return ErrClosed
		}
	}
	if late := len(missing); late > 0 {
		a.work.Go(func() { // the rest is told as it comes
			for range late {
				if f := <-answers; f.err != nil && r.life.Err() == nil {
					a.problem(f.err)
				}
			}
			a.completed(r)
		})
	} else {
		a.completed(r)
	}
	if len(a.Local().Candidates) == 0 {
		if len(kinds) == 0 {
			problems = append(problems, errors.New("only relays may be used, and there is none; name one with its user and password"))
		}
		return fmt.Errorf("%w: %w", ErrNoCandidates, errors.Join(append(problems, ctx.Err())...))
	}
	for _, p := range problems {
		a.problem(p)
	}
	return ctx.Err()
}

func (a *Agent) completed(r *round) {
	a.mu.Lock()
	defer a.mu.Unlock()
	r.complete = true
}

// addBase adds a base and its candidate, and checks from it. setup is held.
func (a *Agent) addBase(r *round, b *base) {
	a.mu.Lock()
	if r.gone {
		a.mu.Unlock()
		b.out.close()
		return
	}
	r.bases = append(r.bases, b)
	remote := slices.Clone(r.remote.Candidates)
	c := r.checks
	a.mu.Unlock()
	a.addCandidate(r, b.candidate)
	a.permit(r, remote)
	if c != nil {
		c.open(b)
	}
}

// addCandidate tells one that isn't known.
func (a *Agent) addCandidate(r *round, c Candidate) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if r.gone || slices.ContainsFunc(r.local, func(k Candidate) bool { return k.Addr == c.Addr }) {
		return
	}
	r.local = append(r.local, c)
	if f := a.cfg.OnCandidate; f != nil {
		a.tell.post(func() { f(c) })
	}
}

// lose notes that a base is of no use any more.
func (a *Agent) lose(b *base, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	b.lost = err
	a.review()
	a.tellProblem(err)
}

func (a *Agent) problem(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.tellProblem(err)
}

func (a *Agent) tellProblem(err error) {
	if f := a.cfg.OnProblem; f != nil && !a.closed {
		a.tell.post(func() { f(err) })
	}
}
