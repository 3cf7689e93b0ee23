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
type PCMU struct{}

// PCMA is A-law.
type PCMA struct{}

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
func (PCMU) NewEncoder(codec.Params) (codec.Encoder, error) {
	return encoder(g711.EncodeUlawFrame), nil
}

// NewEncoder ignores the parameters: G.711 has none.
func (PCMA) NewEncoder(codec.Params) (codec.Encoder, error) {
	return encoder(g711.EncodeAlawFrame), nil
}

// NewDecoder ignores the parameters: G.711 has none.
func (PCMU) NewDecoder(codec.Params) (codec.Decoder, error) {
	return newDecoder(g711.DecodeUlawFrame), nil
}

// NewDecoder ignores the parameters: G.711 has none.
func (PCMA) NewDecoder(codec.Params) (codec.Decoder, error) {
	return newDecoder(g711.DecodeAlawFrame), nil
}

// encoder is a law; it has no state.
type encoder func(int16) uint8

func (e encoder) Encode(dst []byte, pcm []int16) (int, error) {
	if len(dst) < len(pcm) {
		return 0, fmt.Errorf("%w: %d samples into %d bytes", ErrRoom, len(pcm), len(dst))
	}
	dst = dst[:len(pcm)]
	for i, s := range pcm {
		dst[i] = e(s)
	}
	return len(pcm), nil
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
