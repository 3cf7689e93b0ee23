package opus

import (
	"errors"
	"fmt"

	"github.com/hraban/opus"

	"offhook/codec"
)

// ErrFrame is returned by Encode for PCM of a length that Opus can't code: it
// takes 2.5, 5, 10, 20, 40, 60, 80, 100 or 120 ms.
var ErrFrame = errors.New("opus: not a frame of a length that Opus can code")

type encoder struct {
	lib  *opus.Encoder
	dtx  bool
	loss loss
}

var _ codec.LossAware = (*encoder)(nil)

// NewEncoder follows the peer's fmtp.
func (c Codec) NewEncoder(p codec.Params) (codec.Encoder, error) {
	lib, err := opus.NewEncoder(rate, 1, opus.AppVoIP)
	if err != nil {
		return nil, fmt.Errorf("opus encoder: %w", err)
	}
	s := parse(p.Fmtp, c.Bitrate)
	s.fec, s.dtx = c.FEC.or(s.fec), c.DTX.or(s.dtx)
	err = errors.Join(
		lib.SetBitrate(s.bitrate),
		lib.SetComplexity(or(c.Complexity, 5)),
		lib.SetMaxBandwidth(bandwidth(s.playback)),
		lib.SetDTX(s.dtx),
		lib.SetVBR(!s.constantBit),
		lib.SetInBandFEC(s.fec),
	)
	e := &encoder{lib: lib, dtx: s.dtx, loss: loss{fec: s.fec, told: or(c.ExpectedLoss, worth)}}
	if s.fec {
		err = errors.Join(err, lib.SetPacketLossPerc(e.loss.told))
	}
	if err != nil {
		return nil, fmt.Errorf("opus encoder: %w", err)
	}
	return e, nil
}

// SetLoss makes FEC as strong as the loss asks for: libopus takes the room for the
// copies from the frames themselves, and sends none while no loss is expected.
func (e *encoder) SetLoss(fraction float64) {
	if percent, changed := e.loss.update(fraction); changed {
		// It takes any percentage.
		_ = e.lib.SetPacketLossPerc(percent)
	}
}

// bandwidth is the narrowest audio band that fills a playback rate (RFC 7587,
// section 3.1.1).
func bandwidth(playback int) opus.Bandwidth {
	switch {
	case playback <= 8000:
		return opus.Narrowband
	case playback <= 12000:
		return opus.Mediumband
	case playback <= 16000:
		return opus.Wideband
	case playback <= 24000:
		return opus.SuperWideband
	default:
		return opus.Fullband
	}
}

func (e *encoder) Encode(dst []byte, pcm []int16) (int, error) {
	switch len(pcm) {
	case 120, 240, 480, 960, 1920, 2880, 3840, 4800, 5760:
	default:
		return 0, fmt.Errorf("%w: %d samples", ErrFrame, len(pcm))
	}
	// libopus writes at most cap bytes, not len.
	n, err := e.lib.Encode(pcm, dst[:len(dst):len(dst)])
	if err != nil {
		return 0, fmt.Errorf("opus encoder: %w", err)
	}
	if e.dtx && n <= 2 {
		return 0, nil // silence: a packet of up to two bytes need not be sent
	}
	return n, nil
}
