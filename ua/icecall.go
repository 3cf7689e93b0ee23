package ua

import (
	"errors"
	"slices"
	"time"

	"offhook/audio"
	"offhook/nat/ice"
	"offhook/ua/call"
	"offhook/ua/sdp"
)

// followICE does what a round of offer and answer decided about the way.
func (c *phoneCall) followICE(r sdp.Result) {
	if c.way == nil || r.Off {
		return
	}
	switch r.ICE.Outcome {
	case sdp.ICEOff:
		c.goPlain(ICEUnused, r)
	case sdp.ICENone:
		c.goPlain(ICEUnsupported, r)
	case sdp.ICEMismatch:
		c.goPlain(ICEMismatched, r)
	case sdp.ICEAgreed:
		c.check(r.ICE)
	}
}

// goPlain goes on by c= and m= (RFC 8839, section 4.2.5; interop 53): through the relay when its
// address stands in ours, else by the socket, as the peer's own packets show.
func (c *phoneCall) goPlain(s ICEState, r sdp.Result) {
	w := c.way
	before, again := w.pair.Remote.Addr, w.fresh
	w.fresh = false
	route, pair := audio.Route{}, ice.Pair{}
	if w.told.Type == ice.Relayed && r.Params.Remote.IsValid() {
		var ok bool
		if pair, ok = w.finder.Plain(r.Params.Remote); ok {
			route = routeOf(pair)
		} else {
			w.err = ice.ErrRelay
		}
	}
	if w.state == s && pair.Remote.Addr == before && !again {
		return
	}
	w.state, w.pair, w.peer = s, pair, ice.Description{}
	w.session.Attentive(false)
	w.session.SetRoute(route)
	c.tellICE()
}

// check checks the peer's candidates. What it said before goes on undisturbed; other credentials
// are those of another fork, or of a restart.
func (c *phoneCall) check(r sdp.ICEResult) {
	w := c.way
	known := w.peer.Ufrag == r.Peer.Ufrag && w.peer.Pwd == r.Peer.Pwd
	if w.role == ICERoleNone { // it stays, whoever offers later (RFC 8445, section 6.1.1)
		w.role = ICEControlled
		if r.Offered || r.Peer.Lite {
			w.role = ICEControlling
		}
	}
	if e := c.early; e.Ufrag == r.Peer.Ufrag && e.Pwd == r.Peer.Pwd {
		r.Peer.Candidates = append(slices.Clip(r.Peer.Candidates), e.Candidates...)
		r.Peer.Complete = r.Peer.Complete || e.Complete
	}
	w.updating = false
	if w.fresh && r.Offered && w.mine.Ufrag != w.finder.Local().Ufrag {
		return // to an offer of before the restart, which is still to be told
	}
	first := w.peer.Ufrag == ""
	again := w.fresh
	w.peer, w.fresh = r.Peer, false
	if err := w.finder.SetRemote(r.Peer); err != nil {
		c.onICEState(ice.Failed, err)
		return
	}
	if known && !again {
		return
	}
	if first {
		// Nothing is sent until a way is found, and who hasn't shown that it is the peer isn't
		// heard (RFC 8445, section 12).
		w.session.SetRoute(audio.Route{Verified: w.finder.Verified})
		c.openSoon(r.Peer)
	}
	w.updated, w.err = false, nil
	if w.state != ICEConnected { // on a restart audio goes on by the pair that it has
		w.state = ICEChecking
	}
	w.session.Attentive(true)
	c.tellICE()
	if err := w.finder.Start(w.role == ICEControlling); err != nil {
		c.onICEState(ice.Failed, err)
	}
}

// patience is how long checks may come to nothing before audio goes where c= and m= say, while
// they go on. RFC 8445, section 12.1, would have us wait: for ever, with a peer that described
// candidates and makes nothing of them.
const patience = 1500 * time.Millisecond

// openSoon lets audio flow without a pair, where the account lets it. A peer with RTCP on a port of
// its own may want two components for ICE, which we haven't, and not say so: it isn't waited for.
func (c *phoneCall) openSoon(peer ice.Description) {
	if c.iceMode() != ICEOn {
		return
	}
	w := c.way
	open := func() {
		if c.way == w && !c.ended && w.state == ICEChecking && !w.pair.Remote.Addr.IsValid() && w.peer.Ufrag == peer.Ufrag {
			w.session.SetRoute(audio.Route{})
		}
	}
	if !c.result.Params.RTCPMux && slices.ContainsFunc(peer.Candidates, func(k ice.Candidate) bool { return k.Component > 1 }) {
		w.state = ICEChecking
		open()
		return
	}
	c.agent.after(patience, open)
}

