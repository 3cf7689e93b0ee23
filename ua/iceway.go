package ua

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"offhook/nat"
	"offhook/nat/ice"
	"offhook/ua/sdp"
)

// pathfinder is what a call needs of ICE and relays; *ice.Agent is one.
type pathfinder interface {
	Gather(context.Context) error
	Local() ice.Description
	SetRemote(ice.Description) error
	AddRemote(ice.Candidate) error
	// Start and what is above return at once.
	Start(controlling bool) error
	Restart() error
	Abandon()
	Doubt()
	Reconfigure(local []netip.Addr, stun []netip.AddrPort, turn []ice.TURNServer)
	HandleSTUN(raw []byte, from netip.AddrPort, at time.Time)
	// Verified says that the peer was at an address, by its password.
	Verified(from netip.AddrPort) bool
	// Plain is the way to a peer without ICE through a relay; false without one.
	Plain(peer netip.AddrPort) (ice.Pair, bool)
	Close()
}

func newFinder(cfg ice.Config) (pathfinder, error) { return ice.New(cfg) }

// mediaWay is how a call's media finds its peer, when more than the socket's own address and STUN are
// wanted. The worker that opens the media makes it; then the loop owns it.
//
//	worker: session opened, servers located, candidates gathered
//	                                   |
//	loop:   offer or answer <----------+
//	        the peer's ------> checks -----> SetRoute
//	                             |  consent lost, network changed, peer's wish
//	                             +---> renew (worker: gather) ---> re-INVITE or answer
type mediaWay struct {
	session MediaSession
	finder  pathfinder
	hook    *stunHook
	mode    ICEMode // of the call
	easy    bool    // the NAT gives our socket one address for all peers
	lack    error   // what wasn't gathered

	told    ice.Candidate   // the default candidate of our newest description
	mine    ice.Description // what that description said
	peer    ice.Description // what checks run against; empty before
	role    ICERole
	pair    ice.Pair // in use; zero before
	state   ICEState
	err     error
	updated bool // the peer was told of the pair in use
	// updating: our newest offer tells that, and has no answer yet.
	updating bool

	renewing bool      // a worker gathers for a restart
	fresh    bool      // our credentials are new, and the peer hasn't answered them
	waiting  []func()  // offers that came meanwhile
	telling  bool      // an INFO with candidates has no answer yet
	restarts int       // since it was connected
	total    int       // since the call began
	again    time.Time // before then no restart of our own begins
}

// stunHook takes STUN off a media socket for whoever answers it now. The session calls it from
// its loop, and it is set from others.
type stunHook struct{ to atomic.Pointer[pathfinder] }

func (h *stunHook) hear(raw []byte, from netip.AddrPort, at time.Time) {
	if p := h.to.Load(); p != nil {
		(*p).HandleSTUN(raw, from, at)
	}
}

// wantsICE says whether candidates are of use to a call: nobody waits for those that the caller
// hasn't asked for. In the loop.
func (c *phoneCall) wantsICE() bool {
	return c.iceMode() != ICEOff && (c.info.Direction == Outgoing || c.offersICE)
}

// needsWay says whether a call's media may need more than its socket.
func (l *line) needsWay(ice bool) bool { return ice || len(l.acc.TURN) > 0 }

// needsRelay says whether a peer without ICE needs a relay to reach the socket: not when it is
// on no private network, nor when its NAT has the same address for everybody.
func (w *mediaWay) needsRelay() bool { return !w.easy && !public(w.session.LocalAddr().Addr()) }

// findWay gathers for an opened session. In a worker. Without an error there is a way, although
// it may lack some candidates.
func (a *Agent) findWay(ctx context.Context, c *phoneCall, w *mediaWay) error {
	cfg := ice.Config{Socket: w.session, Log: a.log}
	cfg.Local, cfg.STUN, cfg.TURN = a.surroundings(ctx, c.line, w)
	if w.mode == ICERelay || w.mode == ICEOff {
		cfg.Policy = ice.RelayOnly
	}
	var finder pathfinder
	mine := func(f func()) { // drops what a finder says that is the call's no longer
		a.box.post(func() {
			if c.way == w && w.finder == finder && !c.ended {
				f()
			}
		})
	}
	cfg.OnCandidate = func(ice.Candidate) { mine(c.trickle) }
	cfg.OnState = func(s ice.State, err error) { mine(func() { c.onICEState(s, err) }) }
	cfg.OnProblem = func(err error) { mine(func() { c.onICEProblem(err) }) }
	cfg.OnSelected = func(p ice.Pair) { mine(func() { c.onICEPair(p) }) }
	made, err := a.newFinder(cfg)
	if err != nil {
		return err
	}
	finder = made
	w.session.Attentive(true) // answers are waited for
	w.hook.to.Store(&finder)
	w.finder = finder
	return a.gather(ctx, c.line, w)
}

