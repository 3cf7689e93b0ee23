package rtp

import (
	"net/netip"
	"time"
)

// Latch decides where to send, and so whom to hear: the address that signalling named
// until the peer's own packets show another (symmetric RTP, RFC 4961). It is not for a
// stream whose way was checked otherwise, as ICE does.
//
//	            a stream (2 packets in sequence) from elsewhere
//	Signalled ───────────────────────────────────────────────────> Latched ──> Latched
//	    ^                                                             │   (elsewhere)
//	    └──────────────── another address is signalled ───────────────┘
//
// What unseats a source that is latched:
//
//	a stream from               which                     when
//	the signalled address       any                       at once
//	the signalled host, or      any, if the present       at once
//	else that of signalling     source is of neither
//	anywhere, before an answer  any                       half a second after the present
//	or after a hold, until the                            source has stopped
//	present source is heard
//	anywhere                    the same SSRC, numbers    the present source has stopped
//	                            that go on
//	the source before           the same SSRC, numbers    at once: that one never stopped,
//	                            that went on all along    so the present one is an intruder
//
// Nothing else does, however long the peer is silent: who sends to our port, without having
// heard what the peer sends, never gets the call's sound (RFC 7362, section 5). That a
// stream is authenticated takes the place of SSRC and numbers.
type Latch struct {
	remote, signalled netip.AddrPort
	vouched           netip.Addr
	latched           bool
	authentic, open   bool
	reopened          bool

	current claim     // of the present source
	last    time.Time // when it was heard last
	since   time.Time // when it took over from former
	rival   claim     // may take over
	home    claim     // of a likelier place than the present one
	former  claim     // of the source before; address invalid for none
	left    uint16    // its newest number when it was replaced
	// contested: a source that had been replaced was the right one. The next is to prove more.
	contested bool
}

// claim is a run of packets in sequence.
type claim struct {
	from netip.AddrPort
	ssrc uint32
	seq  uint16
	run  int
}

// add counts a packet, from one or another address.
func (c *claim) add(from netip.AddrPort, p *Packet) {
	if !c.before(from, p) {
		c.run = 0
	}
	c.from, c.ssrc, c.seq = from, p.SSRC, p.Sequence
	c.run++
}

// before reports whether p follows on the run.
func (c *claim) before(from netip.AddrPort, p *Packet) bool {
	return c.run > 0 && from == c.from && p.SSRC == c.ssrc && p.Sequence == c.seq+1
}

const (
	// latchRun is how many packets in sequence move a stream, and latchQuiet how long its
	// present source must have stopped: a NAT that gives a new port never uses both.
	latchRun   = 3
	latchQuiet = 60 * time.Millisecond
	// openQuiet is how long a fork must be silent until another is heard.
	openQuiet = 500 * time.Millisecond
	// contestedQuiet is latchQuiet once a source was taken for the peer and wasn't.
	contestedQuiet = 2 * time.Second
	// formerRun is how many packets show that the former source never stopped, once what
	// was on its way when it was replaced has come, after formerWait.
	formerRun  = 5
	formerWait = 100 * time.Millisecond
)

// Signal sets the address that an offer or answer named. The same address again
// changes nothing: a re-INVITE must not send us back behind the peer's NAT.
func (l *Latch) Signal(remote netip.AddrPort) {
	remote = plain(remote)
	if remote != l.signalled {
		*l = Latch{remote: remote, signalled: remote, vouched: l.vouched, authentic: l.authentic, open: l.open}
	}
}

// Vouch tells the host that signalling comes from, invalid for none: behind a NAT, that of
// the peer's media too, more often than any other.
func (l *Latch) Vouch(host netip.Addr) { l.vouched = host.Unmap() }

// Authenticate tells whether Observe is given only packets that are known to be the peer's.
func (l *Latch) Authenticate(on bool) { l.authentic = on }

// Open tells whether nobody has answered yet, so that several forks may send: another is
// heard when one stops.
func (l *Latch) Open(on bool) { l.open = on }

// Reopen tells that a stream begins again, as after a hold: the peer may have begun another
// meanwhile, and its NAT forgotten the one before. Until that is heard, another may follow.
func (l *Latch) Reopen() { l.reopened = true }

// plain is a without the IPv6 form of an IPv4 address, which sockets report.
func plain(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }

// Remote is where to send, invalid for nowhere.
func (l *Latch) Remote() netip.AddrPort { return l.remote }

