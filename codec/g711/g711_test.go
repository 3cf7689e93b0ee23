package g711

import (
	"errors"
	"testing"

	"offhook/codec"
)

func both(t testing.TB, c codec.Codec) (codec.Encoder, codec.Decoder) {
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

// Values of the tables in ITU-T G.711, in 16-bit scale: tables 2a and 2b give
// mu-law in 14 bits, tables 1a and 1b A-law in 13.
func TestValuesOfTheRecommendation(t *testing.T) {
	for _, c := range []struct {
		codec  codec.Codec
		sample int16
		code   byte
		back   int16
	}{
		{PCMU{Plain: true}, 0, 0xff, 0}, {PCMU{Plain: true}, 32767, 0x80, 32124}, {PCMU{Plain: true}, -32768, 0x00, -32124},
		{PCMU{Plain: true}, 8, 0xfe, 8}, {PCMU{Plain: true}, -8, 0x7e, -8}, {PCMU{Plain: true}, 120, 0xf0, 120}, {PCMU{Plain: true}, 132, 0xef, 132},
		{PCMU{Plain: true}, 1000, 0xce, 988}, {PCMU{Plain: true}, -1000, 0x4e, -988}, {PCMU{Plain: true}, 15996, 0x90, 15996},
		{PCMA{Plain: true}, 0, 0xd5, 8}, {PCMA{Plain: true}, -1, 0x55, -8}, {PCMA{Plain: true}, 32767, 0xaa, 32256}, {PCMA{Plain: true}, -32768, 0x2a, -32256},
		{PCMA{Plain: true}, 1000, 0xfa, 1008}, {PCMA{Plain: true}, -1000, 0x7a, -1008}, {PCMA{Plain: true}, 16, 0xd4, 24},
	} {
		e, d := both(t, c.codec)
		var code [1]byte
		var back [1]int16
		if n, err := e.Encode(code[:], []int16{c.sample}); n != 1 || err != nil || code[0] != c.code {
			t.Errorf("%v: %d is %#02x, want %#02x (%v)", c.codec.Info(), c.sample, code[0], c.code, err)
		}
		if n, err := d.Decode(back[:], []byte{c.code}); n != 1 || err != nil || back[0] != c.back {
			t.Errorf("%v: %#02x is %d, want %d (%v)", c.codec.Info(), c.code, back[0], c.back, err)
		}
	}
}

// Each code decodes to a value that encodes to it again. Mu-law has two zeros.
func TestEveryCodeRoundTrips(t *testing.T) {
	for _, c := range []codec.Codec{PCMU{}, PCMA{}} {
		e, d := both(t, c)
		codes, again, pcm := make([]byte, 256), make([]byte, 256), make([]int16, 256)
		for i := range codes {
			codes[i] = byte(i)
		}
		if _, err := d.Decode(pcm, codes); err != nil {
			t.Fatal(err)
		}
		if _, err := e.Encode(again, pcm); err != nil {
			t.Fatal(err)
		}
		for i := range codes {
			if codes[i] != again[i] && !(i == 0x7f && again[i] == 0xff && pcm[i] == 0) {
				t.Errorf("%v: %#02x decodes to %d, which is %#02x", c.Info(), i, pcm[i], again[i])
			}
		}
	}
}

func TestQuantisationStaysWithinTheLaw(t *testing.T) {
	for _, c := range []codec.Codec{PCMU{Plain: true}, PCMA{Plain: true}} {
		e, d := both(t, c)
		var code [1]byte
		var back [1]int16
		for s := -32768; s <= 32767; s++ {
			_, _ = e.Encode(code[:], []int16{int16(s)})
			_, _ = d.Decode(back[:], code[:])
			err := max(int(back[0])-s, s-int(back[0]))
			if limit := max(s, -s)/32 + 16; err > limit && s > -32635 && s < 32635 {
				t.Fatalf("%v: %d comes back as %d", c.Info(), s, back[0])
			}
		}
	}
}

func TestBounds(t *testing.T) {
	for _, c := range []codec.Codec{PCMU{}, PCMA{}} {
		e, d := both(t, c)
		if n, err := e.Encode(make([]byte, 3), make([]int16, 4)); n != 0 || !errors.Is(err, ErrRoom) {
			t.Error(n, err)
		}
		if n, err := d.Decode(make([]int16, 3), make([]byte, 4)); n != 0 || !errors.Is(err, codec.ErrPayload) {
			t.Error(n, err)
		}
		if n, err := d.Decode(make([]int16, 3), nil); n != 0 || !errors.Is(err, codec.ErrPayload) {
			t.Error(n, err)
		}
		if n, err := e.Encode(nil, nil); n != 0 || err != nil {
			t.Error(n, err)
		}
	}
}

func TestNoAllocations(t *testing.T) {
	e, d := both(t, PCMU{})
	pcm, code := make([]int16, 160), make([]byte, 160)
	if n := testing.AllocsPerRun(100, func() {
		_, _ = e.Encode(code, pcm)
		_, _ = d.Decode(pcm, code)
		d.Conceal(pcm)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkEncode(b *testing.B) {
	b.ReportAllocs()
	e, _ := both(b, PCMU{})
	pcm, code := make([]int16, 160), make([]byte, 160)
	for i := range pcm {
		pcm[i] = int16(i * 201)
	}
	for b.Loop() {
		_, _ = e.Encode(code, pcm)
	}
}

func BenchmarkDecode(b *testing.B) {
	b.ReportAllocs()
	_, d := both(b, PCMU{})
	pcm, code := make([]int16, 160), make([]byte, 160)
	for b.Loop() {
		_, _ = d.Decode(pcm, code)
	}
}
