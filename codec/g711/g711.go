package g711

import (
	"errors"
	"fmt"

	"github.com/zaf/g711"

	"offhook/codec"
	"offhook/codec/plc"
)

const rate = 8000

// ErrRoom is returned by Encode for a dst that is too short for the frame.
var ErrRoom = errors.New("g711: no room for the encoded frame")

// PCMU is mu-law.
type PCMU struct {
	// Plain leaves the noise of the encoder as it falls: each sample gets the nearest
	// code, for those who compare bits. Otherwise it is shaped to be heard less.
	Plain bool
}

// PCMA is A-law.
type PCMA struct {
	Plain bool // see PCMU
}

var (
	_ codec.Codec = PCMU{}
	_ codec.Codec = PCMA{}
)

// Info describes PCMU.
func (PCMU) Info() codec.Info { return info("PCMU", 0) }

// Info describes PCMA.
func (PCMA) Info() codec.Info { return info("PCMA", 8) }

func info(name string, pt int) codec.Info {
	return codec.Info{Name: name, ClockRate: rate, SampleRate: rate, Channels: 1, StaticPT: pt}
}

// NewEncoder ignores the parameters: G.711 has none.
func (c PCMU) NewEncoder(codec.Params) (codec.Encoder, error) {
	if c.Plain {
		return plain(g711.EncodeUlawFrame), nil
	}
	return newShaper(g711.EncodeUlawFrame, g711.DecodeUlawFrame), nil
}

// NewEncoder ignores the parameters: G.711 has none.
func (c PCMA) NewEncoder(codec.Params) (codec.Encoder, error) {
	if c.Plain {
		return plain(g711.EncodeAlawFrame), nil
	}
	return newShaper(g711.EncodeAlawFrame, g711.DecodeAlawFrame), nil
}

// NewDecoder ignores the parameters: G.711 has none.
func (PCMU) NewDecoder(codec.Params) (codec.Decoder, error) {
	return newDecoder(g711.DecodeUlawFrame), nil
}

// NewDecoder ignores the parameters: G.711 has none.
func (PCMA) NewDecoder(codec.Params) (codec.Decoder, error) {
	return newDecoder(g711.DecodeAlawFrame), nil
}

// plain is a law; it has no state.
type plain func(int16) uint8

func (p plain) Encode(dst []byte, pcm []int16) (int, error) {
	if len(dst) < len(pcm) {
		return 0, errRoom(len(dst), len(pcm))
	}
	p.code(dst, pcm)
	return len(pcm), nil
}

func (p plain) code(dst []byte, pcm []int16) {
	dst = dst[:len(pcm)]
	for i, s := range pcm {
		dst[i] = p(s)
	}
}

func errRoom(bytes, samples int) error {
	return fmt.Errorf("%w: %d samples into %d bytes", ErrRoom, samples, bytes)
}

type decoder struct {
	law  [256]int16
	loss *plc.Concealer
	next [rate / 20]int16 // what follows a gap: 50 ms are enough to see its pitch
}

var _ codec.Interpolator = (*decoder)(nil)

func newDecoder(law func(uint8) int16) *decoder {
	d := &decoder{loss: plc.New(rate)}
	for i := range d.law {
		d.law[i] = law(uint8(i))
	}
	return d
}

func (d *decoder) Decode(dst []int16, payload []byte) (int, error) {
	switch {
	case len(payload) == 0:
		return 0, fmt.Errorf("g711: empty: %w", codec.ErrPayload)
	case len(payload) > len(dst):
		return 0, fmt.Errorf("g711: %d samples into %d: %w", len(payload), len(dst), codec.ErrPayload)
	}
	dst = dst[:len(payload)]
	for i, b := range payload {
		dst[i] = d.law[b]
	}
	d.loss.Good(dst)
	return len(dst), nil
}

func (d *decoder) Conceal(dst []int16) { d.loss.Conceal(dst) }

func (d *decoder) Interpolate(dst []int16, next []byte) error {
	if len(next) == 0 {
		return fmt.Errorf("g711: empty: %w", codec.ErrPayload)
	}
	n := min(len(next), len(d.next))
	for i, b := range next[:n] {
		d.next[i] = d.law[b]
	}
	d.loss.Interpolate(dst, d.next[:n])
	return nil
}
