package audio

import (
	"net/netip"
	"time"

	"offhook/audio/jitter"
	"offhook/audio/rtp"
)

// What the sockets bring, from whomever: every datagram is counted, and none that
// isn't the peer's gets further than this file.

// drain takes what the sockets brought.
func (l *loop) drain(now time.Time) {
	for range maxDrain {
		sl := l.rtpConn.next()
		if sl == nil {
			break
		}
		l.tap(sl.at, false, false, l.s.at.Load().rtp, sl.from, sl.buf[:sl.n])
		switch rtp.Classify(sl.buf[:sl.n]) {
		case rtp.RTP:
			l.takePacket(sl)
		case rtp.RTCP:
			l.takeReport(sl)
		case rtp.Unknown, rtp.STUN, rtp.DTLS:
			l.recv.invalid++
		}
	}
	l.drainReports()
	if r := &l.recv; r.events != nil {
		r.events.Tick(now)
		l.digits()
	}
}

func (l *loop) drainReports() {
	for range maxDrain {
		sl := l.rtcpConn.next()
		if sl == nil {
			return
		}
		l.tap(sl.at, true, false, l.s.at.Load().rtcp, sl.from, sl.buf[:sl.n])
		l.takeReport(sl)
	}
}

// tapped reports that somebody watches the datagrams.
func (l *loop) tapped() bool { return l.s.e.cfg.Tap != nil || l.s.e.cfg.TapAt != nil }

func (l *loop) tap(at time.Time, rtcp, out bool, local, remote netip.AddrPort, raw []byte) {
	if f := l.s.e.cfg.Tap; f != nil {
		f(rtcp, out, local, remote, raw)
	}
	if f := l.s.e.cfg.TapAt; f != nil {
		f(at, rtcp, out, local, remote, raw)
	}
}

// takePacket takes one RTP packet, from anybody.
func (l *loop) takePacket(sl *slot) {
	r := &l.recv
	if !l.params.Receive || r.buf == nil {
		r.ignored++
		return
	}
	p := &r.pkt
	if sl.n == maxDatagram || r.parser.Parse(sl.buf[:sl.n], p) != nil {
		r.invalid++
		return
	}
	event := l.params.EventRecvPT != 0 && p.PayloadType == l.params.EventRecvPT
	clock := r.clocks[p.PayloadType&0x7f]
	if !event && clock == 0 {
		r.invalid++
		return
	}
	l.latch.Observe(sl.from, p, sl.at)
	if l.latch.Latched() && unmapped(sl.from) != l.latch.Remote() {
		r.invalid++ // a stranger, while the peer is heard
		return
	}
	ssrc, begun := r.rx.SSRC()
	fresh := !begun || ssrc != p.SSRC
	if !event && len(p.Payload) > 0 {
		switch r.buf.Put(p, sl.at) {
		case jitter.Foreign:
			return // counted there
		case jitter.Held:
			if fresh {
				return // a new stream shows itself by two packets in sequence
			}
		case jitter.Queued, jitter.Overdue, jitter.Duplicate, jitter.Oversize:
		}
		r.rx.SetClockRate(clock)
	}
	if r.rx.Update(p, sl.at) == rtp.Rejected {
		return
	}
	if event {
		r.buf.Skip(p, sl.at) // so that its number isn't taken for a lost frame's
	}
	r.since, r.silences = sl.at, 0
	if fresh {
		l.emit(FirstPacket{SSRC: p.SSRC, From: sl.from})
	}
	if event && r.events != nil {
		r.events.Put(p.Timestamp, p.Payload, sl.at)
		l.digits()
	}
}

// digits reports the events that have ended.
func (l *loop) digits() {
	for d, ok := l.recv.events.Next(); ok; d, ok = l.recv.events.Next() {
		l.emit(DigitReceived{Digit: d.Code, Duration: d.Duration})
	}
}

// watch reports what didn't happen, and what happened to the recording.
func (l *loop) watch(now time.Time) {
	r := &l.recv
	if after := l.s.e.cfg.SilentAfter; l.params.Receive && now.Sub(r.since) >= after*time.Duration(r.silences+1) {
		r.silences++
		l.emit(Silent{For: now.Sub(r.since)})
	}
	if l.echo != nil {
		l.echo.trim(l.frameTime(), l.sending())
	}
	if l.rec != nil {
		if !l.sending() {
			l.rec.hush()
		}
		if err := l.rec.failed(); err != nil {
			l.rec.close()
			l.rec = nil
			l.emit(RecordFailed{Err: err})
			l.retime()
		}
	}
}
