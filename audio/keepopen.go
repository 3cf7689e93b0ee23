package audio

import (
	"time"

	"offhook/audio/rtp"
)

// A NAT forgets a port that nothing leaves by, and with it where the peer sends to. While a
// stream is on hold, or only heard, an empty packet now and then keeps it open (RFC 6263,
// section 4.6): of the stream's SSRC and next number, of a payload type that nobody has
// negotiated, so that the peer counts it and plays nothing. The first one goes at once: it
// opens the way for a stream that is only heard, and shows the peer's latch where we are.
//
// What is checked all the time, as by ICE, keeps itself open (RFC 8445, section 11), and
// where reports share the port, they do (RFC 6263, section 4.3).

const (
	// keepOpenAfter is how long nothing left (RFC 6263, section 8).
	keepOpenAfter = 15 * time.Second
	// keepOpenPT isn't assigned (RFC 3551, table 4), and dynamic numbers are others.
	keepOpenPT = 20
)

// keepOpen sends an empty packet when one is due.
func (l *loop) keepOpen(now time.Time) {
	if l.sending() || !l.applied || l.send.rtp == nil || l.route.rules() || !sendable(l.latch.Remote()) || l.shield.closed() {
		return
	}
	after := l.params.KeepOpen
	if after <= 0 {
		after = keepOpenAfter
	}
	s := &l.send
	if last := latest(s.last, l.ctl.shared); !last.IsZero() && now.Sub(last) < after {
		return
	}
	s.paused = true
	s.resume(now)
	l.ctl.sentBefore++ // it makes no sender (RFC 3550, section 6.4)
	s.last = now       // also when it fails: the network is tried again in as much time
	l.write(s.rtp.Event(s.buf[:], 0, keepOpenPT, false, s.rtp.Timestamp(), s.units, now))
}

func latest(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// empty is a packet of the peer's that kept the way open, until the next one shows whether
// it had a number of the stream (as it should) or that of the next packet (as some do).
type empty struct {
	held bool
	p    rtp.Packet
	at   time.Time
}

// takeEmpty takes an empty packet of a payload type that means nothing.
func (r *receiver) takeEmpty(p *rtp.Packet, at time.Time) {
	r.settleEmpty(p)
	if ssrc, begun := r.rx.SSRC(); begun && ssrc == p.SSRC {
		r.empty = empty{true, *p, at} // else it shows no stream
	}
}

// settleEmpty counts the empty packet before p, if it had a number of its own: that one
// isn't lost.
func (r *receiver) settleEmpty(p *rtp.Packet) {
	e := &r.empty
	if !e.held || p.SSRC != e.p.SSRC {
		return
	}
	e.held = false
	if int16(p.Sequence-e.p.Sequence) > 0 && r.rx.Update(&e.p, e.at) != rtp.Rejected {
		r.buf.Skip(&e.p, e.at)
	}
}
