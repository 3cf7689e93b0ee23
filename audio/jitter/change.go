package jitter

import (
	"fmt"
	"time"

	"offhook/audio/dsp"
)

// SetFormats is for a new offer/answer round: what waits in a format that is no
// longer there is dropped, the stream and its delay go on. A format is the same when
// its decoder is, whatever its number; one with a number beyond 127 takes no new packets.
func (b *Buffer) SetFormats(formats []Format, comfortNoisePT uint8) error {
	return b.Change(formats, comfortNoisePT, b.rate)
}

// Change is SetFormats, and from now on Pull gives samples at rate.
//
//	slots ──> formats of old and new ──> frame (decoded) ──> resampler ──> rate
//	(stay, or are dropped)               (stays)             (new)
func (b *Buffer) Change(formats []Format, comfortNoisePT uint8, rate int) error {
	if len(formats) == 0 {
		return fmt.Errorf("a jitter buffer needs a format")
	}
	if rate == 0 {
		rate = formats[0].SampleRate
	}
	kept := b.rates
	if rate != b.rate {
		kept = nil
	}
	rates := make(map[int]*dsp.Resampler)
	for _, f := range formats {
		if f.ClockRate <= 0 || f.Decoder == nil {
			return fmt.Errorf("payload type %d has no clock or no decoder", f.PT)
		}
		if rates[f.SampleRate] != nil {
			continue
		}
		r := kept[f.SampleRate]
		if r == nil {
			var err error
			if r, err = dsp.NewResampler(f.SampleRate, rate); err != nil {
				return err
			}
		}
		rates[f.SampleRate] = r
	}
	old := b.formats
	b.formats = append([]Format(nil), formats...)
	b.cfg.ComfortNoisePT = comfortNoisePT
	b.rates = rates
	b.renumber(old)
	b.held.filled = false
	cur := -1
	if b.cur >= 0 {
		cur = b.successor(old[b.cur])
	}
	switch {
	case cur < 0:
		b.r, b.w = 0, 0 // decoded for a rate that may not be this one's
	case rate == b.rate:
		b.cur = cur // nothing is heard of it
		return nil
	}
	if rate != b.rate {
		b.rate, b.skip, b.ratio, b.out = rate, 0, 0, nil
		b.seam.left = 0
		clear(b.fine)
	}
	b.cur = -1
	b.use(max(cur, 0))
	b.prime(b.frame[:b.r])
	return nil
}

// prime fills a new resampler with what was heard last, so that it doesn't begin in
// silence.
func (b *Buffer) prime(past []int16) {
	for len(past) > 0 {
		read, wrote := b.out.Process(b.scrap[:], past)
		past = past[read:]
		if read == 0 && wrote == 0 {
			return
		}
	}
	if in := b.formats[b.cur].SampleRate; in != b.rate {
		b.skip = min(b.out.Delay()*b.rate/in, len(b.scrap)) // as if it had been there before
	}
}

// seam is how the end of one format runs into the next: codecs differ in their delay,
// so the sound jumps by some milliseconds where they meet.
//
//	old decoder ──> Conceal ──> old resampler ──> tail ──┐
//	new decoder ──> Decode ───> new resampler ───────────┴── cross-fade
type seam struct {
	tail [256]int16 // at the rate of Pull
	size int
	left int
	from [256]int16
}

// part prepares the seam when the format that plays is about to change.
func (b *Buffer) part() {
	s := &b.seam
	if b.cur < 0 || b.cur >= len(b.formats) || b.out == nil || b.stats.Played == 0 {
		return
	}
	s.size = min(samples(5*time.Millisecond, b.rate), len(s.tail))
	for done := 0; done < s.size; {
		b.formats[b.cur].Decoder.Conceal(s.from[:b.quanta(1)])
		_, wrote := b.out.Process(s.tail[done:s.size], s.from[:b.quanta(1)])
		done += wrote
		if wrote == 0 {
			break
		}
	}
	s.left = s.size
}

// blend fades from the tail to what is heard.
func (b *Buffer) blend(pcm []int16) {
	s := &b.seam
	for i := 0; i < len(pcm) && s.left > 0; i++ {
		w := float32(s.left) / float32(s.size+1)
		pcm[i] = int16(float32(pcm[i])*(1-w) + float32(s.tail[s.size-s.left])*w)
		s.left--
	}
}

// renumber finds the formats of the packets that wait.
func (b *Buffer) renumber(old []Format) {
	for i := range b.slot {
		s := &b.slot[i]
		if !s.filled || s.format < 0 {
			continue
		}
		if s.format = b.successor(old[s.format]); s.format < 0 {
			s.filled = false
			b.count--
			b.stats.Discarded++
		}
	}
}

// successor is the index of the format that was was, -1 for none.
func (b *Buffer) successor(was Format) int {
	for i, f := range b.formats {
		if f.Decoder == was.Decoder {
			return i
		}
	}
	return -1
}
