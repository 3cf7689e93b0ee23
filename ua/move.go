package ua

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"offhook/audio"
	"offhook/ua/call"
	"offhook/ua/netwatch"
	"offhook/ua/registration"
)

// When this machine changes its network, an account without a fixed address follows:
//
//	addresses or routes changed --> (worker) from where is each registrar and peer reached now?
//	      registrations: another socket, REGISTER with the new Contact, without the old one
//	      calls: another socket, the media session moves, re-INVITE with both new addresses
//	      no way there: look again soon, and with the next change
//
// A call that isn't answered yet can't follow: its INVITE belongs to the old address.

// searchFirst and searchLast bound the delay until an unreachable place is looked for again.
const (
	searchFirst = 500 * time.Millisecond
	searchLast  = 30 * time.Second
)

// MovableSession is a MediaSession that can go on at another local address.
type MovableSession interface {
	Move(ctx context.Context, local netip.Addr, probe func(context.Context, audio.ProbeConn) error) error
}

// onNetwork is told this machine's addresses: the first time they are just noted.
func (a *Agent) onNetwork(n netwatch.News) {
	first := a.addrs == nil
	a.addrs = n.Addrs
	if first || a.closing {
		return
	}
	a.log.Info("the network has changed", "addresses", n.Addrs, "slept", n.Slept)
	if n.Slept >= longSleep {
		a.awake()
	}
	a.avoid.Clear() // what was silent there may be heard from here
	for _, l := range a.lines {
		l.forgetDetours()
		l.stunSilence.forget()
		l.relaySilence.forget()
		l.life = lifetime{}
	}
	a.searches = 0
	a.relocate()
}

// longSleep is how long the machine may be asleep without it being of interest to anybody.
const longSleep = 10 * time.Second

// awake registers anew after a sleep: no timer ran in it, so bindings have lapsed for which
// the refresh isn't due yet, and NATs have forgotten us. What else lasts a while, such as
// subscriptions, follows the registration.
func (a *Agent) awake() {
	for _, l := range a.lines {
		for _, f := range l.reg.flows {
			if f.wanted && f.m != nil && f.up() {
				f.step(registration.Rebind{Contact: f.m.Snapshot().Contact, Moved: true})
			}
		}
	}
}

// retryNow tries at once what waits for its next attempt, as the network may be why it
// failed; a restless network doesn't make that more often than each retryPause.
func (a *Agent) retryNow() {
	for _, l := range a.lines {
		for _, f := range l.reg.flows {
			at, _ := f.trouble()
			if f.wanted && f.down() && !at.IsZero() && time.Since(f.hurried) >= retryPause {
				f.hurried = time.Now()
				f.register()
			}
		}
	}
}

const retryPause = 10 * time.Second

// found is from where an address is reached.
type found struct {
	local netip.Addr
	err   error
}

// relocate finds out from where everything is reached now, in a worker, and moves
// what has to.
func (a *Agent) relocate() {
	var places []netip.AddrPort
	for _, l := range a.lines {
		places = append(places, l.places()...)
	}
	if len(places) == 0 {
		a.retryNow()
		return
	}
	a.inWorker(func(context.Context) {
		ways := make(map[netip.AddrPort]found, len(places))
		for _, p := range places {
			local, err := a.net.LocalAddrFor(p)
			ways[p] = found{local, err}
		}
		a.box.post(func() { a.relocated(ways) })
	})
}

// places are the addresses that an account talks to.
func (l *line) places() []netip.AddrPort {
	if l.fixed() {
		return nil
	}
	var out []netip.AddrPort
	for _, f := range l.reg.flows {
		if f.wanted && f.place().IsValid() {
			out = append(out, f.place())
		}
	}
	if len(out) == 0 && l.lead.IsValid() {
		out = append(out, l.lead)
	}
	for _, c := range l.agent.calls {
		if c.line == l && c.place().IsValid() {
			out = append(out, c.place())
		}
	}
	return out
}

// place is the server of a flow, answered or only asked so far.
func (f *flow) place() netip.AddrPort {
	if !f.target.Addr.IsValid() && f.x != nil && len(f.x.targets) > 0 {
		return f.x.target().Addr
	}
	return f.target.Addr
}

