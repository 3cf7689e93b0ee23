package jitter

import (
	"time"

	"offhook/codec"
)

// What is done about a gap whose far end is there, or comes while it is played.
//
//	heard │ missing │ h        the copy in h:  recover
//	──────┤?????????├───────   both sides:     bridge
//	      │   ^ the missing one comes:  overtake, merge

// recover decodes the frame lost before h from the copy that h carries.
func (b *Buffer) recover(h *slot, missing time.Duration) bool {
	if h.format != b.cur {
		return false
	}
	// The copy is of a whole frame. What is concealed already is cut off.
	fec, ok := b.formats[b.cur].Decoder.(codec.FECDecoder)
	if !ok {
		return false
	}
	n := min(b.in(b.line.packet), codec.MaxFrame)
	if ok, err := fec.DecodeFEC(b.frame[:n], h.payload()); !ok || err != nil {
		b.copies -= b.copies / 8
		return false
	}
	b.copies += (1 - b.copies) / 8
	b.r, b.w, b.guess = max(n-b.in(missing), 0), n, false
	b.hidden += missing
	b.stats.Recovered += missing
	b.copied = true
	return true
}

// longBridge is the longest gap that is bridged: what is further from both sides
// isn't known from either.
const longBridge = 120 * time.Millisecond

// bridge fills all that is missing before h from both sides.
func (b *Buffer) bridge(h *slot, missing time.Duration) bool {
	if h.format != b.cur || missing > longBridge {
		return false
	}
	f := &b.formats[b.cur]
	both, ok := f.Decoder.(codec.Interpolator)
	if !ok {
		return false
	}
	if _, fec := f.Decoder.(codec.FECDecoder); fec && missing > b.line.packet+grain {
		return false // the last of it may be recovered
	}
	n := min(b.in(missing), codec.MaxFrame)
	if both.Interpolate(b.frame[:n], h.payload()) != nil {
		return false
	}
	b.w, b.guess = n, true
	d := b.long(n)
	b.hidden += d
	b.gap += d
	b.pending += d
	b.stats.Bridged += d
	return true
}

// overtake gives up what is left of a guess when the packet that it stands for has
// come: the end of the packet is better.
func (b *Buffer) overtake() {
	if !b.guess || b.w-b.r < len(b.tail)*b.formats[b.cur].SampleRate/48000 {
		return
	}
	h := b.head()
	if h == nil || h.format != b.cur || h.stamp >= b.play+b.hidden-grain {
		return
	}
	b.rest = copy(b.tail[:], b.frame[b.r:b.w])
	d := b.long(b.w - b.r)
	b.hidden -= d
	b.gap = max(b.gap-d, 0)
	b.pending = max(b.pending-d, 0)
	b.r, b.w = 0, 0
}

// merge plays the end of h, of which over has been concealed.
func (b *Buffer) merge(h *slot, over time.Duration) {
	w := window(b.formats[b.cur].SampleRate)
	tail := b.tail[:w]
	if b.rest < w {
		b.formats[b.cur].Decoder.Conceal(tail[b.rest:])
	}
	b.append(h)
	b.r = min(b.in(over), b.w)
	head := b.frame[b.r:min(b.r+w, b.w)]
	fade(head, tail[:len(head)], head)
	b.stats.Merges++
}

// loss follows the share of lost packets.
func (b *Buffer) loss(lost int64) {
	if lost > 0 {
		b.copies += (0.5 - b.copies) / 64 // now and then it is tried again whether there are any
	}
	if lost > 1 {
		b.longRate += (1 - b.longRate) / 24
	} else if lost == 1 {
		b.longRate -= b.longRate / 24
	}
	if b.longRate > longFrom {
		b.bursty = true
	} else if b.longRate < longTo {
		b.bursty = false
	}
	for range min(lost, slots) {
		b.lossRate += (1 - b.lossRate) / 256
	}
	b.lossRate -= b.lossRate / 256
	if b.lossRate > lossyFrom {
		b.lossy = true
	} else if b.lossRate < lossyTo {
		b.lossy = false
	}
}

// Shares of lost packets from which, and below which again, a lost packet's successor
// is waited for.
const (
	lossyFrom = 0.006
	lossyTo   = 0.002
)

// Shares of gaps of two packets and more from which, and below which again, the far end
// of those is waited for as well.
const (
	longFrom = 0.12
	longTo   = 0.04
)

// lookahead is how much longer packets are to wait, so that the one after a lost one is
// there when the loss shows: a packet time, when packets are lost and there is a
// decoder that makes use of it.
func (b *Buffer) lookahead() time.Duration {
	if !b.lossy || b.cur < 0 {
		return 0
	}
	d := b.formats[b.cur].Decoder
	_, both := d.(codec.Interpolator)
	_, fec := d.(codec.FECDecoder)
	if !both && (!fec || b.copies < 0.1) {
		return 0
	}
	want := b.line.packet
	if b.bursty && both {
		want *= 2
	}
	return max(min(want, b.cfg.Max-b.target()), 0)
}
