package ua

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"offhook/ua/sip"
)

// Where nobody said which transport to use, and the one that was taken gets no answer, the next ones
// are looked for at the same server:
//
//	UDP --> TCP, same port --> TLS, the port after it --> WSS, 443
//
// The request stays where it is while connections are tried, so that a server that is slow, and
// not blocked, loses nothing by it. The first that opens carries the request, and all that
// follow to this server, until it fails or the network changes.

const (
	// detourDelay is how long one connection may take before the next is tried beside it.
	detourDelay = time.Second
	// detourTime is how long the last one may take.
	detourTime = 5 * time.Second
	// maxOpen bounds the servers that are remembered.
	maxOpen = 64
)

// reacher is an endpoint that can make a connection before there is anything to send;
// *sip.Endpoint is one.
type reacher interface {
	Reach(context.Context, sip.Target) error
}

// detours are a line's servers whose transport is ours to choose, and the detour to each if there is
// one. The line's mutex guards it.
type detours map[netip.AddrPort]sip.Target

// noteOpen remembers the servers to which a URI left the transport open, and puts the detours
// to them first. Any goroutine.
func (l *line) noteOpen(u sip.URI, targets []sip.Target) []sip.Target {
	if _, said := sip.ParamValue(u.UriParams, "transport"); said || l.transport() != sip.AnyTransport {
		return targets
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []sip.Target
	for _, t := range targets {
		d, known := l.detours[t.Addr]
		switch {
		case !known && len(l.detours) < maxOpen:
			if l.detours == nil {
				l.detours = make(detours)
			}
			l.detours[t.Addr] = sip.Target{}
		case d.Addr.IsValid() && !slices.Contains(out, d):
			d.Host = t.Host // as it is dialled now
			out = append(out, d)
		}
	}
	return append(out, targets...)
}

// mayDetour says that the transport towards a server is ours to choose. Any goroutine.
func (l *line) mayDetour(t sip.Target) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, open := l.detours[t.Addr]
	return open
}

// setDetour remembers that a server is reached by another way than its own.
func (l *line) setDetour(from, by sip.Target) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.detours == nil {
		l.detours = make(detours)
	}
	l.detours[from.Addr] = by
	if _, known := l.detours[by.Addr]; !known {
		l.detours[by.Addr] = sip.Target{} // from where the search may go on
	}
}

// dropDetour forgets a detour that failed.
func (l *line) dropDetour(by sip.Target) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for from, d := range l.detours {
		if d.Transport == by.Transport && d.Addr == by.Addr {
			l.detours[from] = sip.Target{}
		}
	}
}

// forgetDetours forgets all: another network may block nothing.
func (l *line) forgetDetours() {
	l.mu.Lock()
	defer l.mu.Unlock()
	clear(l.detours)
}

// detoursOf gives the ways to try to a server, in their order: never a less secure one.
func detoursOf(t sip.Target) []sip.Target {
	at := func(transport sip.Transport, port uint16) sip.Target {
		return sip.Target{Transport: transport, Addr: netip.AddrPortFrom(t.Addr.Addr(), port), Host: t.Host}
	}
	port := t.Addr.Port()
	wss := at(sip.WSS, sip.WSS.DefaultPort())
	switch t.Transport {
	case sip.UDP:
		return []sip.Target{at(sip.TCP, port), at(sip.TLS, port+1), wss}
	case sip.TCP:
		return []sip.Target{at(sip.TLS, port+1), wss}
	case sip.TLS:
		return []sip.Target{wss}
	default:
		return nil
	}
}

// detour looks for another transport to the current target, which is silent, or has failed: then
// failed is what to tell when there is none. It says whether it looks.
func (x *exchange) detour(failed error) bool {
	if len(x.targets) == 0 {
		return false // no way was found: nobody was asked
	}
	t := x.target()
	if x.searched || !x.line.mayDetour(t) {
		return false
	}
	ways := slices.DeleteFunc(detoursOf(t), func(w sip.Target) bool {
		return w.Addr.Port() == 0 || slices.ContainsFunc(x.failed, func(f sip.Target) bool { return f.Transport == w.Transport && f.Addr == w.Addr })
	})
	end := x.end
	r, ok := end.endpoint.(reacher)
	if len(ways) == 0 || !ok {
		return false
	}
	x.searched = true
	attempt := x.attempt
	x.agent.inWorker(func(ctx context.Context) {
		found, ok := firstReached(ctx, r, ways)
		x.agent.box.post(func() {
			switch {
			case attempt != x.attempt || x.done || x.heard && failed == nil:
			case ok:
				x.takeDetour(t, found)
			case failed != nil:
				x.nextPlace(nil, failed)
			}
		})
	})
	return true
}

// takeDetour sends the request by a way that is open. In the loop.
func (x *exchange) takeDetour(from, by sip.Target) {
	x.agent.log.Warn("no answer, so another transport is taken", "account", x.line.acc.Name, "from", from, "to", by)
	x.rate(nil, fmt.Errorf("%w: %s said nothing", sip.ErrTimeout, from))
	if x.tx != nil {
		x.tx.Abandon()
	}
	x.line.setDetour(from, by)
	x.targets, x.next, x.searched = []sip.Target{by}, nil, false
	x.again()
}

// firstReached makes connections to each of the ways until one opens: the next begins when the one
// before has failed or takes long.
func firstReached(ctx context.Context, r reacher, ways []sip.Target) (sip.Target, bool) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type outcome struct {
		way sip.Target
		err error
	}
	outcomes := make(chan outcome, len(ways))
	begun, pending := 0, 0
	begin := func() {
		if begun == len(ways) {
			return
		}
		way := ways[begun]
		begun++
		pending++
		go func() {
			ctx, cancel := context.WithTimeout(ctx, detourTime)
			defer cancel()
			outcomes <- outcome{way, r.Reach(ctx, way)}
		}()
	}
	var found sip.Target
	ok := false
	for begin(); pending > 0; {
		next := time.NewTimer(detourDelay)
		select {
		case o := <-outcomes:
			pending--
			if o.err == nil && !ok {
				found, ok = o.way, true
				cancel() // the others end at once
				begun = len(ways)
			}
			begin()
		case <-next.C:
			begin()
		}
		next.Stop()
	}
	return found, ok
}
