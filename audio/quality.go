package audio

import (
	"time"

	"offhook/audio/jitter"
	"offhook/audio/rtp"
)

// Quality is how one direction of a call sounds. The zero value says that nothing is
// known: nothing came, or the peer doesn't report.
type Quality struct {
	rtp.Rating
	// Loss is the fraction of packets that weren't heard: lost and not recovered, or late.
	Loss float64
	// BurstR is how bursty that is: 1 for random loss, more for bursts.
	BurstR float64
	// Delay is from mouth to ear, as far as it can be told: half of the round trip, the
	// jitter buffer, a packet time.
	Delay time.Duration
}

// VoIPMetrics are those of RTCP XR (RFC 3611, section 4.7).
type VoIPMetrics = rtp.VoIPMetrics

// ratings rates both directions once a second, from what the jitter buffer tells of each
// packet and from what the peer reports.
//
//	jitter.Outcome -> bursts --+-> last seconds, whole call -> in
//	round trip, buffer --------+
//	the peer's RR and XR --------------------------------> out
//
// Owner: the loop.
type ratings struct {
	bursts rtp.Bursts
	past   [ratedSeconds]rtp.Bursts // of the last seconds, a ring
	at     int
	next   time.Time

	// The delay of the jitter buffer over the call.
	delays time.Duration
	rated  int

	in, out           Quality // of the last seconds
	wholeIn, wholeOut Quality // of the call
	own               VoIPMetrics
}

// ratedSeconds is how far back "now" reaches: long enough for a word, short enough to
// see trouble come and go.
const ratedSeconds = 8

// outcome hears from the jitter buffer what became of a packet.
func (q *ratings) outcome(o jitter.Outcome) {
	switch o {
	case jitter.Played, jitter.Recovered:
		q.bursts.Add(rtp.Heard)
	case jitter.Lost:
		q.bursts.Add(rtp.NeverCame)
	case jitter.Late:
		q.bursts.CameAfterAll()
	case jitter.Discarded:
		q.bursts.Add(rtp.CameLate)
	}
}

// rate runs when a second is over.
func (l *loop) rate(now time.Time) {
	q := &l.rated
	if now.Before(q.next) {
		return
	}
	q.next = now.Add(time.Second)
	l.watchPayloads()
	l.rateIn()
	l.rateOut()
	q.own = l.metrics()
	q.past[q.at] = q.bursts
	q.at = (q.at + 1) % ratedSeconds
}

// watchPayloads counts what the codecs couldn't decode, which is in Invalid already.
func (l *loop) watchPayloads() {
	count := &l.odds.count[OddPayload]
	before := *count
	if *count = l.recv.sum().Undecodable; before == 0 && *count > 0 {
		l.emit(Odd{Kind: OddPayload, From: l.remote(), PT: l.recv.lastPT})
	}
}

// rateIn rates what we hear.
func (l *loop) rateIn() {
	q, r := &l.rated, &l.recv
	q.in = Quality{}
	pattern := q.bursts.Pattern()
	packets, loss, burst := q.bursts.Since(q.past[q.at])
	if pattern.Packets == 0 || r.buf == nil {
		return
	}
	wait := r.buf.Stats().Delay
	if l.params.Receive {
		q.delays += wait
		q.rated++
	}
	way := l.ctl.rtt/2 + r.packetTime(l.frameTime())
	codec := rtp.ImpairmentOf(r.codecName())
	if packets > 0 {
		q.in = quality(codec, loss, burst, way+wait)
	}
	q.wholeIn = quality(codec, pattern.Loss(), pattern.BurstR, way+q.delays/time.Duration(max(q.rated, 1)))
}

// peerBuffer is the delay of a peer's jitter buffer that doesn't say it: two packets, or
// three times the jitter that it sees.
func peerBuffer(packet, jitter time.Duration) time.Duration { return max(2*packet, 3*jitter) }

