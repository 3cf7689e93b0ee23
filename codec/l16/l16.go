package l16

import (
	"errors"
	"fmt"

	"offhook/codec"
	"offhook/codec/plc"
)

// Codec is L16 at Rate Hz. The rates 8000, 16000, 44100 and 48000 are what peers
// know; 44100 has the static payload types 11 and, in stereo, 10.
type Codec struct {
	Rate int
	// Stereo sends the same sound on both channels, and mixes what comes.
	Stereo bool
}

var _ codec.Codec = Codec{}

// Info describes L16.
func (c Codec) Info() codec.Info {
	i := codec.Info{Name: "L16", ClockRate: c.Rate, SampleRate: c.Rate, Channels: c.channels(), StaticPT: -1}
	if c.Rate == 44100 {
		i.StaticPT = 12 - i.Channels
	}
	return i
}

func (c Codec) channels() int {
	if c.Stereo {
		return 2
	}
	return 1
}

// NewEncoder ignores the parameters: L16 has none.
func (c Codec) NewEncoder(codec.Params) (codec.Encoder, error) { return encoder(c.channels()), nil }

// NewDecoder ignores the parameters.
func (c Codec) NewDecoder(codec.Params) (codec.Decoder, error) {
	return &decoder{channels: c.channels(), loss: plc.New(c.Rate), next: make([]int16, c.Rate/20)}, nil
}

// ErrRoom is returned by Encode for a dst that is too short for the frame: a
// datagram holds 14 ms of 48 kHz mono.
var ErrRoom = errors.New("l16: no room for the encoded frame")

// encoder is a number of channels.
type encoder int

func (e encoder) Encode(dst []byte, pcm []int16) (int, error) {
	n := 2 * int(e) * len(pcm)
	if len(dst) < n {
		return 0, fmt.Errorf("%w: %d samples into %d bytes", ErrRoom, len(pcm), len(dst))
	}
	at := 0
	for _, s := range pcm {
		for range int(e) {
			dst[at], dst[at+1] = byte(s>>8), byte(s)
			at += 2
		}
	}
	return n, nil
}

type decoder struct {
	channels int
	loss     *plc.Concealer
	next     []int16 // what follows a gap: 50 ms are enough to see its pitch
}

var _ codec.Interpolator = (*decoder)(nil)

func (d *decoder) Decode(dst []int16, payload []byte) (int, error) {
	width := 2 * d.channels
	n := len(payload) / width
	switch {
	case n == 0 || len(payload)%width != 0:
		return 0, fmt.Errorf("l16: %d bytes are no whole samples: %w", len(payload), codec.ErrPayload)
	case n > len(dst):
		return 0, fmt.Errorf("l16: %d samples into %d: %w", n, len(dst), codec.ErrPayload)
	}
	d.decode(dst[:n], payload)
	d.loss.Good(dst[:n])
	return n, nil
}

func (d *decoder) decode(dst []int16, payload []byte) {
	width := 2 * d.channels
	for i := range dst {
		sum := 0
		for c := range d.channels {
			b := payload[i*width+2*c:]
			sum += int(int16(uint16(b[0])<<8 | uint16(b[1])))
		}
		dst[i] = int16(sum / d.channels)
	}
}

func (d *decoder) Conceal(dst []int16) { d.loss.Conceal(dst) }

func (d *decoder) Interpolate(dst []int16, next []byte) error {
	n := min(len(next)/(2*d.channels), len(d.next))
	if n == 0 {
		return fmt.Errorf("l16: no whole sample: %w", codec.ErrPayload)
	}
	d.decode(d.next[:n], next)
	d.loss.Interpolate(dst, d.next[:n])
	return nil
}
