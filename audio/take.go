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
	l.ctl.read = 0
	strangers, taken, flooder := 0, 0, l.remote()
	for ; taken < maxDrain; taken++ {
		sl := l.nextDatagram()
		if sl == nil {
			break
		}
		l.tap(sl.at, false, false, l.s.at.Load().rtp, sl.from, sl.buf[:sl.n])
		if !l.ours(unmapped(sl.from)) {
			strangers++
			flooder = sl.from
		}
		if sl.n == 0 {
			continue // it keeps a NAT open (RFC 6263, section 4.1)
		}
		switch kind := rtp.Classify(sl.buf[:sl.n]); kind {
		case rtp.RTP:
			if l.openRTP(sl) {
				l.takePacket(sl)
			}
		case rtp.RTCP:
			l.takeReport(sl, true)
		case rtp.STUN, rtp.TURN:
			l.takeSTUN(sl)
		case rtp.DTLS:
			l.takeDTLS(sl)
		case rtp.Unknown:
			l.odd(oddKind(kind), sl)
		}
	}
	if taken == maxDrain || strangers >= floodLook {
		l.oddRTP(OddFlood, flooder, 0)
	}
	l.watchFlood(strangers, now)
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
		if sl.n == 0 {
			continue
		}
		if kind := rtp.Classify(sl.buf[:sl.n]); kind != rtp.RTCP {
			l.odd(oddKind(kind), sl)
			continue
		}
		l.takeReport(sl, false)
	}
}

// tapped reports that somebody watches the datagrams.
func (l *loop) tapped() bool { return l.s.e.cfg.Tap != nil }

func (l *loop) tap(at time.Time, rtcp, out bool, local, remote netip.AddrPort, raw []byte) {
	if f := l.s.e.cfg.Tap; f != nil {
		f(at, rtcp, out, local, remote, raw)
	}
}

// takePacket takes one RTP packet, from anybody.
func (l *loop) takePacket(sl *slot) {
	r := &l.recv
	if !l.params.Receive || r.buf == nil {
		l.passOver(sl)
		return
	}
	p := &r.pkt
	if sl.n == maxDatagram || r.parser.Parse(sl.buf[:sl.n], p) != nil {
		l.odd(OddBroken, sl)
		return
	}
	eventHz := l.params.eventAt(p.PayloadType)
	event := eventHz != 0
	clock := r.clocks[p.PayloadType&0x7f]
	if !event && clock == 0 {
		if l.stranger(unmapped(sl.from)) {
			l.odd(OddStranger, sl)
			return
		}
		if len(p.Payload) == 0 {
			r.takeEmpty(p, sl.at)
			return
		}
		l.oddRTP(OddFormat, sl.from, p.PayloadType)
		return
	}
	l.follow(sl, p)
	if l.stranger(unmapped(sl.from)) {
		l.odd(OddStranger, sl) // while the peer is heard
		return
	}
	r.settleEmpty(p)
	ssrc, begun := r.rx.SSRC()
	fresh := !begun || ssrc != p.SSRC
	switch {
	case fresh && len(p.Payload) == 0:
		return // a keep-alive shows no stream
	case fresh && begun && event:
		l.takeEvent(p, eventHz, sl.at) // some gateways' digits have an SSRC of their own
		return
	}
	if !event && len(p.Payload) > 0 {
		if r.ciphered(p) && !fresh {
			l.oddRTP(OddEncrypted, sl.from, p.PayloadType)
			r.rx.Update(p, sl.at) // it came, and is reported on
			r.since, r.silences = sl.at, 0
			return
		}
		switch r.buf.Put(p, sl.at) {
		case jitter.Foreign:
			return // counted there
		case jitter.Held:
			if fresh {
				// A new stream shows itself by two packets in sequence; one before this
				// that was held too has come to nothing.
				if r.held {
					l.odd(OddStray, sl)
				}
				r.held = true
				return
			}
		case jitter.Queued, jitter.Overdue, jitter.Duplicate, jitter.Oversize:
		}
		r.held = false
		if fresh {
			r.cipher = rtp.Cipher{} // what it knew was of another stream
		}
		r.rx.SetClockRate(clock)
	}
	if r.rx.Update(p, sl.at) == rtp.Rejected {
		return
	}
	if event || len(p.Payload) == 0 {
		r.buf.Skip(p, sl.at) // so that its number isn't taken for a lost frame's
	}
	l.ctl.stays(p.SSRC, sl.at)
	r.since, r.silences = sl.at, 0
	if fresh {
		l.firstPacket(FirstPacket{SSRC: p.SSRC, From: sl.from}, sl.at)
	}
	if event {
		l.takeEvent(p, eventHz, sl.at)
	}
}

// follow lets the latch see a packet, unless a route rules.
func (l *loop) follow(sl *slot, p *rtp.Packet) {
	if l.route.rules() {
		return
	}
	latched := l.latch.Latched()
	moved := l.latch.Observe(sl.from, p, sl.at)
	if moved || !latched && l.latch.Latched() {
		l.recv.buf.Expect()
	}
	if moved {
		l.s.log.Info("the peer's media comes from another address", "now", l.latch.Remote(), "signalled", l.params.Remote)
		l.aim()
	}
}

// passOver takes a packet while nobody is to hear any. One of the peer's stream has come all
// the same, and isn't lost.
func (l *loop) passOver(sl *slot) {
	r := &l.recv
	r.ignored++
	ssrc, known := r.ssrc()
	if known && l.ours(unmapped(sl.from)) && r.parser.Parse(sl.buf[:sl.n], &r.pkt) == nil && r.pkt.SSRC == ssrc {
		r.rx.Update(&r.pkt, sl.at)
	}
}

// takeEvent takes a telephone-event of the clock hz.
func (l *loop) takeEvent(p *rtp.Packet, hz int, at time.Time) {
	if r := &l.recv; r.events != nil {
		r.events.SetClock(hz)
		r.events.Put(p.Timestamp, p.Payload, at)
		l.digits()
	}
}

// ciphered says that the stream looks encrypted, and notes what plays.
func (r *receiver) ciphered(p *rtp.Packet) bool {
	for i := range r.decoders {
		if d := &r.decoders[i]; d.format.PT == p.PayloadType {
			r.lastPT = d.format.PT
			return r.cipher.Add(d.name, p.Payload) == rtp.LooksEncrypted
		}
	}
	return false // comfort noise
}

// firstPacket tells of a new stream. Who makes up streams by the thousand is told of no
// more than maxFirst a second.
func (l *loop) firstPacket(e FirstPacket, at time.Time) {
	r := &l.recv
	if at.Sub(r.firstAt) >= time.Second {
		r.firstAt, r.firsts = at, 0
	}
	if r.firsts++; r.firsts <= maxFirst {
		l.emit(e)
	}
}

const maxFirst = 8

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
	}
}
