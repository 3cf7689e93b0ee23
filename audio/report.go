package audio

import (
	"crypto/rand"
	"encoding/base64"
	mathrand "math/rand/v2"
	"net/netip"
	"time"

	"offhook/audio/rtp"
)

// reporter is the RTCP side of the loop.
type reporter struct {
	cname    string
	schedule rtp.Schedule
	running  bool
	// learnt is where the peer's reports came from, when that isn't where
	// signalling pointed.
	learnt netip.AddrPort

	lastSR     rtp.LastReport
	sentBefore uint64 // packets at our last report

	rtt            time.Duration
	remoteLost     int64
	remoteFraction float64
	remoteJitter   time.Duration
}

func (r *reporter) init(cname string) {
	if cname == "" {
		cname = randomName()
	}
	r.cname = cname
}

// randomName is a short-term persistent CNAME: 96 random bits (RFC 7022, section 4.2).
func randomName() string {
	var b [12]byte
	rand.Read(b[:])
	return base64.StdEncoding.EncodeToString(b[:])
}

func (r *reporter) apply(old, p Params, now time.Time) {
	if p.Remote != old.Remote || p.RemoteRTCP != old.RemoteRTCP {
		r.learnt = netip.AddrPort{} // that was another peer's, or another place's
	}
	if !r.running {
		r.running = true
		r.schedule.Start(now, mathrand.Float64())
	}
}

// report sends what is due, at the first beat after that.
func (l *loop) report(now time.Time) {
	r := &l.ctl
	if !r.schedule.Due(now) {
		return
	}
	sending := l.send.packets() > r.sentBefore
	if !r.schedule.Reconsider(sending, now, mathrand.Float64()) {
		return
	}
	size := l.sendReport(now, sending, false)
	r.sentBefore = l.send.packets()
	r.schedule.Sent(size, sending, now, mathrand.Float64())
}

// bye tells the peer that our stream ends (RFC 3550, section 6.3.7: only who has
// sent something says so).
func (l *loop) bye(now time.Time) {
	if l.send.packets() > 0 {
		l.sendReport(now, l.send.packets() > l.ctl.sentBefore, true)
	}
}

// sendReport sends one compound packet and returns its size, 0 for none.
func (l *loop) sendReport(now time.Time, sending, bye bool) int {
	to, mux := l.reportTo()
	if !sendable(to) || l.send.rtp == nil {
		return 0
	}
	rep := rtp.Report{SSRC: l.send.rtp.SSRC(), CNAME: l.ctl.cname, Bye: bye}
	if sending {
		rep.Sent = l.send.rtp.Info(now)
	}
	if b, ok := l.recv.block(); ok {
		l.ctl.lastSR.Fill(&b, now)
		rep.Blocks = append(rep.Blocks, b)
	}
	raw, err := rep.Marshal()
	if err != nil {
		l.s.log.Error("can't build an RTCP report", "error", err)
		return 0
	}
	local := l.s.at.Load().rtcp
	if mux {
		local = l.s.at.Load().rtp
		err = l.rtpConn.send(raw, to)
	} else {
		err = l.rtcpConn.send(raw, to)
	}
	if err != nil {
		l.sendErrors++
		return 0
	}
	l.tap(now, true, true, local, to, raw)
	return len(raw)
}

// reportTo is where reports go: beside the RTP on its socket when that was agreed
// (RFC 5761), where the peer's own reports come from, where signalling said, or the
// port next to that of RTP, wherever that is by now.
func (l *loop) reportTo() (to netip.AddrPort, mux bool) {
	switch remote := l.latch.Remote(); {
	case l.params.RTCPMux:
		return remote, true
	case l.ctl.learnt.IsValid():
		return l.ctl.learnt, false
	case sendable(l.params.RemoteRTCP) && remote == unmapped(l.params.Remote):
		return l.params.RemoteRTCP, false
	default:
		return nextPort(remote), false
	}
}

// takeReport reads a datagram from the peer's RTCP.
func (l *loop) takeReport(sl *slot) {
	raw := sl.buf[:sl.n]
	rep, err := rtp.ParseReport(raw)
	if err != nil {
		l.recv.invalid++
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
	expected := from == unmapped(l.params.RemoteRTCP) || from == nextPort(l.latch.Remote())
	if !ours && !(known && rep.SSRC == ssrc) && !expected {
		// Neither by whom we hear, nor about us, nor from where it should be.
		l.recv.invalid++
		return
	}
	r.schedule.Heard(sl.n)
	if !l.params.RTCPMux && !expected {
		r.learnt = from
	}
	if rep.Sent != nil {
		r.lastSR.Note(rep.SSRC, rep.Sent, sl.at)
	}
	if !ours {
		return
	}
	if rtt, ok := rtp.RTT(about, sl.at); ok {
		r.rtt = rtt
	}
	r.remoteLost, r.remoteFraction = int64(about.Lost), float64(about.Fraction)/256
	if clock := l.send.rtp.ClockRate(); clock > 0 {
		r.remoteJitter = time.Duration(about.Jitter) * time.Second / time.Duration(clock)
	}
}
