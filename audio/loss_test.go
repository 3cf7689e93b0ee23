package audio

import (
	"testing"

	"offhook/codec"
)

// learner is an encoder that keeps what it is told.
type learner struct{ told *[]float64 }

func (l learner) Encode(dst []byte, _ []int16) (int, error) { return copy(dst, "x"), nil }
func (l learner) SetLoss(fraction float64)                  { *l.told = append(*l.told, fraction) }

type learning struct{ told *[]float64 }

func (learning) Info() codec.Info {
	return codec.Info{Name: "learning", ClockRate: 8000, SampleRate: 8000, Channels: 1, StaticPT: -1}
}
func (l learning) NewEncoder(codec.Params) (codec.Encoder, error) { return learner(l), nil }
func (learning) NewDecoder(codec.Params) (codec.Decoder, error)   { return deaf{}, nil }

type deaf struct{}

func (deaf) Decode(dst []int16, _ []byte) (int, error) { return len(dst[:160]), nil }
func (deaf) Conceal(dst []int16)                       { clear(dst) }

// An encoder knows the loss of the last report, also one that comes after it.
func TestEncoderKnowsTheLoss(t *testing.T) {
	var first, second []float64
	b := newBareLoop(t)
	b.apply(talk(far, learning{&first}, 96), b.now)
	if len(first) != 0 {
		t.Errorf("before any report it was told %v", first)
	}
	b.send.prepare(0.25)
	b.send.prepare(0)
	b.send.prepare(0.125)
	p := talk(far, learning{&second}, 97)
	p.Encode.Fmtp = "other"
	b.apply(p, b.now)
	if len(first) != 3 || first[0] != 0.25 || first[2] != 0.125 {
		t.Errorf("the first was told %v", first)
	}
	if len(second) != 1 || second[0] != 0.125 {
		t.Errorf("the second was told %v", second)
	}
}
