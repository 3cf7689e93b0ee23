package audio

import (
	"net/netip"
	"time"
)

// Route is where a session's packets go, and from where they come, when somebody knows
// better than signalling and the latch do, as ICE does.
//
//	                 packets go                       are heard from
//	zero Route       Params.Remote, then the latch    whom the latch believes
//	Remote           there                            Remote, and whoever is Verified
//	Via              through it; Remote is its far    Remote, and whoever is Verified
//	                 end, for records
//	Verified alone   nowhere yet                      whoever is Verified
//
// The last is the time of the first checks: nothing may be sent before the peer has agreed
// (RFC 7675, section 5), but who passed a check may be heard (RFC 8445, section 12.2).
type Route struct {
	Remote netip.AddrPort
	// Via carries what doesn't leave by the session's own socket. What comes by the same
	// way is given to Session.Deliver.
	Via Carrier
	// Verified says that packets from there are the peer's. The loop calls it for each
	// packet, also from Remote, so that it knows that the peer is heard: it must not block,
	// and be safe for any goroutine. Nil is nobody else.
	Verified func(from netip.AddrPort) bool
}

// Carrier is another way to the peer than the session's socket, such as a relay. Send is
// called for each packet, from the loop and from Session.SendMedia: it must neither block
// nor keep raw.
type Carrier interface {
	Send(raw []byte) error
}

// rules says that the route takes the place of signalling and the latch.
func (r *Route) rules() bool { return r.Remote.IsValid() || r.Via != nil || r.Verified != nil }

// leads says that packets have a way.
func (r *Route) leads() bool { return r.Via != nil || sendable(r.Remote) }

// hears says that a packet from there is the peer's.
func (r *Route) hears(from netip.AddrPort) bool {
	return r.Verified != nil && r.Verified(from) || from == r.Remote && from.IsValid()
}

// SetRoute says where packets go from now on; the zero Route leaves it to Params.Remote and
// the latch again. An Apply doesn't change it, nor does Move.
func (s *Session) SetRoute(r Route) {
	r.Remote = unmapped(r.Remote)
	s.mail.post(func() { s.l.setRoute(r, time.Now()) })
}

// setRoute takes a new route. The stream goes on in it, number by number.
func (l *loop) setRoute(r Route, now time.Time) {
	if l.applied {
		l.drain(now) // what came until now is for the old route to judge
	}
	was, before := l.sending(), l.remote()
	l.route = r
	if l.remote() != before {
		l.ctl.learnt = netip.AddrPort{}
		l.unguard()
		if l.recv.buf != nil {
			l.recv.buf.Expect()
		}
	}
	l.retime()
	l.aim()
	l.shakeHands(now)
	if !was && l.sending() {
		l.send.paused = true
		l.firstFrame(l.params, now)
	}
	l.publish()
}

// remote is where packets go, and where those of the peer come from; invalid for nowhere.
func (l *loop) remote() netip.AddrPort {
	if l.route.rules() {
		return l.route.Remote
	}
	return l.latch.Remote()
}

// reachable says that packets have a way to the peer.
func (l *loop) reachable() bool {
	if l.route.rules() {
		return l.route.leads()
	}
	return sendable(l.latch.Remote())
}

// found says that it is known where the peer's packets come from.
func (l *loop) found() bool { return l.route.rules() || l.latch.Latched() }

// ours says that from is where the peer's packets come from, or are expected to.
func (l *loop) ours(from netip.AddrPort) bool {
	if l.route.rules() {
		return l.route.hears(from)
	}
	return from == l.latch.Remote()
}

// stranger says that from isn't where the peer's packets come from, as far as that is known.
func (l *loop) stranger(from netip.AddrPort) bool {
	return l.found() && !l.ours(from)
}

// transmit sends a packet of RTP, or of RTCP beside it, the way that is in force, and
// shows it to the tap.
func (l *loop) transmit(raw []byte, rtcp bool) error {
	to := l.remote()
	var err error
	if l.route.Via != nil {
		err = l.route.Via.Send(raw)
	} else {
		err = l.rtpConn.send(raw, to)
	}
	if err != nil {
		l.sendErrors++
		return err
	}
	if l.tapped() {
		l.tap(time.Now(), rtcp, true, l.s.at.Load().rtp, to, raw)
	}
	return nil
}

// way is where media goes at present, as other goroutines see it.
type way struct {
	to  netip.AddrPort
	via Carrier
}

// aim tells the other goroutines where media goes.
func (l *loop) aim() {
	now := way{l.remote(), l.route.Via}
	if was := l.s.way.Load(); was == nil || *was != now {
		l.s.way.Store(&now)
	}
}