// rateOut rates what the peer hears, by its own reports. Where it sends no XR what came too
// late for it isn't known, nor how bursty its loss is.
func (l *loop) rateOut() {
	q, c := &l.rated, &l.ctl
	if !c.reported {
		return
	}
	codec := rtp.ImpairmentOf(l.send.info.Name)
	packet := l.frameTime()
	delay := c.rtt/2 + packet + peerBuffer(packet, c.remoteJitter)
	late, burst, whole := 0.0, 1.0, 0.0
	if sent := l.send.packets(); sent > 0 {
		whole = min(max(float64(c.remoteLost)/float64(sent), 0), 1)
	}
	if x := c.remoteXR; x.Known() {
		late, whole = x.Discard, x.Loss+x.Discard
		if x.EndSystem > 0 && x.EndSystem < 2*time.Second {
			delay = c.rtt/2 + x.EndSystem
		}
		burst = burstRatio(x, packet)
	}
	q.out = quality(codec, c.remoteFraction+late, burst, delay)
	q.wholeOut = quality(codec, whole, burst, delay)
}

// burstRatio guesses BurstR from burst and gap: within a burst losses follow each other
// as often as it is dense.
func burstRatio(x VoIPMetrics, packet time.Duration) float64 {
	loss := x.Loss + x.Discard
	if x.BurstDuration <= packet || x.BurstDensity <= loss || x.BurstDensity >= 1 {
		return 1
	}
	return (1 - loss) / (1 - x.BurstDensity)
}

func quality(codec rtp.Impairment, loss, burst float64, delay time.Duration) Quality {
	loss = min(loss, 1) // a peer's own numbers may add up to more
	c := rtp.Conversation{Codec: codec, Loss: loss, Burst: burst, Delay: delay}
	return Quality{Rating: c.Rate(), Loss: loss, BurstR: burst, Delay: delay}
}

// metrics is what our XR says of the peer's stream: of the call as a whole.
func (l *loop) metrics() VoIPMetrics {
	ssrc, ok := l.recv.ssrc()
	p := l.rated.bursts.Pattern()
	if !ok || p.Packets == 0 || l.recv.buf == nil {
		return VoIPMetrics{}
	}
	packet := l.recv.packetTime(l.frameTime())
	span := func(packets float64) time.Duration { return time.Duration(packets * float64(packet)) }
	part := func(n uint64) float64 { return float64(n) / float64(p.Packets) }
	q, j := l.rated.wholeIn, l.recv.buf.Stats()
	r := uint8(rtp.Unavailable)
	if q.Known() {
		r = uint8(q.R + 0.5)
	}
	return VoIPMetrics{
		SSRC: ssrc, Loss: part(p.Lost), Discard: part(p.Late), BurstDensity: p.BurstDensity, GapDensity: p.GapDensity,
		BurstDuration: span(p.BurstLength), GapDuration: span(p.GapLength),
		RoundTrip: l.ctl.rtt, EndSystem: j.Delay + packet + l.lead.value,
		SignalLevel: rtp.Unavailable, NoiseLevel: rtp.Unavailable, EchoLoss: rtp.Unavailable,
		Gmin: rtp.Gmin, R: r, ExternalR: rtp.Unavailable, MOSLQ: q.LQ, MOSCQ: q.CQ,
		Concealment: rtp.ConcealmentEnhanced, Adaptive: true,
		Nominal: j.Target, Maximum: max(j.Delay, j.Target), Absolute: l.ceiling(),
	}
}

// ceiling is the longest delay that the jitter buffer adds by itself: as configured, or the
// jitter buffer's own.
func (l *loop) ceiling() time.Duration {
	if most := l.s.e.cfg.Jitter.Max; most > 0 {
		return most
	}
	return 400 * time.Millisecond
}

// packetTime is how much a packet of the peer's holds; like is the guess before one came.
func (r *receiver) packetTime(like time.Duration) time.Duration {
	if r.rx != nil {
		if d := r.rx.PacketTime(); d > 0 {
			return d
		}
	}
	return like
}

// codecName is what the peer sends: what came last, or what it may send.
func (r *receiver) codecName() string {
	if len(r.decoders) == 0 {
		return ""
	}
	return r.playing().name
}

// playing is the format of the newest packet of sound.
func (r *receiver) playing() decoder {
	for _, d := range r.decoders {
		if d.format.PT == r.lastPT {
			return d
		}
	}
	return r.decoders[0]
}
