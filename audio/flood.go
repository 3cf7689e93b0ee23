package audio

import (
	"net/netip"
	"slices"
	"time"
)

// guard keeps a flood from drowning the peer: the system's queue holds some hundred
// datagrams, and what a flood brings between two beats would leave no room for voice.
// While it stands the socket takes the datagrams of the peer, and of whom the way to it
// leads over, alone.
//
//	open ──floodLook strangers in one look──> guarded ──guardTime, or the peer is silent──> open
//
// A flood from the peer's own address, or before the peer is heard, is only bounded by
// maxDrain.
type guard struct {
	until time.Time // zero: open
	peers [maxContacts + 1]netip.AddrPort
}

const (
	// floodLook is how many strangers' datagrams in one look make a flood: three thousand
	// a second.
	floodLook = 64
	// guardTime is how long nobody else is listened to. A peer that moves meanwhile is
	// heard by then, or once it has been missed for guardSilence.
	guardTime    = 2 * time.Second
	guardSilence = 500 * time.Millisecond
)

// watchFlood takes how many datagrams of strangers a look has brought.
func (l *loop) watchFlood(strangers int, now time.Time) {
	g := &l.guard
	if !g.until.IsZero() {
		if now.After(g.until) || now.Sub(l.recv.since) > guardSilence {
			l.unguard()
		}
		return
	}
	if strangers < floodLook || !l.found() || now.Sub(l.recv.since) > guardSilence {
		return
	}
	if peers := l.company(); len(peers) > 0 && l.rtpConn.only(peers) {
		g.until = now.Add(guardTime)
	}
}

// company is whose datagrams are let in while the rest is shut out: the peer's, and of whom
// SendDatagram has spoken to lately, such as its other addresses, a relay, or a server.
func (l *loop) company() []netip.AddrPort {
	peers := l.s.contacts.append(l.guard.peers[:0])
	if to := l.remote(); to.IsValid() && l.route.Via == nil && !slices.Contains(peers, to) {
		peers = append(peers, to)
	}
	return peers
}

// unguard listens to everybody again.
func (l *loop) unguard() {
	if !l.guard.until.IsZero() {
		l.rtpConn.only(nil)
		l.guard.until = time.Time{}
	}
}
