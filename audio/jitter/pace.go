package jitter

import "time"

// pace watches the distance at which the playout follows the packets.
//
//	packet comes      its Pull comes       its first sample is heard
//	─────|─────────────────|─────────────────────────|─────> time
//	     |<── headroom ───>|<──────── waste ────────>|
//
// What is pulled is fixed when a Pull comes, so a packet must be there by then, and
// not only when it is heard: the target is a wish about the headroom. The waste is
// delay that buys nothing; it is cut until packets begin where Pulls begin.
type pace struct {
	margin             minimum // headroom beyond the target
	waste              minimum
	hum                float32       // power of the background
	calmed             time.Duration // the last frame that was no more than background
	loud               time.Duration // the last frame that was more
	seen               time.Duration // the last frame
	packet, pull, step time.Duration // see step
	wanted             time.Duration // since when there has been a surplus, -1 for none
}

func (p *pace) init() {
	p.margin.period, p.waste.period = 500*time.Millisecond, 500*time.Millisecond
	p.reset()
}

// reset forgets the distance: playout jumped.
func (p *pace) reset() {
	p.margin.reset()
	p.waste.reset()
	p.wanted = -1
}

// known reports whether there is anything to act on.
func (p *pace) known() bool { return p.margin.filled > 0 }

// add takes a packet that is heard at heard, in a Pull that came at turn.
func (p *pace) add(margin, waste, at time.Duration) {
	p.margin.add(margin, at)
	p.waste.add(waste, at)
}

// move shifts the playout by d, later if it is positive; pull is the length of Pulls.
func (p *pace) move(d, pull time.Duration) {
	w := p.waste.value() + d
	steps := floor(w, pull)
	p.margin.shift(steps)
	p.waste.shift(d - steps)
}

// floor is d rounded down to a multiple of step.
func floor(d, step time.Duration) time.Duration {
	if step <= 0 {
		return d
	}
	r := d % step
	if r < 0 {
		r += step
	}
	return d - r
}

// surplus is how much earlier all may be heard, with reserve to spare beyond the
// target; shortage is how much later it must be.
func (p *pace) surplus(reserve, pull time.Duration) time.Duration {
	m := p.margin.value() - reserve
	if m < 0 {
		return 0
	}
	if m = floor(m-hysteresis, pull); m < 0 {
		m = 0
	}
	return m + p.waste.value()
}

func (p *pace) shortage(reserve, pull time.Duration) time.Duration {
	m := p.margin.value() - reserve
	if m >= -tolerated {
		return 0
	}
	return max(-floor(m, pull)-p.waste.value(), grain)
}

const (
	// hysteresis keeps a step of one Pull from being taken to and fro.
	hysteresis = time.Millisecond
	// tolerated is a shortage that the slack covers.
	tolerated = slack

	// Powers of full scale 1: nothing is heard under quiet; a background is at most
	// as loud as murmur.
	quiet  = 3.2e-6 // -55 dB
	murmur = 1.0e-4 // -40 dB
)

// listen learns the background, and reports whether frame is no more than that, so
// that it may be cut or lengthened anywhere.
func (p *pace) listen(frame []int16, at time.Duration) bool {
	var sum float32
	const stride = 3 // enough for a power
	for i := 0; i < len(frame); i += stride {
		s := float32(frame[i])
		sum += s * s
	}
	power := sum * stride / float32(len(frame)) / (32768 * 32768)
	if p.hum *= 1.003; p.hum == 0 || power < p.hum {
		p.hum = max(power, quiet/4)
	}
	p.seen = at
	calm := power < quiet || power < 4*p.hum && power < murmur
	if calm {
		p.calmed = at
	} else {
		p.loud = at
	}
	return calm
}

// adapt brings the delay nearer to what is wanted, by a part of the frame.
func (b *Buffer) adapt(at time.Duration) {
	p := &b.pace
	if !p.known() || b.w == b.r {
		return
	}
	calm := p.listen(b.frame[b.r:b.w], at)
	pull := b.step()
	look := b.lookahead()
	over := p.surplus(look, pull)
	under := p.shortage(0, pull)
	if look > 0 && under == 0 && (calm || at-p.calmed > maxTalk) {
		under = p.shortage(look, pull) // not urgent: it can wait for a pause
	}
	if over <= grain {
		p.wanted = -1
	} else if p.wanted < 0 {
		p.wanted = at
	}
	cut := over > grain && calm && (over > surplus || at-p.loud > rest) || over > loud ||
		over > surplus && at-max(p.calmed, p.wanted) > maxTalk
	if under == 0 && !cut {
		return
	}
	if b.w-b.r < b.in(usual) {
		// Too short to hold a period and a cross-fade.
		if h := b.head(); h != nil && h.seq == b.next && h.format == b.cur && h.stamp-b.play <= grain {
			b.append(h)
		}
	}
	how := byPeriods
	if calm {
		how = exactly
	} else if over > loud {
		how = byLikeness
	}
	frame, rate := b.frame[b.r:b.w], b.formats[b.cur].SampleRate
	if under > 0 {
		b.settle(len(lengthen(frame, rate, under, how))-len(frame), rate)
		return
	}
	b.settle(len(shorten(frame, rate, over, how))-len(frame), rate)
}

// step is by how much the headroom changes when playout moves: packets come every so
// often, Pulls too, and between them there are only so many distances.
func (b *Buffer) step() time.Duration {
	p, packet, pull := &b.pace, b.line.packet, b.pull.value
	if b.smooth() {
		return 0
	}
	if p.packet == packet && p.pull == pull {
		return p.step
	}
	p.packet, p.pull = packet, pull
	const fine = 100 * time.Microsecond
	for packet > fine && pull > fine {
		packet, pull = pull, packet%pull
	}
	p.step = max(packet, pull, grain)
	return p.step
}

// settle takes over that the frame is longer by n samples.
func (b *Buffer) settle(n, rate int) {
	b.w += n
	d := length(n, rate)
	b.pace.move(d, b.step())
	b.stats.Delay += d
	switch {
	case d > 0:
		b.stats.Inserted += d
		b.stats.Decelerated++
	case d < 0:
		b.stats.Removed -= d
		b.stats.Accelerated++
	}
}
