package opus

import (
	"fmt"

	"github.com/hraban/opus"

	"offhook/codec"
)

// quantum is the step in samples, 2.5 ms, in which libopus conceals; short and long
// are the lengths in which it does it well. It fades with each call, not with time,
// and its SILK part goes on by 10 ms even when it is asked for less.
const (
	quantum = rate / 400
	short   = rate / 100
	long    = rate / 50
)

type decoder struct {
	lib *opus.Decoder
	// unit is what is concealed at a time: a frame like those that come.
	unit int
	// spare is concealed PCM beyond what Conceal was asked for; the next call
	// begins with it.
	spare [long]int16
	left  int // samples at the end of spare[:unit] that are still to be played
}

var _ codec.FECDecoder = (*decoder)(nil)

// NewDecoder ignores our own fmtp: a decoder takes whatever Opus brings.
func (Codec) NewDecoder(codec.Params) (codec.Decoder, error) {
	// One channel: libopus mixes a stereo stream down while it decodes.
	lib, err := opus.NewDecoder(rate, 1)
	if err != nil {
		return nil, fmt.Errorf("opus decoder: %w", err)
	}
	return &decoder{lib: lib, unit: long}, nil
}

func (d *decoder) Decode(dst []int16, payload []byte) (int, error) {
	if _, ok := first(payload); !ok {
		return 0, fmt.Errorf("opus: malformed packet of %d bytes: %w", len(payload), codec.ErrPayload)
	}
	// libopus writes up to cap, not len: the same below.
	n, err := d.lib.Decode(payload, dst[:len(dst):len(dst)])
	if err != nil {
		return 0, fmt.Errorf("opus: %w: %w", err, codec.ErrPayload)
	}
	d.left = 0
	d.unit = long
	if n < long {
		d.unit = short
	}
	return n, nil
}

// Conceal lets libopus continue what it decoded last, a frame at a time. However
// it is cut into calls, the same is heard.
func (d *decoder) Conceal(dst []int16) {
	for len(dst) > 0 {
		if d.left == 0 {
			d.plc(d.spare[:d.unit:d.unit])
			d.left = d.unit
		}
		n := copy(dst, d.spare[d.unit-d.left:d.unit])
		d.left -= n
		dst = dst[n:]
	}
}

func (d *decoder) plc(dst []int16) {
	if d.lib.DecodePLC(dst) != nil {
		clear(dst)
	}
}

// DecodeFEC decodes the copy of the lost frame that next carries. When dst is
// longer than that frame, libopus conceals what comes before it; a dst that is
// shorter it would conceal as a whole, and not say so.
func (d *decoder) DecodeFEC(dst []int16, next []byte) (bool, error) {
	if !hasFEC(next) || len(dst) < copied(next) || len(dst)%quantum != 0 || len(dst) > codec.MaxFrame {
		return false, nil
	}
	if err := d.lib.DecodeFEC(next, dst[:len(dst):len(dst)]); err != nil {
		return false, fmt.Errorf("opus: %w: %w", err, codec.ErrPayload)
	}
	d.left = 0
	return true, nil
}
