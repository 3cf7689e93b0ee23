package audio

import (
	"io"

	"offhook/audio/dsp"
)

// Converted is a Source at another rate. It reads ahead of what it gives by the
// resampler's filter, a few milliseconds.
//
//	src.Read -> in -> resampler -> dst
type Converted struct {
	src  Source
	r    *dsp.Resampler
	rate int
	buf  []int16
	in   []int16 // what is left of buf
	err  error   // what src ended with
	tail int     // zeros still to push through the filter at the end
}

// convertChunk is how many samples are read from the source at a time.
const convertChunk = 240

// Convert wraps src so that it gives samples at rate.
func Convert(src Source, rate int) (Source, error) {
	if src.Rate() == rate {
		return src, nil
	}
	r, err := dsp.NewResampler(src.Rate(), rate)
	if err != nil {
		// Rates without a simple ratio, as a file may have: by a filter between the phases.
		if r, err = dsp.NewVariable(src.Rate(), rate); err != nil {
			return nil, err
		}
	}
	return &Converted{src: src, r: r, rate: rate, buf: make([]int16, convertChunk), tail: r.Need(1)}, nil
}

// Rate is the new rate.
func (c *Converted) Rate() int { return c.rate }

// Read fills dst unless the source has ended or has nothing more at the moment.
func (c *Converted) Read(dst []int16) (int, error) {
	n := 0
	for n < len(dst) {
		if len(c.in) == 0 && !c.fill(len(dst)-n) {
			break
		}
		read, wrote := c.r.Process(dst[n:], c.in)
		c.in = c.in[read:]
		n += wrote
	}
	if n < len(dst) {
		return n, c.err
	}
	return n, nil
}

// fill reads no more than the next want samples need: a live source is asked for
// what it has by now, and not for more.
func (c *Converted) fill(want int) bool {
	if c.err != nil {
		if c.err != io.EOF || c.tail == 0 {
			return false
		}
		k := min(c.tail, len(c.buf))
		clear(c.buf[:k])
		c.tail -= k
		c.in = c.buf[:k]
		return true
	}
	n, err := c.src.Read(c.buf[:min(max(c.r.Need(want), 1), len(c.buf))])
	c.err = err
	c.in = c.buf[:n]
	return n > 0 || err == io.EOF
}

// Prime pushes silence through the first half of the filter, so that what is read from
// a live source is given whole at once: a packet is then full when the buffer of the
// card that completes it has come, and not one buffer later.
func (c *Converted) Prime() {
	c.in = c.buf[:min(c.r.Delay(), len(c.buf))]
	clear(c.in)
}
