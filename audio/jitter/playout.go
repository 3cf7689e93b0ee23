package jitter

import (
	"time"

	"offhook/codec"
)

const (
	// chunk is how much is concealed or filled at a time.
	chunk = 10 * time.Millisecond
	// patience is how long a stream is concealed before it counts as paused.
	patience = 300 * time.Millisecond
	// slack is kept beyond the estimate.
	slack = 500 * time.Microsecond
	// afterglow is how long into a pause the decoder is asked for more.
	afterglow = 2 * time.Second
	// grain is the difference of stream times that doesn't matter.
	grain = time.Millisecond
	// surplus is what is cut out of speech when no pause came for maxTalk, and loud
	// what is cut out at once. In a pause all is.
	surplus = 15 * time.Millisecond
	loud    = 60 * time.Millisecond
	maxTalk = time.Second
	// rest is how long a pause has lasted before a small surplus is cut out.
	rest = 150 * time.Millisecond
	// hoard is how much more than Max may wait before packets are dropped.
	hoard = 100 * time.Millisecond
)

// Pull fills dst with what is to be heard from now on, at Rate. Calls of one now are
// heard one after the other. It never fails: where nothing can be known there is
// silence.
func (b *Buffer) Pull(dst []int16, now time.Time) {
	at := b.at(now)
	if at != b.turn {
		b.turn, b.ahead = at, 0
	}
	span := length(len(dst), b.rate)
	at += b.ahead
	b.ahead += span
	b.pull.add(span)
	b.drift.draw(span, b.turn)
	b.overtake()
	for done := 0; done < len(dst); {
		to := dst[done:]
		if b.skip > 0 {
			to = b.scrap[:b.skip]
		}
		read, wrote := b.out.Process(to, b.frame[b.r:b.w])
		b.r += read
		if b.skip > 0 {
			b.skip -= wrote
		} else {
			b.blend(to[:wrote])
			done += wrote
		}
		if done < len(dst) && b.r == b.w {
			b.steer(b.frame[:b.w])
			b.r, b.w = 0, 0
			b.produce(at+length(done, b.rate), b.out.Need(len(dst)-done+b.skip))
		}
	}
}

// target is the headroom that packets need.
func (b *Buffer) target() time.Duration {
	return min(max(b.delay.spread()+slack, b.cfg.Min), b.cfg.Max)
}

// produce makes the next piece of sound in the empty frame: about need samples
// at the decoder's rate, which is heard from at on.
func (b *Buffer) produce(at time.Duration, need int) {
	h := b.head()
	switch {
	case h == nil:
		b.starve(need)
	case h.format == comfort:
		b.quieten(h)
		b.fill(min(need, b.in(chunk)))
	case b.mode == waiting:
		b.await(h, at, need)
	default:
		b.advance(h, at, need)
	}
	if b.w == 0 {
		// Whatever happened, the caller's loop must come to an end.
		b.fill(max(min(need, b.in(chunk)), 1))
	}
}

// in is d in samples of the decoder.
func (b *Buffer) in(d time.Duration) int { return samples(d, b.formats[b.cur].SampleRate) }

// long is n samples of the decoder as time.
func (b *Buffer) long(n int) time.Duration { return length(n, b.formats[b.cur].SampleRate) }

// starve plays on with nothing there.
func (b *Buffer) starve(need int) {
	if b.mode == waiting {
		b.fill(max(min(need, b.in(chunk)), 1))
		return
	}
	b.starved = true
	b.conceal(b.quanta(need))
	if b.hidden >= patience {
		// It is a pause: what comes next may wait for the target again, and its
		// timestamp may have stood still.
		b.mode = waiting
		b.rebase()
	}
}

// quanta is n samples rounded up to 2.5 ms, in which every codec can conceal,
// and at most a chunk.
func (b *Buffer) quanta(n int) int {
	q := b.in(2500 * time.Microsecond)
	return min((max(n, 1)+q-1)/q*q, b.in(chunk))
}

