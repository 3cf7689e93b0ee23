package ice

import (
	"context"
	"encoding/binary"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"
)

// phone is an Agent in the world, and what it was told.
type phone struct {
	*Agent
	sock *sock

	mu       sync.Mutex
	pairs    []Pair
	at       []time.Duration // of pairs, since start
	states   []State
	reasons  []error
	problems []error
	trickle  []Candidate
	media    []packet
	start    time.Time
}

func (p *phone) LocalAddr() netip.AddrPort { return p.sock.addr }
func (p *phone) SendDatagram(raw []byte, to netip.AddrPort) error {
	p.sock.w.send(p.sock, raw, to)
	return nil
}
func (p *phone) Deliver(raw []byte, from netip.AddrPort, _ time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.media = append(p.media, packet{raw: append([]byte(nil), raw...), from: from})
}

// phone makes one at addr, behind g.
func (w *world) phone(t *testing.T, addr string, g *gate, change func(*Config)) *phone {
	t.Helper()
	p := &phone{sock: w.open(addr, g), start: time.Now()}
	cfg := Config{
		Socket: p, STUN: []netip.AddrPort{stunServer}, Log: discard(),
		OnCandidate: func(c Candidate) { p.note(func() { p.trickle = append(p.trickle, c) }) },
		OnProblem:   func(err error) { p.note(func() { p.problems = append(p.problems, err) }) },
		OnState: func(s State, err error) {
			p.note(func() { p.states, p.reasons = append(p.states, s), append(p.reasons, err) })
		},
		OnSelected: func(pair Pair) {
			p.note(func() { p.pairs, p.at = append(p.pairs, pair), append(p.at, time.Since(p.start)) })
		},
	}
	if change != nil {
		change(&cfg)
	}
	var err error
	if p.Agent, err = New(cfg); err != nil {
		t.Fatal(err)
	}
	p.dial = func(context.Context, TURNServer) (net.PacketConn, error) {
		return w.open(p.sock.addr.Addr().String()+":0", g), nil
	}
	p.sock.take = func(k packet) {
		if len(k.raw) >= headerLen && k.raw[0]&0xc0 == 0 && binary.BigEndian.Uint32(k.raw[4:]) == magicCookie {
			p.HandleSTUN(k.raw, k.from, time.Now())
			return
		}
		if p.Verified(k.from) {
			p.Deliver(k.raw, k.from, time.Now())
		}
	}
	return p
}

func (p *phone) note(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f()
}

// last is the pair in use.
func (p *phone) last() (Pair, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.pairs) == 0 {
		return Pair{}, false
	}
	return p.pairs[len(p.pairs)-1], true
}

// say sends media by the pair in use.
func (p *phone) say(words string) {
	pair, ok := p.last()
	switch {
	case !ok:
	case pair.Via != nil:
		_ = pair.Via.Send([]byte(words))
	default:
		_ = p.SendDatagram([]byte(words), pair.Remote.Addr)
	}
}

func (p *phone) heardAll() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []string
	for _, m := range p.media {
		out = append(out, string(m.raw))
	}
	return out
}

// talk describes each to the other, as an offer and an answer without delay, and starts both.
func talk(t *testing.T, caller, callee *phone) {
	t.Helper()
	for _, err := range []error{
		caller.Gather(t.Context()), callee.Gather(t.Context()),
		callee.SetRemote(caller.Local()), caller.SetRemote(callee.Local()),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	caller.start, callee.start = time.Now(), time.Now()
	if err := callee.Start(false); err != nil {
		t.Fatal(err)
	}
	if err := caller.Start(true); err != nil {
		t.Fatal(err)
	}
}

func addrs(list ...string) (out []netip.Addr) {
	for _, s := range list {
		out = append(out, netip.MustParseAddr(s))
	}
	return out
}