// routeOf is how to send by a pair.
func routeOf(p ice.Pair) audio.Route {
	r := audio.Route{Remote: p.Remote.Addr, Verified: p.Verified}
	if p.Via != nil {
		r.Via = p.Via
	}
	return r
}

// searching says that what the search finds counts.
func (w *mediaWay) searching() bool {
	switch w.state {
	case ICEChecking, ICEConnected, ICEDisconnected, ICEFailed:
		return true
	case ICEUnused, ICEGathered, ICEUnsupported, ICEMismatched:
	}
	return false
}

// onICEPair sends by a pair that works, nominated or not.
func (c *phoneCall) onICEPair(p ice.Pair) {
	w := c.way
	if !w.searching() {
		return
	}
	w.session.SetRoute(routeOf(p))
	same := w.pair.Local.Addr == p.Local.Addr && w.pair.Remote.Addr == p.Remote.Addr
	w.pair = p
	if !same {
		c.tellICE()
	}
	c.updatePeer()
}

// onICEState follows the search.
func (c *phoneCall) onICEState(s ice.State, err error) {
	w := c.way
	if !w.searching() {
		return
	}
	was := w.state
	switch s {
	case ice.Idle, ice.Closed:
		return
	case ice.Checking:
		w.state = ICEChecking
	case ice.Connected:
		w.state, w.err, w.restarts = ICEConnected, nil, 0
	case ice.Disconnected:
		w.state, w.err = ICEDisconnected, err
	case ice.Failed:
		w.state, w.err = ICEFailed, err
	}
	w.session.Attentive(w.state == ICEChecking || w.state == ICEDisconnected)
	if w.state != was {
		c.tellICE()
	}
	switch w.state {
	case ICEConnected:
		c.updatePeer()
	case ICEDisconnected:
		c.restartSoon()
	case ICEFailed:
		c.noWay()
	case ICEUnused, ICEGathered, ICEChecking, ICEUnsupported, ICEMismatched:
	}
}

// noWay is for a search that came to nothing. After there was a way, another is looked for; else
// the one that c= and m= name is tried, where the account lets it.
func (c *phoneCall) noWay() {
	w := c.way
	switch {
	case w.pair.Remote.Addr.IsValid() && w.restarts < maxRestarts && c.m.State() == call.Confirmed:
		c.restartSoon()
	case w.pair.Remote.Addr.IsValid() && c.iceMode() == ICEOn:
		// The person is told, and may wait or hang up.
	case c.iceMode() == ICEOn:
		w.session.SetRoute(audio.Route{})
	default:
		c.info.MediaErr = w.err
		c.step(call.Hangup{Cause: call.MediaFailure})
	}
}

// doubtWay asks the peer at once whether the way is open, since nothing comes by it.
func (c *phoneCall) doubtWay() {
	if c.way != nil && c.way.state == ICEConnected {
		c.way.finder.Doubt()
	}
}

// onICEProblem notes what is wrong with a server. A relay that carries audio to a peer without
// ICE, and is lost, is replaced; with ICE the search says so by itself.
func (c *phoneCall) onICEProblem(err error) {
	w := c.way
	w.lack = err
	c.tellICE()
	if errors.Is(err, ice.ErrRelay) && !w.searching() && w.pair.Via != nil && !w.renewing && c.m.State() == call.Confirmed {
		w.pair = ice.Pair{}
		c.restartICE()
	}
}

// updatePeer tells the peer which pair is in use, when its c= and m= say otherwise, so that what
// stands between can follow (RFC 8839, section 4.4.1.2.2). The controlling side does.
func (c *phoneCall) updatePeer() {
	w := c.way
	if w.state != ICEConnected || !w.pair.Nominated || w.role != ICEControlling || w.updated || w.fresh || w.renewing || c.m.State() != call.Confirmed {
		return
	}
	w.updated = true
	if w.pair.Local.Addr != w.told.Addr || w.pair.Remote.Addr != c.result.Params.Remote {
		w.updating = true
		c.step(call.Reoffer{})
	}
}

// tellGathered tells which candidates there are, where ICE is wanted.
func (c *phoneCall) tellGathered() {
	if w := c.way; w != nil && c.iceMode() != ICEOff {
		w.state, w.mine = ICEGathered, w.finder.Local()
		c.tellICE()
	}
}

// tellICE tells everybody where the search stands.
func (c *phoneCall) tellICE() {
	w := c.way
	c.info.ICE = ICEInfo{
		State: w.state, Role: w.role, Local: w.pair.Local, Remote: w.pair.Remote, RTT: w.pair.RTT,
		Candidates: w.mine.Candidates, PeerLite: w.peer.Lite, Restarts: w.total, Err: errors.Join(w.err, w.lack),
	}
	c.agent.emit(func(m Meta) Event { return ICEChanged{Meta: m, Call: c.snapshot()} })
}