// Latched reports whether Remote was learnt from packets.
func (l *Latch) Latched() bool { return l.latched }

// Prove takes an address that more than a stream vouches for: a handshake whose certificate
// is the peer's came from there.
func (l *Latch) Prove(from netip.AddrPort, now time.Time) {
	l.turn(claim{from: plain(from)}, now)
	l.former = claim{}
}

// Observe takes a packet that was parsed (and authenticated, if the stream is)
// and reports whether Remote changed.
func (l *Latch) Observe(from netip.AddrPort, p *Packet, now time.Time) bool {
	from = plain(from)
	if from == l.remote && l.remote.IsValid() {
		l.hear(from, p, now)
		return false
	}
	if l.better(from) {
		l.home.add(from, p)
		if l.home.run >= minSequential || l.authentic && !l.latched {
			return l.turn(l.home, now)
		}
		return false
	}
	l.rival.add(from, p)
	switch {
	case l.goesOn(from, p, now):
		l.turn(l.former, now)
		l.former, l.contested = claim{}, true // the intruder has no claim
		return true
	case l.may(p, now):
		return l.turn(l.rival, now)
	}
	return false
}

// hear takes a packet of the present source. Of another SSRC, or far from its numbers, it
// begins a stream once a second one follows it.
func (l *Latch) hear(from netip.AddrPort, p *Packet, now time.Time) {
	c := &l.current
	switch ahead := int(int16(p.Sequence - c.seq)); {
	case !l.latched, l.rival.before(from, p):
		if p.SSRC != c.ssrc {
			l.former = claim{} // a stream that has ended
		}
		*c = claim{from: from, ssrc: p.SSRC, seq: p.Sequence}
		l.rival, l.reopened = claim{}, false
	case p.SSRC != c.ssrc || ahead > maxDropout || ahead < -maxMisorder:
		l.rival.add(from, p)
	default:
		if ahead > 0 {
			c.seq = p.Sequence
		}
		l.rival, l.reopened = claim{}, false
	}
	l.latched, l.last = true, now
}

// turn makes c's the present source.
func (l *Latch) turn(c claim, now time.Time) bool {
	l.former, l.left = claim{}, 0
	if l.latched && c.ssrc == l.current.ssrc {
		l.former, l.left = claim{from: l.remote, ssrc: l.current.ssrc}, l.current.seq
	}
	l.remote, l.latched = c.from, true
	l.current, l.last, l.since = c, now, now
	l.rival, l.home, l.reopened = claim{}, claim{}, false
	return true
}

// goesOn reports whether the source that was replaced has gone on all along. Not for what is
// authenticated: there it may only have come back.
func (l *Latch) goesOn(from netip.AddrPort, p *Packet, now time.Time) bool {
	f := &l.former
	if l.authentic || from != f.from || p.SSRC != f.ssrc || now.Sub(l.since) < formerWait || int16(p.Sequence-l.left) <= 0 {
		return false
	}
	f.add(from, p)
	return f.run >= formerRun
}

// may says whether the rival takes over.
func (l *Latch) may(p *Packet, now time.Time) bool {
	quiet := now.Sub(l.last)
	switch {
	case l.authentic && !l.latched:
		return true
	case !l.latched:
		// Two packets in sequence are a stream (RFC 3550, appendix A.1).
		return l.rival.run >= minSequential
	case l.authentic:
		return l.rival.run >= minSequential && quiet >= latchQuiet
	case (l.open || l.reopened) && p.SSRC != l.current.ssrc:
		return l.rival.run >= latchRun && quiet >= openQuiet
	case p.SSRC != l.current.ssrc || int16(p.Sequence-l.current.seq) <= 0:
		return false
	case l.contested:
		return l.rival.run >= latchRun && quiet >= contestedQuiet
	}
	return l.rival.run >= latchRun && quiet >= latchQuiet
}

// better reports whether an address is likelier the peer's than the present one. What comes
// from there needs no silence: otherwise who sends before the peer does would keep the call
// for good.
func (l *Latch) better(from netip.AddrPort) bool {
	now := 0
	if l.latched {
		now = l.rank(l.remote)
	}
	return l.rank(from) > now
}

// rank is how likely an address is the peer's, before anything is known of its packets.
func (l *Latch) rank(a netip.AddrPort) int {
	switch {
	case a == l.signalled:
		return 3
	case a.Addr() == l.signalled.Addr():
		return 2
	case a.Addr() == l.vouched:
		return 1
	}
	return 0
}