// await lets the head wait until a Pull begins that gives it the headroom.
func (b *Buffer) await(h *slot, at time.Duration, need int) {
	b.shed(h.stamp)
	if h = b.head(); h == nil || h.format == comfort {
		return
	}
	if at != b.turn || at < b.delay.fastest()+b.target()+b.lookahead()+h.stamp {
		b.fill(min(max(need, 1), b.in(chunk)))
		return
	}
	b.account(h)
	// Numbers that the pause skipped aren't lost; those whose time has passed are.
	lost := b.missing(h)
	if lost > 0 && b.stats.Played > 0 && h.stamp-b.play >= time.Duration(lost)*b.line.packet-grain {
		b.passed(lost)
	}
	for b.next < h.seq {
		b.drop()
	}
	b.mode, b.play, b.hidden, b.gap = playing, h.stamp, 0, 0
	b.pace.reset()
	b.decode(h, at)
}

// advance plays the head, or what is missing before it.
func (b *Buffer) advance(h *slot, at time.Duration, need int) {
	if b.shed(b.play + b.hidden) {
		b.conceal(b.in(chunk / 2)) // the seam
		b.hidden = 0
		return
	}
	missing := h.stamp - b.play - b.hidden
	if missing <= grain {
		b.decode(h, at)
		return
	}
	if b.missing(h) > 0 {
		if missing <= b.line.packet+grain && b.recover(h, missing) || b.bridge(h, missing) {
			return
		}
		if missing > b.line.packet+grain {
			missing -= b.line.packet // the last lost one may be recovered
		}
	}
	n := max(min(b.in(missing), b.quanta(need)), 1)
	b.gap += b.long(n)
	b.conceal(n)
}

// decode plays the packet h, the head.
func (b *Buffer) decode(h *slot, at time.Duration) {
	b.account(h)
	b.use(h.format)
	b.noisy, b.paused, b.guess = false, 0, false
	lost := b.missing(h)
	b.passed(lost)
	// When h came after all, while its successor waited, a part of it has been
	// concealed: that part is over. For want of any packet, all waits for h.
	over := min(b.play+b.hidden-h.stamp, b.gap)
	if lost > 0 || over <= grain {
		over = 0
	}
	if grown := b.play + b.hidden - h.stamp - over; grown > grain {
		b.pace.move(grown, b.step())
	}
	margin := b.turn - h.stamp - b.delay.fastest() - b.target()
	waste := at - b.turn
	if b.smooth() {
		margin, waste = margin+waste-b.pull.value, 0
	}
	b.hidden, b.gap = 0, 0
	if over > 0 {
		b.merge(h, over)
	} else {
		b.append(h)
		b.pace.add(margin, waste, at)
	}
	b.rest = 0
	b.edge = true
	// The sample after this frame is heard when the frame is over.
	delay := at + b.long(b.w-b.r) - b.play - b.delay.fastest()
	if b.stats.Delay == 0 {
		b.stats.Delay = delay
	}
	b.stats.Delay += (delay - b.stats.Delay) / 8
	b.adapt(at)
}

// append decodes the head behind what is in frame.
func (b *Buffer) append(h *slot) {
	f := &b.formats[b.cur]
	b.pop(h)
	b.stats.Played++
	b.tell(Played)
	room := b.frame[b.w : b.w+codec.MaxFrame]
	n, err := f.Decoder.Decode(room, h.payload())
	if err != nil || n == 0 {
		b.stats.Undecodable++
		n = min(b.in(b.line.packet), codec.MaxFrame)
		f.Decoder.Conceal(room[:n])
		b.stats.Concealed += b.long(n)
	}
	b.play = h.stamp + b.long(n)
	b.w += n
}

// shed drops packets when far more than the ceiling waits, from a burst or a
// device that stood still, and reports whether it did.
func (b *Buffer) shed(from time.Duration) bool {
	if b.line.stamp+b.line.packet-from <= b.cfg.Max+hoard {
		return false
	}
	keep := b.line.stamp + b.line.packet - b.target() - b.pull.value
	dropped := false
	for h := b.head(); h != nil && b.count > 1 && h.stamp < keep; h = b.head() {
		for b.next <= h.seq {
			b.drop()
		}
		dropped = true
	}
	if h := b.head(); h != nil && dropped {
		b.play, b.hidden, b.gap = h.stamp, 0, 0
		b.pace.reset()
	}
	return dropped
}
