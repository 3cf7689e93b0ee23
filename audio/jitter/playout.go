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
	// slack is kept beyond the estimate and the length of a pull.
	slack = 3 * time.Millisecond
	// afterglow is how long into a pause the decoder is asked for more.
	afterglow = 2 * time.Second
	// grain is the difference of stream times that doesn't matter.
	grain = time.Millisecond
	// surplus and shortage of delay that are corrected in speech; in silence a
	// smaller surplus is.
	surplus      = 20 * time.Millisecond
	quietSurplus = 6 * time.Millisecond
	shortage     = 6 * time.Millisecond
	// hoard is how much more than Max may wait before packets are dropped.
	hoard = 100 * time.Millisecond
)

// Pull fills dst with what is to be heard from now on, at Rate. It never fails:
// where nothing can be known there is silence.
func (b *Buffer) Pull(dst []int16, now time.Time) {
	at := b.at(now)
	b.pull.add(length(len(dst), b.rate))
	for done := 0; done < len(dst); {
		read, wrote := b.out.Process(dst[done:], b.frame[b.r:b.w])
		b.r += read
		done += wrote
		if done < len(dst) && b.r == b.w {
			b.r, b.w = 0, 0
			b.produce(at+length(done, b.rate), b.out.Need(len(dst)-done))
		}
	}
}

// target is the delay that is wanted: what the packets need, and that a whole
// pull must be there at its start.
func (b *Buffer) target() time.Duration {
	t := b.delay.spread() + b.pull.value + slack
	if b.fecPays() {
		t += b.line.packet
	}
	return min(max(t, b.cfg.Min), b.cfg.Max)
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
		b.delay.rebase()
	}
}

// quanta is n samples rounded up to 2.5 ms, in which every codec can conceal,
// and at most a chunk.
func (b *Buffer) quanta(n int) int {
	q := b.in(2500 * time.Microsecond)
	return min((max(n, 1)+q-1)/q*q, b.in(chunk))
}

// await lets the head wait until its delay is the target.
func (b *Buffer) await(h *slot, at time.Duration, need int) {
	b.shed(h.stamp)
	if h = b.head(); h == nil || h.format == comfort {
		return
	}
	if wait := b.in(b.delay.fastest() + b.target() + h.stamp - at); wait > 0 {
		b.fill(min(wait, max(need, 1), b.in(chunk)))
		return
	}
	b.account(h)
	b.mode, b.play, b.hidden, b.gap = playing, h.stamp, 0, 0
	// Numbers that the pause skipped aren't lost; those whose time has passed are.
	if lost := b.missing(h); lost > 0 && h.stamp-b.play >= time.Duration(lost)*b.line.packet-grain && b.stats.Played > 0 {
		b.passed(lost)
	}
	for b.next < h.seq {
		b.drop()
	}
	b.margin.reset()
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
		if missing <= b.line.packet+grain && b.recover(h, missing) {
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
	b.noisy, b.paused = false, 0
	lost := b.missing(h)
	b.passed(lost)
	// When h came after all, while its successor waited, a part of it has been
	// concealed: that part is over.
	over := min(b.play+b.hidden-h.stamp, b.gap)
	b.hidden, b.gap = 0, 0
	b.append(h)
	if over > grain && lost == 0 {
		b.r = min(b.in(over), b.w)
		b.stats.Merges++
	}
	b.edge = true
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

// adapt brings the delay nearer to the target by a period of the frame.
func (b *Buffer) adapt(at time.Duration) {
	// The sample after this frame is heard when the frame is over.
	delay := at + b.long(b.w-b.r) - b.play - b.delay.fastest()
	if b.stats.Delay == 0 {
		b.stats.Delay = delay
	}
	b.stats.Delay += (delay - b.stats.Delay) / 8
	b.margin.add(delay-b.target(), at)
	over := b.margin.value()
	if over > -shortage && over <= quietSurplus {
		return
	}
	if b.w-b.r < b.in(usual) {
		// Too short to hold a period and a cross-fade.
		if h := b.head(); h != nil && h.seq == b.next && h.format == b.cur && h.stamp-b.play <= grain {
			b.append(h)
		}
	}
	frame, rate := b.frame[b.r:b.w], b.formats[b.cur].SampleRate
	switch {
	case over > surplus || over > quietSurplus && b.calm(frame):
		// Only what really waits can be played early.
		out := shorten(frame, rate, min(over, b.buffered()))
		b.settle(len(out)-len(frame), rate)
	case over <= -shortage:
		out := lengthen(frame, rate, max(-over, shortage))
		b.settle(len(out)-len(frame), rate)
	}
}

// settle takes over that the frame is longer by n samples.
func (b *Buffer) settle(n, rate int) {
	b.w += n
	d := length(n, rate)
	b.margin.shift(d)
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

// shed drops packets when far more than the ceiling waits, from a burst or a
// device that stood still, and reports whether it did.
func (b *Buffer) shed(from time.Duration) bool {
	if b.line.stamp+b.line.packet-from <= b.cfg.Max+hoard {
		return false
	}
	keep := b.line.stamp + b.line.packet - b.target()
	dropped := false
	for h := b.head(); h != nil && b.count > 1 && h.stamp < keep; h = b.head() {
		for b.next <= h.seq {
			b.drop()
		}
		dropped = true
	}
	if h := b.head(); h != nil && dropped {
		b.play, b.hidden, b.gap = h.stamp, 0, 0
		b.margin.reset()
	}
	return dropped
}