// surroundings are the addresses and servers to gather from. In a worker.
func (a *Agent) surroundings(ctx context.Context, l *line, w *mediaWay) (local []netip.Addr, stun []netip.AddrPort, relays []ice.TURNServer) {
	relays, w.lack = a.relays(ctx, l, netip.Addr{})
	if w.mode == ICEOn || w.mode == ICERequired {
		if list := l.stunList(); list != "" {
			var err error
			stun, err = nat.Locate(ctx, a.names, list, netip.Addr{})
			w.lack = errors.Join(w.lack, err)
		}
		if !l.acc.Listen.Addr().IsValid() {
			local = hostAddrs(w.session.LocalAddr().Addr())
		}
	}
	return local, stun, relays
}

// stunList names the account's STUN servers: those that it says, or its relays, which are such
// servers too (RFC 8656, section 4).
func (l *line) stunList() string {
	if l.acc.STUN != "" {
		return l.acc.STUN
	}
	var list []string
	for _, server := range l.acc.TURN {
		if at, err := parseTURN(server.URI); err == nil && at.transport == ice.UDP {
			list = append(list, at.String())
		}
	}
	return strings.Join(list, ",")
}

// gather waits for candidates, but not for ever. Who has nothing but relays waits for them each
// time: a call without is none. In a worker.
func (a *Agent) gather(ctx context.Context, l *line, w *mediaWay) error {
	wait := l.relaySilence.patience(gatherTime, gatherShort)
	if l.acc.ICE == ICERelay {
		wait = gatherTime
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	err := w.finder.Gather(ctx)
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded) && wait == gatherTime:
		l.relaySilence.note()
	case ctx.Err() == nil:
		l.relaySilence.forget()
	}
	if len(w.finder.Local().Candidates) == 0 {
		return errors.Join(err, w.lack)
	}
	return nil
}

// hostAddrs are this machine's addresses besides own, for peers that are on another of its
// networks. Who uses the loopback alone meets nobody elsewhere.
func hostAddrs(own netip.Addr) []netip.Addr {
	if own.IsLoopback() {
		return nil
	}
	found, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	var out []netip.Addr
	for _, f := range found {
		p, err := netip.ParsePrefix(f.String())
		a := p.Addr().Unmap()
		if err == nil && a != own && !a.IsLoopback() && !a.IsLinkLocalUnicast() && len(out) < maxHostAddrs {
			out = append(out, a)
		}
	}
	return out
}

// maxHostAddrs bounds the sockets and checks that a machine full of virtual networks costs.
const maxHostAddrs = 6

// close ends the search. It may wait for servers: in a worker.
func (w *mediaWay) close() {
	if w != nil && w.finder != nil {
		w.hook.to.Store(nil)
		w.finder.Close()
	}
}

// describeWay puts into what we say where we can be reached. In the loop.
func (c *phoneCall) describeWay(l *sdp.Local) {
	w := c.way
	mode := c.iceMode()
	if w == nil {
		if mode == ICERequired || mode == ICERelay {
			l.ICE = &sdp.ICELocal{Required: true} // only to judge what the peer says
		}
		return
	}
	d := w.describable()
	if !w.renewing {
		w.told = defaultCandidate(d.Candidates, w.session.LocalAddr(), w.easy)
	}
	if mode == ICEOff {
		if w.told.Type == ice.Relayed {
			l.Addr = w.told.Addr
		}
		return
	}
	l.ICE = &sdp.ICELocal{Description: d, Required: mode != ICEOn}
	if w.pair.Nominated && !w.fresh {
		// RFC 8839, section 4.4.1.2.2: the pair in use is the default.
		w.told = w.pair.Local
		if !slices.ContainsFunc(d.Candidates, func(c ice.Candidate) bool { return c.Addr == w.told.Addr }) {
			l.ICE.Candidates = append(l.ICE.Candidates, w.told)
		}
		if w.role == ICEControlling {
			l.ICE.Remote = w.pair.Remote.Addr
		}
	}
	l.Addr = w.told.Addr
	w.mine = l.ICE.Description
}

// describable is our description for the peer. While a restart gathers that is the one of before,
// which is in force: the new one has nothing yet that the peer could send to.
func (w *mediaWay) describable() ice.Description {
	if w.renewing && w.mine.Ufrag != "" {
		d := w.mine
		d.Candidates = slices.Clone(d.Candidates)
		return d
	}
	d := w.finder.Local()
	d.Options = append(d.Options, optionTrickle)
	return d
}
