package audio

import (
	"net/netip"
	"time"

	"offhook/audio/rtp"
)

// What the peer's RTCP says.

// maxReports bounds how many reports one look reads: a peer sends one each few seconds.
const maxReports = 8

// takeReport reads a datagram from the peer's RTCP. muxed says that it came by the RTP
// socket.
func (l *loop) takeReport(sl *slot, muxed bool) {
	if l.ctl.read++; l.ctl.read > maxReports {
		l.odd(OddFlood, sl)
		return
	}
	if !muxed && l.reportsApart() || !l.openRTCP(sl) {
		return
	}
	raw := sl.buf[:sl.n]
	rep, err := rtp.ParseReport(raw)
	if err != nil {
		l.odd(OddReport, sl)
		return
	}
	r := &l.ctl
	ssrc, known := l.recv.ssrc()
	var about rtp.Block
	ours := false
	if l.send.rtp != nil {
		about, ours = rep.About(l.send.rtp.SSRC())
	}
	from := unmapped(sl.from)
	expected := l.reporter(from, muxed)
	if l.route.rules() && !expected || !ours && !(known && rep.SSRC == ssrc) && !expected {
		// Neither by whom we hear, nor about us, nor from where it should be.
		l.odd(OddReporter, sl)
		return
	}
	if muxed && !l.params.RTCPMux {
		l.odd(OddMuxed, sl) // and taken all the same
	}
	r.schedule.Heard(sl.n)
	if !l.params.RTCPMux && !muxed && !expected {
		r.learnt = from
	}
	if rep.Sent != nil {
		r.lastSR.Note(rep.SSRC, rep.Sent, sl.at)
	}
	r.schedule.Peer(rep.Sent != nil || known && !rep.Bye)
	l.takeExtended(rep, sl.at)
	if rep.Bye {
		l.takeBye(rep, sl.at)
	}
	if ours {
		l.takeBlock(about, sl.at)
	}
}

// takeBlock reads what the peer says of our stream.
func (l *loop) takeBlock(about rtp.Block, at time.Time) {
	r := &l.ctl
	r.reported = true
	if rtt, ok := rtp.RTT(about, at); ok {
		r.trip(rtt)
	}
	r.streamLost, r.remoteFraction = int64(about.Lost), float64(about.Fraction)/256
	l.send.prepare(r.remoteFraction)
	r.remoteLost = r.pastLost + r.streamLost
	if clock := l.send.rtp.ClockRate(); clock > 0 {
		r.remoteJitter = time.Duration(about.Jitter) * time.Second / time.Duration(clock)
	}
}

// takeExtended reads XR: metrics about our stream, a wish to know the round trip, and the
// answer to ours.
func (l *loop) takeExtended(rep rtp.Report, at time.Time) {
	x, r := rep.Extended, &l.ctl
	if x == nil {
		return
	}
	if x.Reference != 0 {
		r.lastReference.Note(rep.SSRC, x.Reference, at)
	}
	if l.send.rtp == nil {
		return
	}
	ssrc := l.send.rtp.SSRC()
	if m, ok := x.About(ssrc); ok {
		r.remoteXR, r.reported = m, true
	}
	if rtt, ok := x.RTT(ssrc, at); ok {
		r.trip(rtt)
	}
}

// trip notes a round trip.
func (r *reporter) trip(rtt time.Duration) {
	r.rtt = rtt
	r.trips++
	r.tripSum += rtt
	r.tripMax = max(r.tripMax, rtt)
}

// takeBye takes the end of a stream: there is nothing to report about any more, until
// another comes (RFC 3550, section 6.3.4).
func (l *loop) takeBye(rep rtp.Report, at time.Time) {
	ssrc, known := l.recv.ssrc()
	for _, left := range rep.Left {
		if known && left == ssrc {
			l.ctl.left, l.ctl.leftAt = left, at
			l.ctl.schedule.Left(at)
			return
		}
	}
}

// gone reports that the peer said BYE for the stream of ssrc.
func (r *reporter) gone(ssrc uint32) bool { return !r.leftAt.IsZero() && r.left == ssrc }

// byeStragglers is how long packets that the network held up may follow a BYE.
const byeStragglers = 2 * time.Second

// stays takes a packet of the stream ssrc: one that goes on after its BYE has not ended.
func (r *reporter) stays(ssrc uint32, at time.Time) {
	if r.gone(ssrc) && at.Sub(r.leftAt) > byeStragglers {
		r.leftAt = time.Time{}
		r.schedule.Peer(true)
	}
}

// reporter says that the peer's reports are expected from there.
func (l *loop) reporter(from netip.AddrPort, muxed bool) bool {
	remote := l.remote()
	switch {
	case !l.route.rules():
		return from == unmapped(l.params.RemoteRTCP) || from == nextPort(remote) || muxed && from == remote
	case muxed:
		return l.route.hears(from)
	default:
		return from.Addr() == remote.Addr()
	}
}

// reportTo is where reports go: beside the RTP on its socket when that was agreed
// (RFC 5761), where the peer's own reports come from, where signalling said, or the
// port next to that of RTP, wherever that is by now.
func (l *loop) reportTo() (to netip.AddrPort, mux bool) {
	switch remote := l.remote(); {
	case l.params.RTCPMux:
		return remote, true
	case l.route.rules():
		if to := l.params.RemoteRTCP; l.route.Via == nil && to.Addr().Unmap() == remote.Addr() {
			return to, false
		}
		return netip.AddrPort{}, false // nobody has agreed to be sent that (RFC 7675, section 5)
	case l.ctl.learnt.IsValid():
		return l.ctl.learnt, false
	case sendable(l.params.RemoteRTCP) && remote.Addr() == l.params.Remote.Addr().Unmap():
		return l.params.RemoteRTCP, false
	default:
		return nextPort(remote), false
	}
}
