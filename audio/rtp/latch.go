package rtp

import (
	"net/netip"
	"time"
)

// Latch decides where to send: to the address that signalling named until the
// peer's own packets show another (symmetric RTP, RFC 4961). It is not for a
// stream that is authenticated otherwise, as ICE does.
//
//	            valid stream from elsewhere         signalled again
//	Signalled ──────────────────────────> Latched ──────────────────> Signalled
//	                                         │  ^
//	                                         └──┘ another valid stream, while
//	                                              this one is silent or has moved,
//	                                              or comes from the signalled address
type Latch struct {
	remote, signalled netip.AddrPort
	latched           bool

	ssrc uint32
	last time.Time // when the current source was last heard

	// A rival is another source that may take over.
	rival     netip.AddrPort
	rivalSSRC uint32
	rivalSeq  uint16
	run       int

	// What comes from the signalled address while another is latched.
	homeSSRC uint32
	homeSeq  uint16
	homeRun  int
}

const (
	// latchRun is how many packets in sequence make a rival valid.
	latchRun = 3
	// latchSilence is how long the current source must be silent before a
	// stream of another SSRC takes its place: who only injects a few packets
	// into a running call gets nothing.
	latchSilence = 500 * time.Millisecond
)

// Signal sets the address that an offer or answer named. The same address again
// changes nothing: a re-INVITE must not send us back behind the peer's NAT.
func (l *Latch) Signal(remote netip.AddrPort) {
	remote = plain(remote)
	if remote != l.signalled {
		*l = Latch{remote: remote, signalled: remote}
	}
}

// plain is a without the IPv6 form of an IPv4 address, which sockets report.
func plain(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }

// Remote is where to send, invalid for nowhere.
func (l *Latch) Remote() netip.AddrPort { return l.remote }

// Latched reports whether Remote was learnt from packets.
func (l *Latch) Latched() bool { return l.latched }

// Prove takes an address that more than a stream vouches for: a handshake whose certificate
// is the peer's came from there.
func (l *Latch) Prove(from netip.AddrPort, now time.Time) {
	l.remote, l.latched, l.last, l.run, l.homeRun = plain(from), true, now, 0, 0
}

// Observe takes a packet that was parsed (and authenticated, if the stream is)
// and reports whether Remote changed.
func (l *Latch) Observe(from netip.AddrPort, p *Packet, now time.Time) bool {
	from = plain(from)
	if from == l.remote && l.remote.IsValid() {
		l.ssrc, l.last, l.latched, l.run = p.SSRC, now, true, 0
		return false
	}
	if from == l.signalled && l.returns(p) {
		l.remote, l.latched, l.ssrc, l.last, l.run, l.homeRun = from, true, p.SSRC, now, 0, 0
		return true
	}
	if from != l.rival || p.SSRC != l.rivalSSRC || p.Sequence != l.rivalSeq+1 {
		l.rival, l.rivalSSRC, l.run = from, p.SSRC, 0
	}
	l.rivalSeq = p.Sequence
	l.run++
	if !l.may(p.SSRC, now) {
		return false
	}
	l.remote, l.latched, l.ssrc, l.last, l.run = from, true, p.SSRC, now, 0
	return true
}

// returns reports whether the signalled address has shown a stream. That one needs no
// silence: otherwise who sends before the peer does would keep the call for good.
func (l *Latch) returns(p *Packet) bool {
	if p.SSRC != l.homeSSRC || p.Sequence != l.homeSeq+1 {
		l.homeSSRC, l.homeRun = p.SSRC, 0
	}
	l.homeSeq = p.Sequence
	l.homeRun++
	return l.homeRun >= minSequential
}

// may says whether the rival takes over.
func (l *Latch) may(ssrc uint32, now time.Time) bool {
	switch {
	case !l.latched:
		// Nothing came from the signalled address yet: two packets in sequence
		// are a stream (RFC 3550, appendix A.1).
		return l.run >= minSequential
	case ssrc == l.ssrc:
		return l.run >= latchRun // the peer's NAT gave it a new port
	default:
		return l.run >= latchRun && now.Sub(l.last) >= latchSilence
	}
}
