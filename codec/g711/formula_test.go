package g711

import (
	"testing"

	"offhook/codec"
)

// muLaw is ITU-T G.711, table 2a as a formula: 8 segments of 16 steps, each twice
// as wide as the one before; the bits are sent inverted (section 3.2). In 16-bit
// scale a step of the first is 8, and the bias 132.
func muLaw(code byte) int {
	c := ^code
	v := ((int(c&0x0f)<<3 + 132) << (c >> 4 & 7)) - 132
	if c&0x80 != 0 {
		return -v
	}
	return v
}

// aLaw is table 1a: the first two segments have one width, values are in the middle
// of their interval, even bits are inverted (section 3.3).
func aLaw(code byte) int {
	c := code ^ 0x55
	v := int(c&0x0f)<<4 + 8
	if segment := c >> 4 & 7; segment > 0 {
		v = (v + 256) << (segment - 1)
	}
	if c&0x80 == 0 {
		return -v
	}
	return v
}

// All 256 codes have the value of the formula, and each of the 65536 samples gets
// the code in whose interval it lies.
func TestEveryCodeFollowsTheFormula(t *testing.T) {
	for _, c := range []struct {
		name    string
		codec   codec.Codec
		formula func(byte) int
		mask    byte // what the bits are inverted with
		half    int  // of a step of the first segment
		first   byte // segment whose steps are twice as wide
	}{{"PCMU", PCMU{Plain: true}, muLaw, 0xff, 4, 1}, {"PCMA", PCMA{Plain: true}, aLaw, 0x55, 8, 2}} {
		e, d := both(t, c.codec)
		var values [256]int
		pcm := make([]int16, 1)
		for i := range values {
			values[i] = c.formula(byte(i))
			if _, err := d.Decode(pcm, []byte{byte(i)}); err != nil || int(pcm[0]) != values[i] {
				t.Errorf("%s: %#02x is %d, want %d (%v)", c.name, i, pcm[0], values[i], err)
			}
		}
		code := make([]byte, 1)
		for s := -32768; s <= 32767; s++ {
			_, _ = e.Encode(code, []int16{int16(s)})
			half := c.half
			if segment := (code[0] ^ c.mask) >> 4 & 7; segment >= c.first {
				half <<= segment - c.first + 1
			}
			// Beyond the last step there is only its value. An encoder may cut samples
			// to 14 or 13 bits first, and a border belongs to either side.
			most := values[c.mask^0xff]
			off := values[code[0]] - s
			if beyond := s > most || s < -most; max(off, -off) > half+4 && !beyond {
				t.Fatalf("%s: %d becomes %d, further than %d", c.name, s, values[code[0]], half)
			}
		}
	}
}
