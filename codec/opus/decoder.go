package opus

import (
	"fmt"

	"github.com/hraban/opus"

	"offhook/codec"
)

// quantum is the step in samples, 2.5 ms, in which libopus conceals.
const quantum = rate / 400

type decoder struct {
	lib *opus.Decoder
	// spare is concealed PCM beyond what Conceal was asked for; the next call
	// begins with it.
	spare [quantum]int16
	left  int // samples at the end of spare that are still to be played
}

var _ codec.FECDecoder = (*decoder)(nil)

// NewDecoder ignores our own fmtp: a decoder takes whatever Opus brings.
func (Codec) NewDecoder(codec.Params) (codec.Decoder, error) {
	// One channel: libopus mixes a stereo stream down while it decodes.
	lib, err := opus.NewDecoder(rate, 1)
	if err != nil {
		return nil, fmt.Errorf("opus decoder: %w", err)
	}
	return &decoder{lib: lib}, nil
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
	return n, nil
}

// Conceal lets libopus continue what it decoded last, in steps of 2.5 ms.
func (d *decoder) Conceal(dst []int16) {
	n := copy(dst, d.spare[quantum-d.left:])
	d.left -= n
	dst = dst[n:]
	for len(dst) >= quantum {
		// One call covers at most 120 ms.
		n := min(len(dst), codec.MaxFrame) / quantum * quantum
		d.plc(dst[:n:n])
		dst = dst[n:]
	}
	if len(dst) > 0 {
		d.plc(d.spare[:])
		d.left = quantum - copy(dst, d.spare[:])
	}
}

func (d *decoder) plc(dst []int16) {
	if d.lib.DecodePLC(dst) != nil {
		clear(dst)
	}
}

// DecodeFEC decodes the copy of the lost frame that next carries. When dst is
// longer than that frame, libopus conceals what comes before it.
func (d *decoder) DecodeFEC(dst []int16, next []byte) (bool, error) {
	if !hasFEC(next) || len(dst) == 0 || len(dst)%quantum != 0 || len(dst) > codec.MaxFrame {
		return false, nil
	}
	if err := d.lib.DecodeFEC(next, dst[:len(dst):len(dst)]); err != nil {
		return false, fmt.Errorf("opus: %w: %w", err, codec.ErrPayload)
	}
	d.left = 0
	return true, nil
}