// place is where an established call's requests go.
func (c *phoneCall) place() netip.AddrPort {
	if c.ended || !up(c) || c.main() == nil {
		return netip.AddrPort{}
	}
	leg := c.main()
	if t, ok := numericTarget(leg.NextHop(), leg.via.Transport); ok {
		return t.Addr
	}
	return leg.via.Addr
}

// relocated moves what is reached from another address than before.
func (a *Agent) relocated(ways map[netip.AddrPort]found) {
	if a.closing {
		return
	}
	lost := false
	for _, l := range a.lines {
		if l.fixed() {
			continue
		}
		if err := l.follow(ways); err != nil {
			lost = true
			a.log.Info("can't follow the network yet", "account", l.acc.Name, "err", err)
		}
	}
	a.retryNow()
	if a.search != nil {
		a.search.Stop()
		a.search = nil
	}
	if lost {
		wait := min(searchFirst<<min(a.searches, 10), searchLast)
		a.searches++
		a.search = a.after(wait, a.relocate)
	}
}

// follow moves an account's registrations and calls to where they are reached from now.
// The error says that some can't be reached yet.
func (l *line) follow(ways map[netip.AddrPort]found) (failed error) {
	a := l.agent
	was := netip.Addr{}
	if main := l.main(); main != nil {
		was = main.addr
	}
	// at gives the endpoint to be used towards a place, if its address is another than now.
	at := func(place netip.AddrPort, now netip.Addr) (bound, bool) {
		way, ok := ways[place]
		switch {
		case !ok || way.err == nil && way.local == now:
			return bound{}, false
		case way.err != nil:
			failed = way.err
			return bound{}, false
		}
		b, err := l.bind(way.local)
		if err != nil {
			failed = err // an address may take a moment until it can be used
			return bound{}, false
		}
		return b, true
	}
	var moving []func()
	lead := bound{}
	for _, f := range l.reg.flows {
		if b, ok := at(f.place(), f.home); ok && f.m != nil && f.wanted {
			lead = b
			moving = append(moving, func() { f.moveTo(b) })
		}
	}
	if b, ok := at(l.lead, was); ok && lead.endpoint == nil {
		lead = b
		moving = append(moving, func() { l.reg.flows[0].moveTo(b) })
	}
	var ids []CallID
	for _, id := range a.order {
		c := a.calls[id]
		if c.line != l || !c.place().IsValid() {
			continue
		}
		if b, ok := at(c.place(), c.main().end.addr); ok {
			if lead.endpoint == nil {
				lead = b
			}
			ids = append(ids, id)
			moving = append(moving, func() { c.moveTo(b) })
		}
	}
	if lead.endpoint == nil {
		return failed
	}
	l.seen = netip.AddrPort{}
	l.settle(lead)
	a.log.Info("the account moves", "account", l.acc.Name, "from", was, "to", lead.addr)
	a.emit(func(m Meta) Event {
		return NetworkChanged{Meta: m, Account: l.acc.Name, Was: was, Now: lead.addr, Calls: ids}
	})
	for _, move := range moving {
		move()
	}
	return failed
}

// settle makes b the account's main endpoint. Those whose address is gone stay for as long as
// a transaction may last, which then ends by itself, and are closed.
func (l *line) settle(b bound) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if i := slices.IndexFunc(l.ends, func(e bound) bool { return e.addr == b.addr }); i > 0 {
		l.ends = slices.Insert(slices.Delete(l.ends, i, i+1), 0, b)
	}
	l.agent.after(call.Lifetime, l.dropStale)
}

// dropStale closes the endpoints whose address this machine no longer has. In the loop.
func (l *line) dropStale() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := len(l.ends) - 1; i > 0; i-- {
		b := l.ends[i]
		if slices.Contains(l.agent.addrs, b.addr) {
			continue
		}
		l.ends = slices.Delete(l.ends, i, i+1)
		l.agent.work.Go(func() { _ = b.Close() })
	}
}

// moveTo registers from another endpoint.
func (f *flow) moveTo(b bound) {
	t := f.target.Transport
	if !f.target.Addr.IsValid() {
		t = f.line.acc.Transport
	}
	f.home, f.said = b.addr, t
	f.warnings = nil
	f.step(registration.Rebind{Contact: f.marked(f.line.contactURI(b.LocalAddr(t), t)), Moved: true})
	f.reg.tell()
}
