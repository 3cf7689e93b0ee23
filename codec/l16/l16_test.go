package l16

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"offhook/codec"
)

func both(t testing.TB, c Codec) (codec.Encoder, codec.Decoder) {
	t.Helper()
	e, err := c.NewEncoder(codec.Params{})
	if err != nil {
		t.Fatal(err)
	}
	d, err := c.NewDecoder(codec.Params{})
	if err != nil {
		t.Fatal(err)
	}
	return e, d
}

// RFC 3551, section 4.5.11: two's complement, most significant octet first,
// channels interleaved; table 4 has the two static payload types.
func TestOctets(t *testing.T) {
	pcm := []int16{0, 1, -1, 32767, -32768, 0x1234}
	for _, c := range []struct {
		codec Codec
		name  string
		pt    int
		want  []byte
	}{
		{Codec{Rate: 8000}, "L16/8000", -1, []byte{0, 0, 0, 1, 255, 255, 127, 255, 128, 0, 0x12, 0x34}},
		{Codec{Rate: 44100}, "L16/44100", 11, []byte{0, 0, 0, 1, 255, 255, 127, 255, 128, 0, 0x12, 0x34}},
		{Codec{Rate: 44100, Stereo: true}, "L16/44100/2", 10, []byte{0, 0, 0, 0, 0, 1, 0, 1, 255, 255, 255, 255, 127, 255, 127, 255, 128, 0, 128, 0, 0x12, 0x34, 0x12, 0x34}},
	} {
		if i := c.codec.Info(); i.String() != c.name || i.StaticPT != c.pt || i.SampleRate != c.codec.Rate || i.ClockRate != c.codec.Rate {
			t.Errorf("%+v", i)
		}
		e, d := both(t, c.codec)
		code, back := make([]byte, 100), make([]int16, 100)
		n, err := e.Encode(code, pcm)
		if err != nil || !bytes.Equal(code[:n], c.want) {
			t.Errorf("%s: % x, %v", c.name, code[:n], err)
		}
		n, err = d.Decode(back, code[:n])
		if err != nil || !slices.Equal(back[:n], pcm) {
			t.Errorf("%s: %v, %v", c.name, back[:n], err)
		}
	}
}

func TestStereoIsMixed(t *testing.T) {
	_, d := both(t, Codec{Rate: 48000, Stereo: true})
	var pcm [2]int16
	if n, err := d.Decode(pcm[:], []byte{0x7f, 0xff, 0x7f, 0xff, 0x10, 0x00, 0xf0, 0x00}); n != 2 || err != nil || pcm != [2]int16{32767, 0} {
		t.Error(n, err, pcm)
	}
}

func TestBounds(t *testing.T) {
	e, d := both(t, Codec{Rate: 16000})
	if n, err := e.Encode(make([]byte, 5), make([]int16, 3)); n != 0 || !errors.Is(err, ErrRoom) {
		t.Error(n, err)
	}
	for _, payload := range [][]byte{nil, {1}, {1, 2, 3}, make([]byte, 30)} {
		if n, err := d.Decode(make([]int16, 10), payload); n != 0 || !errors.Is(err, codec.ErrPayload) {
			t.Error(n, err)
		}
	}
}

func TestNoAllocations(t *testing.T) {
	e, d := both(t, Codec{Rate: 16000})
	pcm, code := make([]int16, 320), make([]byte, 640)
	if n := testing.AllocsPerRun(100, func() {
		_, _ = e.Encode(code, pcm)
		_, _ = d.Decode(pcm, code)
		d.Conceal(pcm)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
