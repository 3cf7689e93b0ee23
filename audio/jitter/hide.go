package jitter

import "offhook/codec"

// conceal lets the decoder continue for n samples.
func (b *Buffer) conceal(n int) {
	n = min(n, codec.MaxFrame)
	b.formats[b.cur].Decoder.Conceal(b.frame[:n])
	b.w, b.guess = n, true
	b.hidden += b.long(n)
	b.pending += b.long(n)
}

// account books what was concealed before the packet h, now that it is known
// whether it was missing or the sender paused.
func (b *Buffer) account(h *slot) {
	if b.missing(h) == 0 {
		pause := h.stamp - b.play
		if pause > grain {
			b.starved = false
		}
		b.pending = max(b.pending-max(pause, 0), 0)
	}
	b.stats.Concealed += b.pending
	if b.starved {
		b.stats.Underruns++
	}
	b.pending, b.starved = 0, false
}

// quieten takes a comfort noise packet: from here on pauses are filled.
func (b *Buffer) quieten(h *slot) {
	b.noise.set(h.payload(), b.formats[b.cur].SampleRate == 8000)
	b.passed(b.missing(h))
	b.stats.Played++
	b.pop(h)
	b.pending, b.starved = 0, false
	b.noisy, b.mode = true, waiting
}

// fill plays n samples of a pause: comfort noise where the peer described it,
// for a while what the decoder makes of it (Opus has its own comfort noise for
// DTX), silence otherwise. The first of it fades over from what was heard.
func (b *Buffer) fill(n int) {
	dst := b.frame[:n]
	switch {
	case b.noisy:
		b.noise.fill(dst)
		b.stats.Noise += b.long(n)
	case b.paused < afterglow && b.stats.Played > 0:
		b.paused += b.long(n)
		b.formats[b.cur].Decoder.Conceal(dst)
		b.edge = false
	default:
		clear(dst)
	}
	if b.edge {
		b.edge = false
		tail := b.frame[len(b.frame)-n:]
		b.formats[b.cur].Decoder.Conceal(tail)
		fade(dst, tail, dst)
	}
	b.w, b.guess = n, false
}
