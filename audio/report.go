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

	shared time.Time // when a report left by the RTP port last

	lastReference rtp.LastReference // the peer's, to be answered
	read          int               // reports in this look at the sockets
	left          uint32            // the stream that the peer has ended
	leftAt        time.Time         // and when; zero for none

	// What the peer's reports say of our stream.
	reported              bool // there was one
	rtt, tripSum, tripMax time.Duration
	trips                 int
	streamLost, pastLost  int64 // of this stream of ours, and of earlier ones
	remoteLost            int64
	remoteFraction        float64
	remoteJitter          time.Duration
	remoteXR              VoIPMetrics
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
	r.schedule.Bandwidth = rtcpShare(p)
	if !r.running {
		r.running = true
		r.schedule.Start(now, mathrand.Float64())
	}
}

// rtcpShare is the bandwidth for RTCP in octets a second: 5 % of what a stream takes, the
// headers of RTP, UDP and IP included (RFC 3550, section 6.2).
func rtcpShare(p Params) float64 {
	const headers = 40
	octets := 4000.0 // of sound in a second: opus, and what isn't known
	if c := p.Encode.Codec; c != nil && c.Info().StaticPT >= 0 {
		octets = 8000 // G.711 and G.722
	}
	return 0.05 * (octets + headers*float64(time.Second)/float64(packetTime(p.Ptime)))
}

// report sends what is due, at the first beat after that.
func (l *loop) report(now time.Time) {
	l.keepOpen(now)
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
	if l.send.rtp != nil && l.send.rtp.Packets() > 0 {
		l.sendReport(now, l.send.packets() > l.ctl.sentBefore, true)
	}
}

// leaveStream says BYE for a stream that another one, of another clock, takes the place of,
// and keeps what was counted of it.
func (l *loop) leaveStream(p Params, now time.Time) {
	if s := l.send.rtp; s == nil || p.Encode.Codec == nil || s.ClockRate() == p.Encode.Codec.Info().ClockRate {
		return
	}
	l.endStream(now)
}

// beginStream says BYE for the stream and begins another of the same clock.
func (l *loop) beginStream(now time.Time) {
	l.endStream(now)
	l.send.begin(l.send.rtp.ClockRate())
}

func (l *loop) endStream(now time.Time) {
	l.bye(now)
	c := &l.ctl
	c.sentBefore = l.send.packets()
	c.pastLost += c.streamLost
	c.streamLost, c.remoteFraction, c.remoteXR = 0, 0, VoIPMetrics{}
}

// sendReport sends one compound packet and returns its size, 0 for none.
func (l *loop) sendReport(now time.Time, sending, bye bool) int {
	to, mux := l.reportTo()
	if !mux && !sendable(to) || mux && !l.reachable() || l.send.rtp == nil {
		return 0
	}
	rep := rtp.Report{SSRC: l.send.rtp.SSRC(), CNAME: l.ctl.cname, Bye: bye}
	if sending {
		rep.Sent = l.send.rtp.Info(now)
	}
	if b, ok := l.recv.block(); ok && !l.ctl.gone(b.SSRC) {
		l.ctl.lastSR.Fill(&b, now)
		rep.Blocks = append(rep.Blocks, b)
	}
	rep.Extended = l.extended(now, sending)
	raw, err := rep.Marshal()
	if err != nil {
		l.s.log.Error("can't build an RTCP report", "error", err)
		return 0
	}
	if raw = l.sealRTCP(raw); raw == nil {
		return 0
	}
	if mux {
		if l.transmit(raw, true) != nil {
			return 0
		}
		l.ctl.shared = now
		return len(raw)
	}
	if err := l.rtcpConn.send(raw, to); err != nil {
		l.sendErrors++
		return 0
	}
	l.tap(now, true, true, l.s.at.Load().rtcp, to, raw)
	return len(raw)
}

// extended is what our XR says, for a peer that takes it (RFC 3611, section 5): metrics of
// its stream, the answer to its reference time, and, while we send nothing that it could
// answer by LSR and DLSR, a reference time of ours.
func (l *loop) extended(now time.Time, sending bool) *rtp.XR {
	var x rtp.XR
	if l.params.XR&rtp.XRVoIPMetrics != 0 {
		if m := l.metrics(); m.Known() {
			x.VoIP = append(x.VoIP, m)
		}
	}
	if l.params.XR&rtp.XRReceiverRTT != 0 {
		if a, ok := l.ctl.lastReference.Answer(now); ok {
			x.Answers = append(x.Answers, a)
		}
		if !sending {
			x.Reference = rtp.NTP(now)
		}
	}
	return &x
}
