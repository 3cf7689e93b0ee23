package audio

import (
	"net/netip"
	"testing"
	"time"

	"offhook/audio/rtp"
	"offhook/codec/g711"
)

// lookFor lets a loop that has no beat look, each tenth of a second for d.
func (b *bareLoop) lookFor(d time.Duration) {
	for end := b.now.Add(d); b.now.Before(end); {
		b.now = b.now.Add(idlePoll)
		b.drain(b.now)
		b.report(b.now)
	}
}

// While we hold the peer the way back stays open: an empty packet of the same stream each 15
// s, with the number and the time that are due (RFC 6263, sections 4.6 and 8).
func TestHoldKeepsTheWayOpen(t *testing.T) {
	b := newKeeper(t)
	p := talk(far, g711.PCMU{}, 0)
	b.apply(p, b.now)
	for range 10 {
		b.tick()
	}
	voice := parse(t, b.sent[len(b.sent)-1])
	hold := p
	hold.Send, hold.Receive = false, false
	b.apply(hold, b.now)
	b.sent, b.to = nil, nil
	began := b.now
	b.lookFor(time.Minute)
	if len(b.sent) < 3 || len(b.sent) > 4 {
		t.Fatalf("%d packets in a minute of hold", len(b.sent))
	}
	for i, raw := range b.sent {
		k := parse(t, raw)
		if k.SSRC != voice.SSRC || k.Sequence != voice.Sequence+1+uint16(i) || len(k.Payload) != 0 || k.Marker || k.PayloadType != keepOpenPT || b.to[i] != far {
			t.Errorf("packet %d: %+v to %v", i, k, b.to[i])
		}
		due := float64(voice.Timestamp) + 8000*15*float64(i+1)
		if off := float64(k.Timestamp) - due; off < -1600 || off > 4800 {
			t.Errorf("packet %d: its time is off by %v units, %v after the hold", i, off, b.now.Sub(began))
		}
	}
	last := parse(t, b.sent[len(b.sent)-1])
	b.sent = nil
	b.apply(p, b.now)
	b.tick()
	again := parse(t, b.sent[0])
	if again.Sequence != last.Sequence+1 || again.SSRC != last.SSRC || again.Timestamp-last.Timestamp > 16*8000 || !again.Marker {
		t.Errorf("after the hold: %+v, the last empty packet was %+v", again, last)
	}
}

// A stream that is only heard opens the way at once: behind a NAT the peer's packets find
// no other.
func TestListeningOpensTheWay(t *testing.T) {
	b := newKeeper(t)
	p := talk(far, g711.PCMU{}, 0)
	p.Send = false
	b.apply(p, b.now)
	b.report(b.now)
	if len(b.sent) != 1 || len(parse(t, b.sent[0]).Payload) != 0 {
		t.Fatalf("%d packets at once", len(b.sent))
	}
}

// Nothing is sent where there is nowhere to go, where checks keep the way open, where
// reports do, or before keys.
func TestNoNeedToKeepOpen(t *testing.T) {
	for name, set := range map[string]func(b *bareLoop, p *Params){
		"nowhere":             func(_ *bareLoop, p *Params) { p.Remote = netip.AddrPort{} },
		"held the old way":    func(_ *bareLoop, p *Params) { p.Remote = netip.MustParseAddrPort("0.0.0.0:5000") },
		"checked":             func(b *bareLoop, _ *Params) { b.setRoute(Route{Remote: pair}, b.now) },
		"keys not agreed yet": func(b *bareLoop, _ *Params) { b.shield.agreed = DTLS{} },
	} {
		b := newKeeper(t)
		p := talk(far, g711.PCMU{}, 0)
		p.Send = false
		set(b, &p)
		sec := b.shield.agreed
		b.shield.agreed = nil
		b.apply(p, b.now)
		b.shield.agreed = sec
		b.lookFor(time.Minute)
		if len(b.sent) != 0 {
			t.Errorf("%s: %d packets", name, len(b.sent))
		}
	}
	b := newKeeper(t)
	p := talk(far, g711.PCMU{}, 0)
	p.Send, p.RTCPMux = false, true
	b.apply(p, b.now)
	b.lookFor(2 * time.Minute)
	empty := 0
	for _, raw := range b.sent {
		if rtp.Classify(raw) == rtp.RTP {
			empty++
		}
	}
	if empty > 1 || len(b.sent) < 10 {
		t.Errorf("%d empty packets among %d of reports", empty, len(b.sent)-empty)
	}
}

// A muted microphone sends all the same, so there is nothing else to keep the way open by.
func TestMutedSends(t *testing.T) {
	b := newKeeper(t)
	b.apply(talk(far, g711.PCMU{}, 0), b.now)
	b.setMuted(true)
	b.sent = nil
	for range 100 {
		b.tick()
		b.report(b.now)
	}
	for _, raw := range b.sent {
		if k := parse(t, raw); len(k.Payload) == 0 {
			t.Fatalf("an empty packet among voice")
		}
	}
	if len(b.sent) != 100 {
		t.Errorf("%d packets in 100 beats", len(b.sent))
	}
}

// What the peer sends to keep the way open isn't lost, not odd, and not heard.
func TestPeersEmptyPacketsAreCounted(t *testing.T) {
	l := newListener(t)
	before := l.s.Stats()
	l.beats(100, func(i int) {
		if i%10 == 5 {
			l.take(packet(keepOpenPT, l.seq, l.stamp, 1, nil), far)
			l.seq++
		}
	})
	l.beats(20, nil)
	s := l.s.Stats()
	if s.Lost != before.Lost || s.Invalid != before.Invalid || s.Concealed != before.Concealed {
		t.Errorf("%d lost, %d invalid, %v concealed", s.Lost-before.Lost, s.Invalid-before.Invalid, s.Concealed-before.Concealed)
	}
	l.hears(t, "with empty packets", 60)
}
